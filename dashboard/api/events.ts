/** Every event of the streams. */
import { z } from 'zod';
import { FeedEvent } from '../../schemas/feed-event.ts';
import { LevelSet } from '../../schemas/level-set.ts';
import { MacroBias, SwingSignal } from '../../schemas/macro.ts';
import { PositionEvent } from '../../schemas/position-event.ts';
import { Bar, FeaturePoint, Forming, SignalItem } from './market.ts';
import { EquityPoint, ReplayState } from './routes.ts';
import { BookState, FeedHealth, Notice, Status, SwingState } from './stack.ts';

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
