/** From the task of a chart to its picture in the messenger's hands, and how long nothing else could run meanwhile. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { z } from 'zod';
import { systemClock } from '../connectors/clock/system.ts';
import type { Messenger } from '../connectors/messenger/port.ts';
import { keepNewest } from '../connectors/state/records.ts';
import { openSqliteStore } from '../connectors/state/sqlite.ts';
import {
  AT,
  exitOf,
  MINUTE,
  scalp,
  snapshot,
  swing,
  task,
  walk,
} from '../functions/chart-renderer/chart.fixture.ts';
import { ChartRenderer } from '../functions/chart-renderer/chart-renderer.ts';
import { ChartTask } from '../schemas/chart-task.ts';
import { level, levelSet } from '../transforms/strategies/rows.fixture.ts';
import { type Benchmark, percentile, type Row } from './benchmark.ts';

const CHARTS = 200;
const WARM_UP = 10;
const GOAL = 'p95 ≤ 150 ms';

/** Twelve levels round the price. */
const PRICES = Array.from({ length: 12 }, (_, i) => 104_250 + (i - 5.5) * 90);
const support = PRICES.filter((price) => price < 104_250).reverse();
const resistance = PRICES.filter((price) => price > 104_250);
const trend = { slope: 120, intercept: 104_150, r2: 0.83 };
const SCALP = scalp({ support, resistance, trend });

const TASKS: Readonly<Record<string, ChartTask>> = {
  'scalp, 12 levels, 90 bars of 1m': task({ scalp: SCALP }),
  'the same after an hour, with its exit': task({ scalp: SCALP, exit: exitOf({ ts: AT + 60 * MINUTE }) }),
  'swing, 90 bars of 15m': task({ swing: swing() }),
  'market as it is, 114 bars of 1m': task(),
};

async function measure(what: ChartTask): Promise<Row> {
  const store = await openSqliteStore({ path: ':memory:', clock: systemClock });
  const now = systemClock.now();
  const renderer = new ChartRenderer({ store, messenger: NOBODY, clock: systemClock, venue: 'bybit' });
  const bars = [...walk({ bars: 350, end: AT + 70 * MINUTE }), ...walk({ bars: 300, interval: '15m' })];
  // As if it had happened today: rows of the past have ended.
  const move = now - (now % (15 * MINUTE)) - AT - 90 * MINUTE;
  for (const bar of bars) await keepNewest(store, 'candle', { ...bar, openTime: bar.openTime + move });
  await keepNewest(store, 'snapshot', snapshot({ ts: now }));
  const levels = PRICES.map((price) => level(price < 104_250 ? 'SUPPORT' : 'RESISTANCE', price));
  await keepNewest(store, 'levels', levelSet(levels, { asOf: AT + move }));
  const times: number[] = [];
  const blocked = monitorEventLoopDelay({ resolution: 1 });
  for (let i = 0; i < WARM_UP + CHARTS; i++) {
    if (i === WARM_UP) blocked.enable();
    const id = `bench-${i}`;
    const body = JSON.stringify(z.encode(ChartTask, { ...moved(what, move), id }));
    const from = performance.now();
    await renderer.handle({ name: id, body, attempt: 1 });
    if (i >= WARM_UP) times.push(performance.now() - from);
  }
  blocked.disable();
  await store.close();
  times.sort((a, b) => a - b);
  const ms = (value: number) => `${value.toFixed(0)} ms`;
  return {
    charts: String(CHARTS),
    p50: ms(percentile(times, 0.5)),
    p95: ms(percentile(times, 0.95)),
    'loop blocked, p99': ms(blocked.percentile(99) / 1e6),
    PNG: `${Math.round(picture.length / 1024)} KB`,
  };
}

function moved({ scalp: one, swing: other, exit, ...rest }: ChartTask, ms: number): ChartTask {
  const at = <T extends { timestamp: number } | null>(signal: T): T =>
    signal && { ...signal, timestamp: signal.timestamp + ms };
  return { ...rest, scalp: at(one), swing: at(other), exit: exit && { ...exit, ts: exit.ts + ms } };
}

let picture: Uint8Array = new Uint8Array();

/** Takes pictures and does nothing with them. */
const NOBODY = {
  async sendPhoto({ png }: { readonly png: Uint8Array }) {
    picture = png;
    return { kind: 'done', value: 1 };
  },
} as unknown as Messenger;

export const charts: Benchmark = {
  name: 'charts',
  about:
    'From a task being handed over to its PNG being handed to the messenger: state read from SQLite in memory, chart, pixels, file, and the row that remembers it. One after the other, after ten that are thrown away. “Loop blocked”: how late a timer of 1 ms came meanwhile; pixels are made on a thread of the library, the file is packed on the main one.',
  cases: Object.entries(TASKS).map(([name, what]) => ({ name, goal: GOAL, run: () => measure(what) })),
};
