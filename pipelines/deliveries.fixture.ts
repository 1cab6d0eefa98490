/** Random markets of two symbols, and random ways in which one reaches the graph, for tests. */
import fc from 'fast-check';
import type { Candle } from '../schemas/candle.ts';
import type { TradeRow } from '../schemas/trade-batch.ts';
import { modelCandles } from '../transforms/candles/candles.model.ts';
import type { ScriptedTurn } from './runners/embedded/testing.ts';
import { type Market, type Message, MINUTE, snapshotMessage, T0, tradesMessage } from './signals.fixture.ts';

export const SYMBOLS: readonly Market[] = [
  { venue: 'bybit', symbol: 'BTCUSDT' },
  { venue: 'bybit', symbol: 'LTCUSDT' },
];
const SECOND = 1_000;
/** Each feed is looked at this often, so that minutes are covered in part. */
const SNAPSHOT_EVERY = 7 * SECOND;

export interface Stream {
  readonly market: Market;
  /** By (ts, seq). */
  readonly trades: readonly TradeRow[];
  /** Starts of the seconds whose snapshot says that the feed was up. */
  readonly healthy: ReadonlySet<number>;
}
export interface TwoMarkets {
  readonly minutes: number;
  readonly streams: readonly Stream[];
}

const anyStream = (minutes: number) =>
  fc.record({
    rows: fc.array(
      fc.record({
        minute: fc.nat(minutes - 1),
        // From a coarse grid, so that many share a millisecond, the last of a minute among them.
        ms: fc.constantFrom(0, 0, 1, 30_000, 30_000, 59_999),
        price: fc.integer({ min: 9_000, max: 9_999 }),
        size: fc.integer({ min: 1, max: 999 }),
        isBuy: fc.boolean(),
      }),
      { minLength: 1, maxLength: 60 },
    ),
    silentFrom: fc.nat(minutes - 1),
    silentMinutes: fc.nat(8),
    downFrom: fc.nat(minutes - 1),
    downMinutes: fc.nat(4),
  });

export const anyMarkets: fc.Arbitrary<TwoMarkets> = fc
  .integer({ min: 15, max: 30 })
  .chain((minutes) => fc.tuple(fc.constant(minutes), fc.tuple(anyStream(minutes), anyStream(minutes))))
  .map(([minutes, streams]) => ({
    minutes,
    streams: streams.map(({ rows, silentFrom, silentMinutes, downFrom, downMinutes }, i) => {
      const spoken = rows.filter(({ minute }) => minute < silentFrom || minute >= silentFrom + silentMinutes);
      const trades = spoken
        .toSorted((a, b) => a.minute - b.minute || a.ms - b.ms)
        .map(({ minute, ms, price, size, isBuy }, n): TradeRow => {
          const side = isBuy ? 'BUY' : 'SELL';
          const at = {
            ts: T0 + minute * MINUTE + ms,
            seq: n + 1,
            tradeId: i === 0 ? `${n + 1}` : `t-${n + 1}`,
          };
          return { ...at, price: price / 100, size: size / 1000, side };
        });
      const healthy = secondsOf(minutes).filter((ts) => {
        const minute = Math.floor((ts - T0) / MINUTE);
        return minute < downFrom || minute >= downFrom + downMinutes;
      });
      return { market: SYMBOLS[i]!, trades, healthy: new Set(healthy) };
    }),
  }));

function secondsOf(minutes: number): number[] {
  const seconds: number[] = [];
  for (let ts = T0; ts < T0 + minutes * MINUTE; ts += SNAPSHOT_EVERY) seconds.push(ts);
  return seconds;
}

function lastBefore(trades: readonly TradeRow[], ms: number): TradeRow | null {
  return trades.findLast(({ ts }) => ts < ms) ?? null;
}

/** What the naive oracle makes of it. */
export function oracleCandles({ minutes, streams }: TwoMarkets, lookback: number): Candle[] {
  return streams.flatMap(({ market, trades, healthy }) =>
    modelCandles({
      ...market,
      trades,
      healthy,
      told: secondsOf(minutes).map((ts) => {
        const openTime = ts - (ts % MINUTE);
        const last = lastBefore(trades, ts + SECOND);
        return { openTime, last: last && last.ts < openTime ? last : null };
      }),
      fromMs: T0,
      toMs: T0 + minutes * MINUTE,
      lookback,
    }),
  );
}

/** How a market reaches us. Delays are drawn from `seed`, from 0 to `maxDelayMs`. */
export interface Delivery {
  readonly seed: readonly number[];
  readonly maxDelayMs: number;
  /** Trades of one message at most. */
  readonly batchSize: number;
  /** Trades that come in another message as well. */
  readonly copies: number;
  /** Messages that come again, byte for byte, later. */
  readonly redelivered: number;
}

export const anyDelivery = (maxDelayMs: number): fc.Arbitrary<Delivery> =>
  fc.record({
    seed: fc.array(fc.nat(1_000_000), { minLength: 64, maxLength: 64 }),
    maxDelayMs: fc.constantFrom(0, Math.min(2_000, maxDelayMs), maxDelayMs),
    batchSize: fc.constantFrom(1, 2, 5, 40),
    copies: fc.nat(10),
    redelivered: fc.nat(10),
  });

export const IN_ORDER: Delivery = { seed: [0], maxDelayMs: 0, batchSize: 1, copies: 0, redelivered: 0 };

interface Arrival {
  readonly atMs: number;
  readonly message: Message;
}

/** Both scripts; each source's watermark follows its newest message, less the disorder, as that of a bus does. */
export function scriptOf(
  { minutes, streams }: TwoMarkets,
  delivery: Delivery,
  disorderMs: number,
): { trades: ScriptedTurn[]; books: ScriptedTurn[] } {
  const draw = randomOf(delivery.seed);
  const trades = streams.flatMap(({ market, trades: all }) => tradeArrivals(market, all, delivery, draw));
  const books = streams.flatMap(({ market, trades: all, healthy }) =>
    secondsOf(minutes).map((ts) => ({
      atMs: ts + SECOND + draw(delivery.maxDelayMs),
      message: snapshotMessage(market, ts, healthy.has(ts), lastBefore(all, ts + SECOND)),
    })),
  );
  const turns = (arrivals: Arrival[]) => turnsOf(redeliver(arrivals, delivery, draw), disorderMs);
  return { trades: turns(trades), books: turns(books) };
}

function tradeArrivals(
  market: Market,
  all: readonly TradeRow[],
  { maxDelayMs, batchSize, copies }: Delivery,
  draw: (max: number) => number,
): Arrival[] {
  const late = all.map((trade) => ({ trade, atMs: trade.ts + draw(maxDelayMs) }));
  for (let i = 0; i < copies && all.length > 0; i++) {
    const trade = all[draw(all.length - 1)]!;
    late.push({ trade, atMs: trade.ts + draw(maxDelayMs) });
  }
  late.sort((a, b) => a.atMs - b.atMs);
  const arrivals: Arrival[] = [];
  for (let at = 0; at < late.length; ) {
    let to = at + 1;
    // A batch waits for its last trade, but not so long that its first would come too late.
    while (to < late.length && to - at < batchSize && canWait(late.slice(at, to + 1), maxDelayMs)) to++;
    const rows = late.slice(at, to);
    arrivals.push({
      atMs: rows.at(-1)!.atMs,
      message: tradesMessage(
        market,
        rows.map(({ trade }) => trade),
      ),
    });
    at = to;
  }
  return arrivals;
}

function canWait(rows: readonly { trade: TradeRow; atMs: number }[], maxDelayMs: number): boolean {
  const { atMs } = rows.at(-1)!;
  return rows.every(({ trade }) => atMs - trade.ts <= maxDelayMs);
}

function redeliver(
  arrivals: readonly Arrival[],
  { redelivered, maxDelayMs }: Delivery,
  draw: (max: number) => number,
): Arrival[] {
  const again: Arrival[] = [];
  for (let i = 0; i < redelivered && arrivals.length > 0; i++) {
    const { atMs, message } = arrivals[draw(arrivals.length - 1)]!;
    again.push({ message, atMs: Math.max(atMs, message.eventTimeMs + draw(maxDelayMs)) });
  }
  return [...arrivals, ...again].sort((a, b) => a.atMs - b.atMs);
}

function turnsOf(arrivals: readonly Arrival[], disorderMs: number): ScriptedTurn[] {
  let newest = Number.NEGATIVE_INFINITY;
  return arrivals.map(({ message }) => {
    newest = Math.max(newest, message.eventTimeMs);
    return { messages: [message], watermarkMs: newest - disorderMs };
  });
}

/** Whole numbers from 0 to `max`, the same for the same seed. */
function randomOf(seed: readonly number[]): (max: number) => number {
  let state = seed.reduce((sum, value) => (Math.imul(sum, 31) + value) | 0, 7);
  return (max) => {
    // xorshift32
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % (max + 1);
  };
}
