/** How cost grows with symbols and with hours: a straight line, or not. */
import { MINUTE_MS } from '../schemas/primitives.ts';
import { type Benchmark, type Case, plural, type Row, throughput } from './benchmark.ts';
import { Feed, type FeedOptions } from './feed.ts';
import { runGraph } from './graph.ts';
import { SPARSE } from './market.ts';

const HOUR_MS = 60 * MINUTE_MS;
const TRADES = 2_000_000;
const SPAN_MS = 4 * HOUR_MS;
/** Market time before the measurement, for the compiler. */
const WARM_UP = { symbols: 2, rate: SPARSE, spanMs: 3 * HOUR_MS, batchMs: MINUTE_MS };

async function measure(options: Omit<FeedOptions, 'batchMs'>): Promise<Row> {
  await runGraph('signals', new Feed(WARM_UP));
  const feed = new Feed({ ...options, batchMs: MINUTE_MS });
  const spent = await runGraph('signals', feed);
  return {
    trades: feed.trades.toLocaleString('en-US'),
    'symbol-minutes': feed.symbolMinutes.toLocaleString('en-US'),
    ...throughput(feed.trades, spent),
    'µs/symbol-minute': ((spent.wall * 1e6) / feed.symbolMinutes).toFixed(0),
  };
}

const bySymbols: Case[] = [1, 5, 25, 100, 500].map((symbols) => ({
  name: `${plural(symbols)}, 4 h, 2 M trades in all`,
  run: () => measure({ symbols, rate: (TRADES / symbols / SPAN_MS) * 1e3, spanMs: SPAN_MS }),
}));

const byHours: Case[] = [1, 6, 24, 72, 168].map((hours) => ({
  name: `5 symbols, 80 trades/min each, ${hours} h`,
  run: () => measure({ symbols: 5, rate: SPARSE, spanMs: hours * HOUR_MS }),
}));

export const growth: Benchmark = {
  name: 'growth',
  about:
    'The whole graph to signals, batches of a minute, windows empty at the start (so short runs are cheaper). One run after a warm-up of other trades. First the same number of trades spread over more symbols: what is left of the time is that of symbol-minutes. Then more hours of the same.',
  cases: [...bySymbols, ...byHours],
};
