/**
 * What the dashboard's server and its page say to each other: every route with its query and answer, and every event.
 *
 * All of it is JSON in wire form, as messages are: times are ISO 8601 with ms. The page takes types alone from here
 * (`import type`), as `Wire<typeof Overview>`; the server parses queries and encodes answers with the schemas.
 *
 * An answer holds all that the events up to its `eventId` told. So a page that asks first and then follows
 * `/api/events?after=<eventId>` misses nothing; what it gets twice has the same id, and a higher revision replaces a lower.
 */
import { z } from 'zod';
import { Candle } from '../schemas/candle.ts';
import { FeatureRow } from '../schemas/feature-row.ts';
import { FEED_EVENT_KINDS, FeedEvent } from '../schemas/feed-event.ts';
import { LevelSet } from '../schemas/level-set.ts';
import { MacroBias, SwingSignal } from '../schemas/macro.ts';
import { EXITS, PositionEvent, REFUSALS } from '../schemas/position-event.ts';
import {
  EventTime,
  Interval,
  NonNegative,
  Pair,
  PositionSide,
  Price,
  Share,
  Venue,
  VenueSymbol,
} from '../schemas/primitives.ts';
import { ScalpSignal } from '../schemas/scalp-signal.ts';

/** How a value of the schema travels: what the page gets. */
export type Wire<S extends z.ZodType> = z.input<S>;

const Count = z.number().int().nonnegative();
const Ms = z.number().nonnegative();
const EventId = Count.describe('Newest event whose news is in this answer.');

/** A bar as a chart needs it. */
export const Bar = Candle.pick({
  symbol: true,
  interval: true,
  openTime: true,
  open: true,
  high: true,
  low: true,
  close: true,
  volume: true,
  buyVolume: true,
  trades: true,
  coverage: true,
  filled: true,
  complete: true,
  revision: true,
}).extend({ pair: Pair });
export type Bar = z.output<typeof Bar>;

/** A bar that is not closed yet: made of the trades so far. */
export const FormingBar = Bar.pick({
  interval: true,
  openTime: true,
  open: true,
  high: true,
  low: true,
  close: true,
  volume: true,
});
export type FormingBar = z.output<typeof FormingBar>;

export const Forming = z.object({
  pair: Pair,
  ts: EventTime.describe('Of the last trade in it.'),
  price: Price.describe('Of the last trade. Unit: quote per base.'),
  bars: z.array(FormingBar).describe('One of each interval, shortest first.'),
});
export type Forming = z.output<typeof Forming>;

/** One bar's features, as panes and marks need them. */
export const FeaturePoint = FeatureRow.pick({
  pair: true,
  openTime: true,
  closeTime: true,
  rsi7: true,
  rsi14: true,
  volume: true,
  volumeEma20: true,
  volumeRatio: true,
  bookImbalance60s: true,
  bookImbalance10s: true,
  divergence: true,
  checksLong: true,
  checksShort: true,
  voided: true,
  suppressions: true,
  revision: true,
});
export type FeaturePoint = z.output<typeof FeaturePoint>;

const Fill = z.object({
  ts: EventTime,
  price: Price.nullable().describe('Unit: quote per base. Null where nothing was filled.'),
  size: NonNegative.nullable().describe('Unit: base.'),
});

/** What became of a signal in one book of the desk. */
export const Outcome = z.object({
  book: z.string(),
  state: z
    .enum(['REFUSED', 'ACCEPTED', 'OPEN', 'CLOSED'])
    .describe('ACCEPTED: its entry is not filled yet; CLOSED also of an entry that never was.'),
  refusal: z.enum(REFUSALS).nullable(),
  reason: z.string().describe('Why, in a sentence: of the newest event.'),
  halved: z.boolean(),
  entry: Fill.nullable(),
  exit: Fill.extend({
    how: z.enum(EXITS),
    pnl: z.number().nullable().describe('Net. Unit: quote.'),
  }).nullable(),
});
export type Outcome = z.output<typeof Outcome>;

/** A signal in a list; its inspector is `/api/signals/ID`. */
export const SignalItem = ScalpSignal.pick({
  id: true,
  strategy: true,
  variant: true,
  pair: true,
  side: true,
  entry: true,
  tp: true,
  sl: true,
  timestamp: true,
  confidence: true,
  exhaustion_checks: true,
  signal_reason: true,
}).extend({ outcomes: z.array(Outcome).describe('By book; empty while no book has decided.') });
// As an event it comes again, whole, whenever an outcome of it has changed.
export type SignalItem = z.output<typeof SignalItem>;

/** A position that is open, or whose entry rests. */
export const OpenPosition = z.object({
  book: z.string(),
  signalId: z.string(),
  pair: Pair,
  side: PositionSide,
  status: z.enum(['WORKING', 'OPEN']),
  entry: Price,
  size: Price,
  tp: Price,
  sl: Price,
  leverage: z.number().positive(),
  halved: z.boolean(),
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
  change24h: z.number().nullable().describe('Of the last price to the close a day before. Unit: share.'),
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

export const Candles = z.object({
  eventId: EventId,
  pair: Pair,
  interval: Interval,
  bars: z.array(Bar).describe('Closed ones, oldest first, each in its highest revision.'),
  forming: FormingBar.nullable().describe('Null with `before`, and before the first trade.'),
});
export const Levels = z.object({ eventId: EventId, levels: LevelSet.nullable() });
export const Features = z.object({
  eventId: EventId,
  features: z.array(FeaturePoint).describe('Oldest first.'),
});
export const Signals = z.object({ eventId: EventId, signals: z.array(SignalItem).describe('Newest first.') });

/** Everything there is to say about one signal. */
export const SignalDetail = z.object({
  eventId: EventId,
  signal: ScalpSignal,
  outcomes: z.array(Outcome),
  events: z.array(PositionEvent).describe('Decisions, entries and exits of every book, oldest first.'),
  features: FeatureRow.nullable().describe('The row it was decided on.'),
  levels: LevelSet.nullable().describe('The levels that were known then.'),
  bias: MacroBias.nullable().describe('The bias at that time; null where none was.'),
  alert: z.string().describe('What its alert says now.'),
  chart: z.string().nullable().describe('URL of its PNG; null where none can be drawn.'),
  trace: z
    .array(z.object({ stage: z.string(), start: EventTime, ms: Ms }))
    .nullable()
    .describe('Stages from tick to alert, oldest first; null where nothing was measured.'),
});
export type SignalDetail = z.output<typeof SignalDetail>;

/** A position that is over. */
export const ClosedPosition = z.object({
  signalId: z.string(),
  pair: Pair,
  side: PositionSide,
  outcome: Outcome,
});
export type ClosedPosition = z.output<typeof ClosedPosition>;

export const Positions = z.object({
  eventId: EventId,
  open: z.array(OpenPosition),
  swings: z.array(SwingState),
  closed: z.array(ClosedPosition).describe('Newest first.'),
});

export const EquityPoint = z.object({ book: z.string(), ts: EventTime, equity: z.number() });
export type EquityPoint = z.output<typeof EquityPoint>;
export const Equity = z.object({
  eventId: EventId,
  points: z.array(EquityPoint).describe('After each exit, oldest first; the last is that of now.'),
});

export const Feed = z.object({
  eventId: EventId,
  health: z.array(FeedHealth),
  gaps: z.array(Gap).describe('Newest first.'),
  events: z.array(FeedEvent).describe('Newest first.'),
});

export const Recording = z.object({
  id: z.string().describe('Its name, unique.'),
  kind: z.enum(['frames', 'trades']).describe('What cst record wrote, or a file of trades.'),
  bytes: Count,
});
export type Recording = z.output<typeof Recording>;

export const ReplayState = z.object({
  id: z.string(),
  recording: z.string(),
  speed: z.number().positive().describe('Market seconds per second.'),
  state: z
    .enum(['PREPARING', 'PLAYING', 'ENDED', 'FAILED'])
    .describe('PREPARING: the graph runs over the whole recording, before the first bar is shown.'),
  marketTime: EventTime.nullable(),
  from: EventTime.nullable(),
  to: EventTime.nullable(),
  error: z.string().nullable(),
});
export type ReplayState = z.output<typeof ReplayState>;

export const Replays = z.object({
  recordings: z.array(Recording),
  replay: ReplayState.nullable().describe('The one there is; a new one takes its place.'),
});
export const ReplayOrder = z.strictObject({
  recording: z.string(),
  speed: z.number().min(1).max(600),
});

export const Session = z.object({
  needed: z.boolean().describe('A token is wanted.'),
  ok: z.boolean().describe('It was given.'),
});
export const Login = z.strictObject({ token: z.string().max(1_024) });
export const Problem = z.object({ error: z.string().describe('What was expected, what came.') });

const limit = (value: number, most: number) => z.coerce.number().int().min(1).max(most).default(value);
const Before = EventTime.optional().describe('Only what is earlier.');
const Nothing = z.strictObject({});

/**
 * What is asked with GET. Under `/api/replay` the same routes (and `/api/replay/events`) tell of the replay in place of the
 * live market; 404 where there is none. Besides: `/charts/ID.png`, and with POST and JSON `/api/login` (Login → Session),
 * `/api/logout` (→ Session), `/api/replays` (ReplayOrder → Replays), `/api/replays/stop` (→ Replays). Not 200 is a Problem.
 * 401 is of a token that is needed: the page itself is served without one, and asks for it.
 *
 * Files: `/` is dashboard/page/index.html, `/X` is dashboard/page/X. A `.ts` is served as a module of JavaScript
 * without its types, under its own name; `import … from 'lightweight-charts'`, 'preact', 'preact/hooks' in it become files of the packages.
 */
export const ROUTES = {
  '/api/session': { query: Nothing, answer: Session },
  '/api/overview': { query: Nothing, answer: Overview },
  '/api/candles': {
    query: z.strictObject({
      pair: Pair,
      interval: Interval.default('1m'),
      before: Before,
      limit: limit(500, 2_000),
    }),
    answer: Candles,
  },
  '/api/levels': { query: z.strictObject({ pair: Pair }), answer: Levels },
  '/api/features': {
    query: z.strictObject({ pair: Pair, before: Before, limit: limit(500, 2_000) }),
    answer: Features,
  },
  '/api/signals': {
    query: z.strictObject({ pair: Pair.optional(), before: Before, limit: limit(100, 500) }),
    answer: Signals,
  },
  '/api/signals/:id': { query: Nothing, answer: SignalDetail },
  '/api/positions': { query: z.strictObject({ limit: limit(100, 500) }), answer: Positions },
  '/api/equity': { query: z.strictObject({ book: z.string().max(64).optional() }), answer: Equity },
  '/api/feed': { query: z.strictObject({ limit: limit(200, 1_000) }), answer: Feed },
  '/api/replays': { query: Nothing, answer: Replays },
} as const satisfies Record<string, { readonly query: z.ZodObject; readonly answer: z.ZodObject }>;
export type Route = keyof typeof ROUTES;

/**
 * `/api/events`: Server-Sent Events. `id:` grows; after a drop the browser sends the last one (`Last-Event-ID`; at first
 * `?after=`) and gets all that is newer. Of what only its newest state matters (`latest`) a slow reader gets that alone.
 * `reset`: what was missed is no longer kept, so ask the routes anew; then events go on.
 */
export const EVENTS = {
  candle: { data: Bar, latest: false },
  forming: { data: Forming, latest: true },
  levels: { data: LevelSet, latest: true },
  feature: { data: FeaturePoint, latest: false },
  signal: { data: SignalItem, latest: false },
  position: { data: PositionEvent, latest: false },
  swing: { data: SwingSignal, latest: false },
  bias: { data: MacroBias, latest: true },
  feed: { data: FeedEvent, latest: false },
  health: { data: z.object({ health: z.array(FeedHealth) }), latest: true },
  books: { data: z.object({ books: z.array(BookState), swings: z.array(SwingState) }), latest: true },
  equity: { data: EquityPoint, latest: false },
  status: { data: Status, latest: true },
  notice: { data: Notice, latest: false },
  chart: { data: z.object({ signalId: z.string(), url: z.string() }), latest: false },
  replay: { data: ReplayState, latest: true },
  reset: { data: z.object({ reason: z.string() }), latest: true },
} as const satisfies Record<string, { readonly data: z.ZodObject; readonly latest: boolean }>;
export type EventName = keyof typeof EVENTS;
export type EventData<N extends EventName> = z.output<(typeof EVENTS)[N]['data']>;
