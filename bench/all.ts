/** Every benchmark that `npm run bench` knows as a table. */
import { alerts } from './alerts.ts';
import { backtests } from './backtest.ts';
import type { Benchmark } from './benchmark.ts';
import { bus } from './bus.ts';
import { candles } from './candles.ts';
import { charts } from './charts.ts';
import { engines } from './engines.ts';
import { feeds } from './feeds.ts';
import { growth } from './growth.ts';
import { history } from './history.ts';
import { backfill } from './history-backfill.ts';
import { latency } from './latency.ts';
import { replays } from './replay.ts';
import { sql } from './sql.ts';
import { state } from './state.ts';
import { tuning } from './tune.ts';

export const BENCHMARKS: readonly Benchmark[] = [
  feeds,
  candles,
  growth,
  replays,
  latency,
  alerts,
  bus,
  history,
  backfill,
  sql,
  state,
  charts,
  backtests,
  tuning,
  engines,
];
