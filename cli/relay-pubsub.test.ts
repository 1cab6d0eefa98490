import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { openPubSubBus } from '../connectors/bus/pubsub.ts';
import { systemClock } from '../connectors/clock/system.ts';
import { startExchangeTwin } from '../connectors/exchanges/simulated/twin-server.ts';
import { decodeTradeBatch } from '../schemas/trade-batch.ts';
import { needGo, startPstest } from '../test/pstest/pstest.ts';

const CST = resolve(import.meta.dirname, 'main.ts');

it('cst relay publishes to Pub/Sub each trade once, and ends with 0 at SIGTERM', async (context) => {
  needGo(context);
  const server = await startPstest();
  const twin = await startExchangeTwin({ seed: 1, clock: systemClock });
  const endpoint = server.address;
  const bus = openPubSubBus({ project: 'test-project', endpoint, create: 'missing', clock: systemClock });
  const trades = await bus.subscribe('raw-tick-data', 'graph');
  const { wsUrl, restUrl } = twin.address('bybit');
  const words = ['relay', '--symbols', 'BTCUSDT', '--bus', 'pubsub', '--project', 'test-project'];
  const child = spawn(process.execPath, [CST, ...words, '--ws-url', wsUrl, '--rest-url', restUrl], {
    env: { ...process.env, PUBSUB_EMULATOR_HOST: endpoint },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let log = '';
  child.stderr.on('data', (bytes) => {
    log += bytes;
  });
  const ids: string[] = [];
  while (ids.length < 20) {
    for (const delivery of await trades.pull(100)) {
      const batch = decodeTradeBatch(delivery.data);
      ids.push(...Array.from({ length: batch.count }, (_, row) => batch.trade(row).tradeId));
      delivery.ack();
    }
  }
  expect(new Set(ids).size).toBe(ids.length);
  child.kill('SIGTERM');
  expect((await once(child, 'close'))[0]).toBe(0);
  expect(log).toMatch(/Stopped: what was received is published/);
  await bus.close();
  await twin.close();
  await server.stop();
});
