/** Raw frames to published batches, beside JSON.parse alone and tardis-dev's mappers; and how long a frame takes through a relay. */
import { type Mapper, type NormalizedData, normalizeTrades } from 'tardis-dev';
import { BybitV5BookChangeMapper, BybitV5DerivativeTickerMapper } from 'tardis-dev/dist/mappers/bybit.js';
import { bybitAdapter } from '../connectors/exchanges/bybit/adapter.ts';
import { krakenAdapter } from '../connectors/exchanges/kraken/adapter.ts';
import type { VenueAdapter } from '../connectors/exchanges/venue.ts';
import { Feed } from '../connectors/feed/feed.ts';
import type { FeedInput, FeedOutput } from '../connectors/feed/feed-io.ts';
import {
  type Benchmark,
  type Case,
  medianOf,
  millions,
  type Row,
  type Spent,
  Stopwatch,
} from './benchmark.ts';
import { feedLatency } from './feeds-latency.ts';
import { bybitFrames, denseFrames, type FrameSet, krakenFrames } from './frames.ts';

const RUNS = 3;

type Work = (set: FrameSet) => void;

const BYBIT = bybitAdapter({ bookDepth: 200 });
const KRAKEN = krakenAdapter({ bookDepth: 10 });

const parse: Work = ({ frames }) => {
  let keys = 0;
  for (const { text } of frames) keys += (JSON.parse(text) as object) ? 1 : 0;
  expectAll(keys, frames.length, 'frames');
};

/** Objects of what it has mappers for; local books are not kept. */
const tardis: Work = ({ frames, trades }) => {
  const now = new Date(frames[0]!.ms);
  const mappers = [
    normalizeTrades('bybit', now),
    new BybitV5BookChangeMapper('bybit', 200),
    new BybitV5DerivativeTickerMapper(),
  ] as unknown as Mapper<'bybit', NormalizedData>[];
  let found = 0;
  for (const { text, ms } of frames) {
    const message = JSON.parse(text) as object;
    const localTimestamp = new Date(ms);
    for (const mapper of mappers) {
      if (!mapper.canHandle(message)) continue;
      for (const { type } of mapper.map(message, localTimestamp) ?? []) if (type === 'trade') found++;
    }
  }
  expectAll(found, trades, 'trades');
};

/** Checked events. */
function mapped(adapter: VenueAdapter): Work {
  return ({ frames, trades }) => {
    const map = adapter.mapper();
    let found = 0;
    for (const { text } of frames) {
      for (const event of map(text)) if (event.kind === 'trades') found += event.trades.length;
    }
    expectAll(found, trades, 'trades');
  };
}

/** All that a relay does but sockets and bus: books, continuity, batches and snapshots as messages. */
function fed(adapter: VenueAdapter): Work {
  return ({ frames, symbols, trades }) => {
    const at = (ms: number) => ({ market: ms, network: ms });
    const start = frames[0]!.ms - 1;
    const feed = new Feed({ adapter, startedAt: at(start) });
    let bytes = 0;
    const give = (input: FeedInput, ms: number) => {
      const output: FeedOutput = feed.apply(input, at(ms));
      for (const { messages } of output.messages) for (const { data } of messages) bytes += data.length;
    };
    give({ kind: 'symbols', symbols }, start);
    give({ kind: 'opened', connection: 0 }, start);
    for (const { text, ms } of frames) {
      const { market, network } = feed.nextDue;
      if (ms >= market || ms >= network) give({ kind: 'tick' }, ms);
      give({ kind: 'frame', connection: 0, frame: text }, ms);
    }
    give({ kind: 'stop' }, frames.at(-1)!.ms);
    const stats = feed.stats(at(frames.at(-1)!.ms));
    const published = stats.symbols.reduce((sum, each) => sum + each.publishedTrades, 0);
    expectAll(published, trades, 'published trades');
    if (bytes === 0) throw new Error('Expected messages, got none.');
  };
}

function expectAll(got: number, expected: number, what: string): void {
  if (got !== expected) throw new Error(`Expected ${expected} ${what}, got ${got}.`);
}

function caseOf(name: string, make: () => FrameSet | null, work: Work): Case {
  const run = async (): Promise<Row | null> => {
    const set = make();
    return set && row(set, await medianOf(RUNS, async () => timed(() => work(set))));
  };
  return { name, run };
}

function timed(work: () => void): Spent {
  const watch = new Stopwatch();
  watch.resume();
  work();
  watch.pause();
  return watch.spent;
}

function row({ frames, trades }: FrameSet, { wall, cores }: Spent): Row {
  const bytes = frames.reduce((sum, { text }) => sum + text.length, 0);
  return {
    'frames/s': millions(frames.length / wall),
    'MB/s': (bytes / 1e6 / wall).toFixed(0),
    'trades/s': trades > 0 ? millions(trades / wall) : '',
    'µs/frame': ((wall / frames.length) * 1e6).toFixed(2),
    cores: cores.toFixed(2),
  };
}

const CAPTURED = () => bybitFrames(40);
const DENSE = () => denseFrames(25, 500_000);
const KRAKEN_BOOK = () => krakenFrames(60);

export const feeds: Benchmark = {
  name: 'feeds',
  about:
    'Texts of frames in memory, one core, median of 3 runs after one that is thrown away. Bybit, captured: 43 s of four symbols (trades, books of 200 levels, tickers, bars), 40 times at later times with other ids. Kraken, captured: two minutes of a book with checksums, 60 times. Dense: trades of 25 symbols, 200 a second each, four in a frame. “JSON.parse”: nothing else. tardis-dev: JSON.parse and its mappers of trades, book changes and tickers, nothing checked, no book kept; of Kraken it has the former protocol only. “Our mapper”: checked events. “To batches”: mapper, books, continuity, encoded batches and snapshots, which is all that a relay does between socket and bus. Last: a server in a thread of its own sends 5,000 such trades a second over loopback; from its `send` to `publish` of the bus, batches of 100 ms and of 1 ms, 10 s after 3 s that are thrown away.',
  cases: [
    caseOf('Bybit, captured: JSON.parse', CAPTURED, parse),
    caseOf('Bybit, captured: tardis-dev', CAPTURED, tardis),
    caseOf('Bybit, captured: our mapper', CAPTURED, mapped(BYBIT)),
    caseOf('Bybit, captured: to batches', CAPTURED, fed(BYBIT)),
    caseOf('Bybit, dense trades: JSON.parse', DENSE, parse),
    caseOf('Bybit, dense trades: tardis-dev', DENSE, tardis),
    caseOf('Bybit, dense trades: our mapper', DENSE, mapped(BYBIT)),
    caseOf('Bybit, dense trades: to batches', DENSE, fed(BYBIT)),
    caseOf('Kraken, captured: JSON.parse', KRAKEN_BOOK, parse),
    caseOf('Kraken, captured: our mapper', KRAKEN_BOOK, mapped(KRAKEN)),
    caseOf('Kraken, captured: to batches', KRAKEN_BOOK, fed(KRAKEN)),
    { name: 'relay, batches of 100 ms', run: () => feedLatency(100) },
    { name: 'relay, batches of 1 ms', run: () => feedLatency(1) },
  ],
};
