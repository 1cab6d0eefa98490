/**
 * What the desk remembers: one row per book, which alone decides; rows per pair, which only hold the newest facts.
 *
 * A decision reads facts and compares-and-sets ONE row, that of its book. Positions, caps, the pair's lock, the pause and
 * the events to be published are all in it, so no two decisions of a book can pass each other, and none is half done.
 * Rows of facts are merged by their own time (newest wins), so writing them twice or late changes nothing. A SWING position
 * is of a pair, not of a book: it is among the facts, with the event that tells of its end.
 */
import { z } from 'zod';
import type { Fill as BrokerFill } from '../../connectors/broker/port.ts';
import { BookSnapshot } from '../../schemas/book-snapshot.ts';
import { Suppression } from '../../schemas/feature-row.ts';
import { MacroBias, SwingSignal } from '../../schemas/macro.ts';
import { PositionEvent } from '../../schemas/position-event.ts';
import { NonNegative, Pair, PositionSide, Price, Venue, VenueSymbol } from '../../schemas/primitives.ts';
import type { PauseFlag } from '../../schemas/state-rows.ts';

/** ms since the epoch; rows are read by the desk alone, so times stay numbers. */
const Ms = z.number().int();

const Fill = z.object({
  id: z.string(),
  clientId: z.string().nullable(),
  symbol: VenueSymbol,
  cause: z.enum(['ENTRY', 'TP', 'SL', 'CLOSE', 'LIQUIDATED', 'FUNDING']),
  side: PositionSide,
  price: z.number(),
  size: NonNegative,
  fee: z.number(),
  isMaker: z.boolean(),
  ts: Ms,
}) satisfies z.ZodType<BrokerFill>;

/** An order that closes a position, one attempt after the other until nothing is left. */
const Closing = z.object({
  exit: z.enum(['TIMEOUT', 'CANCELLED']),
  why: z.string(),
  /** Mid when it was decided, where that was known. */
  intended: Price.nullable(),
  clientId: z.string(),
  attempt: z.number().int().positive(),
  size: Price,
  answer: z.object({ at: Ms, isPlaced: z.boolean() }).nullable(),
  over: z.object({ filled: NonNegative }).nullable(),
});
export type Closing = z.output<typeof Closing>;

/** What is known of a position that lives on an account. Each field only grows, so reports may come in any order. */
const OnAccount = z.object({
  clientId: z.string(),
  lives: z.enum(['now', 'resting']),
  /** Of the order: unit base, quote per base. */
  size: Price,
  limit: Price,
  /** What the entry was meant for: mid, or the limit of a resting one. */
  intended: Price,
  orderedAt: Ms,
  /** When the exchange said that it has the order. */
  placedAt: Ms.nullable(),
  /** From then on the entry is not wanted any more: not sent, or taken back. */
  ending: z.object({ at: Ms, why: z.string() }).nullable(),
  /** The entry order can be filled no more; `filled` was. */
  over: z.object({ at: Ms, filled: NonNegative, reason: z.string().nullable() }).nullable(),
  fills: z.array(Fill),
  closing: Closing.nullable(),
  /** Since when the exchange has not listed the position. */
  missingSince: Ms.nullable(),
});
export type OnAccount = z.output<typeof OnAccount>;

export const Position = z.object({
  signalId: z.string(),
  venue: Venue,
  symbol: VenueSymbol,
  pair: Pair,
  side: PositionSide,
  /** WORKING: an entry order that may still be filled. */
  status: z.enum(['WORKING', 'OPEN']),
  /** Limit of a WORKING order, fill price of an OPEN position. */
  entry: Price,
  size: Price,
  tp: Price,
  sl: Price,
  leverage: z.number().positive(),
  halved: z.boolean(),
  /** Price and time after which a WORKING order is void. */
  signalEntry: Price,
  expiresAt: Ms,
  /** Time of the decision; of the fill once OPEN. What happened until then cannot close it. */
  since: Ms,
  /** Negative where the exchange pays. */
  entryFee: z.number(),
  /** Null where it lives on paper. */
  account: OnAccount.nullable().default(null),
});
export type Position = z.output<typeof Position>;
/** A position that lives on an account. */
export type Live = Position & { readonly account: OnAccount };

export const Book = z.object({
  book: z.string(),
  equity: z.number(),
  positions: z.array(Position),
  day: z.object({
    /** Midnight UTC. */
    start: Ms,
    equity: z.number(),
    entries: z.number().int().nonnegative(),
    realised: z.number(),
    /** Latched until the next day: a position that recovers does not reopen it. */
    halted: z.boolean(),
  }),
  /** Newest exit of each pair that may still be cooling down. */
  exits: z.record(z.string(), Ms),
  /** Signals decided, with their timestamp. */
  decided: z.record(z.string(), Ms),
  paused: z.object({ on: z.boolean(), at: Ms }),
  killed: z.object({ on: z.boolean(), at: Ms }),
  /** Fills of closed positions that may be told again, with their time. */
  spent: z.record(z.string(), Ms).default({}),
  /** Events not yet known to be published. */
  outbox: z.array(PositionEvent),
});
export type Book = z.output<typeof Book>;

const FundingRate = z.object({
  /** The funding it was seen for. */
  time: Ms,
  rate: z.number(),
  price: Price,
  seenAt: Ms,
});

export const Swing = z.object({
  signal: SwingSignal,
  /** When it ends by itself; in rows of before that was kept, at once. */
  until: Ms.default(0),
  closedAt: Ms.nullable(),
});
/** A SWING position. */
export type Swing = z.output<typeof Swing>;

export const PairFacts = z.object({
  pair: Pair,
  quote: BookSnapshot.nullable(),
  features: z
    .object({ closeTime: Ms, revision: z.number().int(), suppressions: z.array(Suppression) })
    .nullable(),
  bias: MacroBias.nullable(),
  /** The newest one. */
  swing: Swing.nullable(),
  /** Ends of SWING positions not yet known to be published. */
  outbox: z.array(PositionEvent).default([]),
  /** What an order must be a multiple of, and when that was told. */
  instrument: z
    .object({ lot: Price, minSize: NonNegative, minNotional: NonNegative, asOf: Ms })
    .nullable()
    .default(null),
  /** Newest rate seen before each of the last fundings, oldest first. */
  rates: z.array(FundingRate),
});
export type PairFacts = z.output<typeof PairFacts>;

/** By hand: a day of them is checked at each bar of each pair, which a schema of tuples takes longer for than all else. */
function areBars(bars: unknown): boolean {
  return Array.isArray(bars) && bars.every((bar) => bar === null || isBar(bar));
}

function isBar(bar: unknown): boolean {
  return (
    Array.isArray(bar) &&
    bar.length === 2 &&
    typeof bar[0] === 'number' &&
    bar[0] > 0 &&
    bar[0] < Infinity &&
    Number.isInteger(bar[1])
  );
}

/** Closes of 1m bars without holes in time: the one `i` places before the last belongs to the bar `i` minutes before it. */
export const Closes = z.object({
  pair: Pair,
  /** Open of the last bar in minutes since the epoch. */
  lastMinute: z.number().int(),
  /** Close and revision; null where the bar is not known. */
  bars: z.custom<([close: number, revision: number] | null)[]>(
    areBars,
    'expected pairs of close and revision',
  ),
});
export type Closes = z.output<typeof Closes>;

/** All rows at once, as a test or a backtest holds them. */
export interface DeskState {
  readonly books: Readonly<Record<string, Book>>;
  readonly pairs: Readonly<Record<string, PairFacts>>;
  readonly closes: Readonly<Record<string, Closes>>;
  /** What people set, by scope: a pair, or "all". */
  readonly pauses: Readonly<Record<string, PauseFlag>>;
}

export const EMPTY_DESK: DeskState = { books: {}, pairs: {}, closes: {}, pauses: {} };

export function newBook(book: string, equity: number): Book {
  return {
    book,
    equity,
    positions: [],
    day: { start: 0, equity, entries: 0, realised: 0, halted: false },
    exits: {},
    decided: {},
    paused: { on: false, at: 0 },
    killed: { on: false, at: 0 },
    spent: {},
    outbox: [],
  };
}

export function newFacts(pair: string): PairFacts {
  const nothing = { quote: null, features: null, bias: null, swing: null, instrument: null };
  return { pair, ...nothing, outbox: [], rates: [] };
}
