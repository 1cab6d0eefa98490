/** Every route: what it is asked with, and what it answers. */
import { z } from 'zod';
import { FeatureRow } from '../../schemas/feature-row.ts';
import { FeedEvent } from '../../schemas/feed-event.ts';
import { LevelSet } from '../../schemas/level-set.ts';
import { MacroBias } from '../../schemas/macro.ts';
import { PositionEvent } from '../../schemas/position-event.ts';
import { EventTime, Interval, Pair, PositionSide } from '../../schemas/primitives.ts';
import { ScalpSignal } from '../../schemas/scalp-signal.ts';
import { Bar, FeaturePoint, FormingBar, Outcome, SignalItem } from './market.ts';
import { Count, EventId, FeedHealth, Gap, Ms, OpenPosition, Overview, SwingState } from './stack.ts';

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
  points: z
    .array(EquityPoint)
    .describe('Before the first exit and after each, oldest first within a book; then that of now.'),
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
