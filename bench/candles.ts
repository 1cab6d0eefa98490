/** Trades to candles of 1m, 15m and 1h, and on to signals: others and our graph, on the same seeded trades. */
import { MINUTE_MS } from '../schemas/primitives.ts';
import {
  type Benchmark,
  type Case,
  medianOf,
  plural,
  type Row,
  type Spent,
  throughput,
} from './benchmark.ts';
import { Feed } from './feed.ts';
import { type GraphName, runGraph } from './graph.ts';
import { DENSE, symbolsOf, warmCandles } from './market.ts';
import { direct, duckDb, loop, tardis } from './references.ts';

const RUNS = 3;
const TRADES = 1_200_000;
/** The direct runner takes seconds for these. */
const FEW_TRADES = 240_000;

function reference(
  name: string,
  trades: number,
  prepare: (symbols: number, trades: number) => (() => Promise<Spent>) | Promise<() => Promise<Spent>>,
): Case[] {
  return [1, 25].map((symbols) => ({
    name: `${name}, ${plural(symbols)}`,
    run: async () => throughput(trades, await medianOf(RUNS, await prepare(symbols, trades))),
  }));
}

const GOALS: Record<GraphName, string> = { candles: '≥ 5 M/s', signals: '≥ 3 M/s' };
const BATCHES = [
  { name: 'batches of a minute', batchMs: MINUTE_MS },
  { name: 'batches of 100 ms', batchMs: 100 },
];

function ours(name: GraphName): Case[] {
  return BATCHES.flatMap(({ name: batches, batchMs }) =>
    [1, 25].map((symbols) => ({
      name: `our graph to ${name}, ${plural(symbols)}, ${batches}`,
      goal: GOALS[name],
      run: () => measure(name, symbols, batchMs),
    })),
  );
}

async function measure(name: GraphName, symbols: number, batchMs: number): Promise<Row> {
  // Candles of an hour from one symbol, so that all intervals close; few minutes of many.
  const spanMs = (symbols === 1 ? 120 : 10) * MINUTE_MS;
  const history = name === 'signals' ? warmCandles(symbolsOf(symbols)) : [];
  let trades = 0;
  const spent = await medianOf(RUNS, async () => {
    const feed = new Feed({ symbols, rate: DENSE, spanMs, batchMs });
    const run = await runGraph(name, feed, history);
    trades = feed.trades;
    return run;
  });
  return throughput(trades, spent);
}

export const candles: Benchmark = {
  name: 'candles',
  about:
    'Synthetic trades, 200 a second and symbol. References: 1m, 15m and 1h bars of objects or a table that are in memory before the time starts (the direct runner: 1m alone). Ours: encoded messages in, published messages out: checksum, decoding, windows, duplicates, late trades, all five intervals; to signals with full windows of history. DuckDB on one thread. Median of 3 runs after one that is thrown away.',
  cases: [
    ...reference('typed-array loop (roofline)', TRADES, loop),
    ...reference('tardis-dev compute()', TRADES, tardis),
    ...reference('apache-beam DirectRunner, 1m alone', FEW_TRADES, direct),
    ...reference('DuckDB SQL', TRADES, duckDb),
    ...ours('candles'),
    ...ours('signals'),
  ],
};
