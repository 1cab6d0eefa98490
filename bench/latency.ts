/** From the bar's close being certain to everything that follows from it being published: processing alone. */
import { MINUTE_MS } from '../schemas/primitives.ts';
import { type Benchmark, percentile, type Row } from './benchmark.ts';
import { Feed } from './feed.ts';
import { runGraph } from './graph.ts';
import { DENSE, symbolsOf, warmCandles } from './market.ts';

const SYMBOLS = 25;
const MINUTES = 62;

async function measure(): Promise<Row> {
  const closes: number[] = [];
  const others: number[] = [];
  const feed = new Feed({ symbols: SYMBOLS, rate: DENSE, spanMs: MINUTES * MINUTE_MS, batchMs: 100 });
  let bundles = 0;
  await runGraph('signals', feed, warmCandles(symbolsOf(SYMBOLS)), (ms, writes) => {
    bundles += 1;
    // Two minutes are for the compiler.
    if (bundles > 2 * 600) (writes > 0 ? closes : others).push(ms);
  });
  return { ...cells('close', closes), ...cells('other', others) };
}

function cells(name: string, times: number[]): Row {
  times.sort((a, b) => a - b);
  const ms = (share: number) => `${percentile(times, share).toFixed(1)} ms`;
  return {
    [`${name}: count`]: String(times.length),
    [`${name}: p50`]: ms(0.5),
    [`${name}: p99`]: ms(0.99),
    [`${name}: max`]: ms(1),
  };
}

export const latency: Benchmark = {
  name: 'latency',
  about:
    '25 symbols of 200 trades a second in chunks of 100 ms, full windows, the whole graph. Time from a chunk being handed to the graph to all that follows from it being handed to the bus, in market time as fast as it goes: no waiting, no network, no disk. The allowed disorder of 2 s comes on top. “Close”: chunks that close a minute of all symbols; “other”: the rest. Of 60 closes the p99 is the slowest.',
  cases: [{ name: '25 pairs × 200 trades/s', goal: 'p99 ≤ 50 ms', run: measure }],
};
