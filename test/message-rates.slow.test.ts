import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { backtest } from '../cli/backtest/backtest.ts';
import { filesRead } from '../cli/backtest/data.ts';
import { variantsOf } from '../cli/backtest/settings.ts';
import { RATES, type Rate, TRADES } from '../infra/cost/rates.ts';
import { replayBars } from '../pipelines/replayed.fixture.ts';
import { REAL_SYMBOLS } from '../transforms/real-candles.fixture.ts';
import { rateOfFile, ratesOfCapture } from './message-rates.fixture.ts';
import { needRealData } from './real-data.ts';

const DAYS = 30;
const SYMBOL_DAYS = REAL_SYMBOLS.length * DAYS;
const nameOf = (symbol: string) => `candles/bybit-linear-${symbol.toLowerCase()}-1m-2025-05-30.parquet`;

/** Within a hundredth, which no bill shows; a new field of a message is more. */
function expectAsSaid(measured: Rate, said: Rate): void {
  for (const field of ['perDay', 'messageBytes', 'rowBytes'] as const)
    expect(
      Math.abs(measured[field] / said[field] - 1),
      `${field}: ${measured[field]}, not ${said[field]}`,
    ).toBeLessThan(0.01);
}

it('trades and snapshots are as many and as long as the estimate of costs says', (context) => {
  const measured = ratesOfCapture();
  if (measured === null)
    return context.skip('needs the capture of Bybit: set CST_REAL_DATA to the real data');
  expect(measured.tradesPerSecond).toBeCloseTo(TRADES.perSecond, 2);
  expect(measured.tradesPerBatch).toBeCloseTo(TRADES.perBatch, 2);
  expectAsSaid(measured.batch, RATES['raw-tick-data']);
  // The capture begins and ends within a second.
  expectAsSaid({ ...measured.snapshot, perDay: 86_400 }, RATES['book-snapshots']);
});

it('what graph, MACRO and desk make is as much as it says', async (context) => {
  const files = REAL_SYMBOLS.map((symbol) => ({ symbol, path: needRealData(context, nameOf(symbol)) }));
  const replayed = await replayBars(files);
  for (const topic of ['market-candles', 'market-levels', 'market-features', 'trade-signals-micro'] as const)
    expectAsSaid(rateOfFile(replayed.out, topic, SYMBOL_DAYS), RATES[topic]);
  const out = mkdtempSync(join(tmpdir(), 'rates-'));
  const read = await filesRead(
    files.map(({ symbol, path }) => `${symbol}=${path}`),
    {},
  );
  const [rules] = variantsOf({}, read.venue);
  await backtest({ ...read, ...rules!, code: 'test', out, trials: 1 });
  for (const topic of ['macro-bias-updates', 'trade-signals-macro', 'position-events'] as const)
    expectAsSaid(rateOfFile(out, topic, SYMBOL_DAYS), RATES[topic]);
});
