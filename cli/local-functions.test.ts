import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { openEmbeddedBus } from '../connectors/bus/embedded.ts';
import { pullAll } from '../connectors/bus/fixture.ts';
import { systemClock } from '../connectors/clock/system.ts';
import { LocalFunctions } from './local-functions.ts';
import { simulatedSource } from './market-source.ts';
import { DEFAULT_STACK_CONFIG } from './stack-config.ts';

it('has MACRO decide on symbols that joined, too', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'cst-functions-'));
  const bus = await openEmbeddedBus({ dir: join(dir, 'bus'), clock: systemClock });
  const symbols = ['BTCUSDT', 'ETHUSDT'];
  const source = await simulatedSource({ seed: 1, speed: 60, symbols });
  onTestFinished(async () => {
    await source.close();
    await bus.close();
  });
  const biases = await bus.subscribe('macro-bias-updates', 'test');
  const functions = await LocalFunctions.open({
    bus,
    source,
    symbols: ['BTCUSDT'],
    config: DEFAULT_STACK_CONFIG,
    dir,
    survives: 'process',
    telegram: null,
    notice: () => {},
    onChart: () => {},
  });
  onTestFinished(() => functions.close());
  functions.follow(symbols);
  source.begin();
  functions.begin();
  const told = (await pullAll(biases, 2)).map(({ data }) => JSON.parse(Buffer.from(data).toString()).pair);
  expect(told.sort()).toEqual(symbols);
});
