/** What a running stack is made of, as the page is told it: positions, books, feeds, and the overview of all. */
import { z } from 'zod';
import { Position } from '../../functions/trade-desk/state.ts';
import { FEED_EVENT_KINDS } from '../../schemas/feed-event.ts';
import { MacroBias, SwingSignal } from '../../schemas/macro.ts';
import { EventTime, Pair, Price, Share, Venue, VenueSymbol } from '../../schemas/primitives.ts';
import { SignalItem } from './market.ts';

export const Count = z.number().int().nonnegative();
export const Ms = z.number().nonnegative();
export const EventId = Count.describe('Newest event whose news is in this answer.');

/** A position that is open, or whose entry rests. */
export const OpenPosition = Position.pick({
  signalId: true,
  pair: true,
  side: true,
  status: true,
  entry: true,
  size: true,
  tp: true,
  sl: true,
  leverage: true,
  halved: true,
}).extend({
  book: z.string(),
  since: EventTime,
  lastPrice: Price.nullable(),
  unrealised: z
    .number()
    .nullable()
    .describe('At the last price, before fees. Unit: quote. Null while resting.'),
});
export type OpenPosition = z.output<typeof OpenPosition>;

export const BookState = z.object({
  book: z.string(),
  equity: z.number().describe('Unit: quote.'),
  day: z.object({
    start: EventTime.describe('Midnight, UTC.'),
    realised: z.number().describe('Unit: quote.'),
    entries: Count,
    halted: z.boolean().describe('The daily loss is reached: no entry until the next day.'),
  }),
  paused: z.boolean(),
  positions: z.array(OpenPosition),
});
export type BookState = z.output<typeof BookState>;

export const SwingState = z.object({
  signal: SwingSignal,
  until: EventTime.describe('When it ends by itself.'),
});
export type SwingState = z.output<typeof SwingState>;

/** How the feed of one symbol is. */
export const FeedHealth = z.object({
  venue: Venue,
  symbol: VenueSymbol,
  pair: Pair,
  connected: z.boolean(),
  isHalted: z.boolean(),
  rate: z.number().nonnegative().describe('Trades per second over the last ten.'),
  lastTradeAgeMs: Ms.nullable(),
  lagMs: z.number().nullable().describe('Match to arrival of the newest trade.'),
  stale: z.array(z.string()).describe('Streams that are silent for longer than is like them.'),
  outOfSyncMs: Ms.describe('Of the book; 0 while it is in sync.'),
  resyncs: Count,
  openGaps: Count.describe('Spans being recovered.'),
  lostGaps: Count.describe('Spans given up.'),
  recoveredTrades: Count,
  publishedTrades: Count,
});
export type FeedHealth = z.output<typeof FeedHealth>;

/** One span of the gap ledger. */
export const Gap = z.object({
  venue: Venue,
  symbol: VenueSymbol,
  kind: z.enum(FEED_EVENT_KINDS).describe('The newest event of the span.'),
  from: EventTime,
  to: EventTime.nullable().describe('Exclusive; null while it goes on.'),
  noticed: EventTime,
  cause: z.string(),
  tradesRecovered: Count,
  resolved: z.boolean(),
});
export type Gap = z.output<typeof Gap>;

export const PairState = z.object({
  pair: Pair,
  venue: Venue,
  symbol: VenueSymbol,
  lastPrice: Price.nullable(),
  dayAgo: Price.nullable().describe('Close a day before; null where nobody knows it.'),
  bias: MacroBias.nullable().describe('The newest; void once it has expired.'),
  lastSignal: SignalItem.nullable(),
  feedAgeMs: Ms.nullable().describe('Age of the last trade. Unit: market ms.'),
  connected: z.boolean(),
  coverage: Share.nullable().describe('Of the newest closed 1m bar.'),
  positions: z.array(OpenPosition),
});
export type PairState = z.output<typeof PairState>;

/** Of the whole stack, told each second. */
export const Status = z.object({
  marketTime: EventTime,
  uptimeMs: Ms,
  connected: z.boolean(),
  tradesPerSecond: z.number().nonnegative(),
  trades: Count,
  reconnects: Count,
  lagMs: Ms.nullable().describe('Market time less the watermark of the graph.'),
  backlog: Count.describe('Messages not yet acknowledged.'),
  candles: Count,
  signals: Count,
  refusals: z.record(z.string(), Count),
  deadLetters: Count,
  alerts: z.object({ sent: Count, waiting: Count }),
  charts: Count,
});
export type Status = z.output<typeof Status>;

export const Notice = z.object({ ts: EventTime, text: z.string() });
export type Notice = z.output<typeof Notice>;

export const Overview = z.object({
  eventId: EventId,
  version: z.string(),
  source: z.object({
    title: z.string().describe('Where the trades come from, for people.'),
    kind: z.enum(['live', 'simulated', 'replay']),
    speed: z.number().positive().describe('Market seconds per second.'),
  }),
  status: Status,
  pairs: z.array(PairState),
  books: z.array(BookState),
  swings: z.array(SwingState),
  notices: z.array(Notice).describe('Newest first.'),
});
export type Overview = z.output<typeof Overview>;
