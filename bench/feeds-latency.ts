/** From a frame being sent on loopback to its trades being handed to the bus. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { MessageBus } from '../connectors/bus/port.ts';
import { systemClock } from '../connectors/clock/system.ts';
import { bybitAdapter } from '../connectors/exchanges/bybit/adapter.ts';
import { startRelay } from '../connectors/relay/relay.ts';
import { decodeTradeBatch } from '../schemas/trade-batch.ts';
import { percentile, type Row, Stopwatch } from './benchmark.ts';
import { symbolsOf } from './market.ts';

const SYMBOLS = 25;
const WARM_MS = 3_000;
const MEASURED_MS = 10_000;

/** @param batchMs Longest wait of a trade for its batch: by itself half of it at p50. */
export async function feedLatency(batchMs: number): Promise<Row> {
  const server = new Worker(new URL('./feeds-server.ts', import.meta.url));
  const [port] = (await once(server, 'message')) as [number];
  const times: number[] = [];
  const adapter = bybitAdapter({ wsUrl: `ws://127.0.0.1:${port}`, restUrl: `http://127.0.0.1:${port}` });
  const started = systemClock.now();
  const bus = new TimingBus((ms) => {
    if (systemClock.now() >= started + WARM_MS) times.push(ms);
  });
  const relay = await startRelay({
    adapter,
    symbols: symbolsOf(SYMBOLS),
    bus,
    clock: systemClock,
    batchMs,
  });
  await systemClock.until(started + WARM_MS);
  const watch = new Stopwatch();
  watch.resume();
  await systemClock.until(started + WARM_MS + MEASURED_MS);
  watch.pause();
  const { cores } = watch.spent;
  await relay.stop();
  await server.terminate();
  times.sort((a, b) => a - b);
  const ms = (share: number) => `${percentile(times, share).toFixed(2)} ms`;
  return {
    'trades/s': `${(times.length / (MEASURED_MS / 1_000) / 1e6).toFixed(4)} M`,
    cores: cores.toFixed(2),
    p50: ms(0.5),
    p99: ms(0.99),
    max: ms(1),
  };
}

class TimingBus implements MessageBus {
  readonly #onTrade: (ms: number) => void;

  constructor(onTrade: (ms: number) => void) {
    this.#onTrade = onTrade;
  }

  async publish(...[topic, messages]: Parameters<MessageBus['publish']>): Promise<void> {
    if (topic !== 'raw-tick-data') return;
    const nowUs = (performance.timeOrigin + performance.now()) * 1_000;
    for (const { data } of messages) {
      const batch = decodeTradeBatch(data);
      for (let row = 0; row < batch.count; row++) {
        this.#onTrade((nowUs - Number(batch.trade(row).tradeId.split('-').at(-2))) / 1_000);
      }
    }
  }

  subscribe(): never {
    throw new Error('Nobody subscribes here.');
  }

  async close(): Promise<void> {}
}
