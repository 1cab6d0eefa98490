/** All that is known of one minute of one instrument as one bar: the same for any order, grouping or copies of its parts. */
import type { Candle } from '../../schemas/candle.ts';
import { InvariantError } from '../../schemas/errors.ts';
import { MINUTE_MS, Venue } from '../../schemas/primitives.ts';
import type {
  BookMinute,
  BookSecond,
  BookSlot,
  MinuteBar,
  MinutePart,
  TradedMinute,
  TradeFold,
  TradePoint,
} from '../market-data.ts';
import { toDouble } from './exact.ts';
import { bestOf, knownRevision, tradedRevision } from './revision.ts';
import { countSeconds, include, NO_SECONDS } from './second-set.ts';
import type { FoldedRun } from './trade-order.ts';
import { mergeRuns } from './trade-runs.ts';

const SLOTS = 6;
const SLOT_SECONDS = 10;

/** @param key `venue:symbol`. @throws InvariantError where it is not. */
export function foldMinute(key: string, openTime: number, parts: Iterable<MinutePart>): MinuteBar {
  const facts = gather(parts, openTime);
  const merged = mergeRuns(facts.runs);
  const traded = merged.fold && tradedOf(merged.fold);
  const healthySeconds = countSeconds(facts.healthy);
  const told = [...facts.told.values()];
  const ownFacts = (merged.fold ? merged.fold.trades + merged.fold.disputed : 0) + healthySeconds;
  return {
    ...instrumentOf(key),
    openTime,
    traded,
    known: betterKnown([...facts.known.values()], traded, healthySeconds),
    received: merged.received,
    carried: told.reduce<TradePoint | null>(newer, null),
    healthySeconds,
    book: bookOf(facts.books),
    facts: ownFacts,
    evidence: ownFacts + merged.received + told.length + facts.books.size + facts.known.size,
  };
}

interface Gathered {
  readonly runs: FoldedRun[];
  /** By what they say. */
  readonly known: Map<string, Candle>;
  /** Trades from before the minute, by (ts, seq). */
  readonly told: Map<string, TradePoint>;
  /** By second. */
  readonly books: Map<number, BookSecond>;
  /** A set that grows in place. */
  readonly healthy: { low: number; high: number };
}

function gather(parts: Iterable<MinutePart>, openTime: number): Gathered {
  const into: Gathered = {
    runs: [],
    known: new Map(),
    told: new Map(),
    books: new Map(),
    healthy: { ...NO_SECONDS },
  };
  for (const part of parts) {
    if (part.kind === 'bar') into.known.set(JSON.stringify(part.candle), part.candle);
    else include(into.healthy, part.healthy);
    if (part.kind === 'trades') into.runs.push(part);
    if (part.kind === 'pulse') gatherPulse(part, openTime, into);
  }
  return into;
}

function gatherPulse(pulse: MinutePart & { kind: 'pulse' }, openTime: number, into: Gathered): void {
  const { last, book } = pulse;
  if (last && last.ts < openTime) {
    const at = `${last.ts}:${last.seq}`;
    into.told.set(at, newer(into.told.get(at) ?? null, last));
  }
  if (book) into.books.set(book.second, deeper(into.books.get(book.second), book));
}

function newer(a: TradePoint | null, b: TradePoint): TradePoint {
  if (a === null) return b;
  return (a.ts - b.ts || a.seq - b.seq || a.price - b.price) >= 0 ? a : b;
}

/** Of two snapshots of one second, one by content. */
function deeper(a: BookSecond | undefined, b: BookSecond): BookSecond {
  if (a === undefined) return b;
  return (a.bidDepth - b.bidDepth || a.askDepth - b.askDepth) >= 0 ? a : b;
}

function tradedOf(fold: TradeFold): TradedMinute {
  const { first, last, high, low, priceScale, sizeScale, volume, buyVolume, turnover, trades } = fold;
  return {
    open: first.price,
    high,
    low,
    close: last.price,
    volume: toDouble(volume, sizeScale),
    turnover: toDouble(turnover, priceScale + sizeScale),
    buyVolume: buyVolume === null ? null : toDouble(buyVolume, sizeScale),
    trades,
    last,
  };
}

/** A known bar counts where we saw no trade, else only where it is complete and ours is not, or is a later revision of as good a bar. */
function betterKnown(candles: Candle[], traded: TradedMinute | null, healthySeconds: number): Candle | null {
  const known = bestOf(candles);
  if (!known || !traded) return known;
  if (known.filled) return null;
  const isComplete = healthySeconds * 1000 === MINUTE_MS;
  if (known.complete !== isComplete) return known.complete ? known : null;
  return knownRevision(known) > tradedRevision(traded.trades + healthySeconds) ? known : null;
}

function bookOf(seconds: ReadonlyMap<number, BookSecond>): BookMinute | null {
  if (seconds.size === 0) return null;
  const ordered = [...seconds.values()].sort((a, b) => a.second - b.second);
  const slots = Array.from({ length: SLOTS }, (_, slot) =>
    slotOf(ordered.filter(({ second }) => Math.floor(second / SLOT_SECONDS) === slot)),
  );
  return { slots };
}

function slotOf(seconds: readonly BookSecond[]): BookSlot | null {
  if (seconds.length === 0) return null;
  const mean = (of: (second: BookSecond) => number): number =>
    seconds.reduce((sum, second) => sum + of(second), 0) / seconds.length;
  return {
    seconds: seconds.length,
    imbalance: mean(({ bidDepth, askDepth }) => (bidDepth - askDepth) / (bidDepth + askDepth)),
    bidDepth: mean(({ bidDepth }) => bidDepth),
    askDepth: mean(({ askDepth }) => askDepth),
  };
}

function instrumentOf(key: string): { venue: Venue; symbol: string } {
  const colon = key.indexOf(':');
  const venue = Venue.safeParse(key.slice(0, colon));
  if (!venue.success) throw new InvariantError(`Expected a key venue:symbol, got "${key}".`);
  return { venue: venue.data, symbol: key.slice(colon + 1) };
}
