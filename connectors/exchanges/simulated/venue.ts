/** A venue's protocol without sockets: sessions that receive text and are sent frames, REST answers, a market. */
import type { Venue } from '../../../schemas/primitives.ts';
import type { Stream } from '../market-event.ts';
import type { Listing } from './listing.ts';

export type TwinVenueName = Extract<Venue, 'bybit' | 'kraken'>;

/** A frame, and what a fault on its way needs to know of it. */
export interface TwinFrame {
  readonly text: string;
  readonly kind: 'data' | 'snapshot' | 'ack' | 'refusal' | 'pong' | 'heartbeat' | 'status' | 'noise';
  /** Streams whose data it carries, or which it acknowledges. */
  readonly streams: readonly Stream[];
  /** Trades it carries that no frame before it did. */
  readonly trades: number;
}

export interface SessionEvents {
  frame(frame: TwinFrame): void;
  /** The exchange ends the session by itself. */
  closed(code: number, reason: string): void;
}

/** One client's connection as the exchange sees it. */
export interface TwinSession {
  receive(text: string): void;
  isSubscribed(stream: Stream): boolean;
  /** The connection is gone; nothing is sent any more. */
  close(): void;
}

/** An answer of REST; `body` is JSON's value. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
  /** Lower-case names. */
  readonly headers?: Readonly<Record<string, string>>;
  /** It never arrives: the connection is cut instead, or nothing comes. */
  readonly isLost?: 'cut' | 'silent';
}

/** What of a request of REST is not in its URL. */
export interface SentRequest {
  readonly method: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: string;
}

/** Times are true time; frames carry the exchange's. */
export interface TwinVenue {
  readonly venue: TwinVenueName;
  readonly wsPath: string;
  /** By the venue's own symbol, also those that are closed now. */
  readonly listings: ReadonlyMap<string, Listing>;
  connect(events: SessionEvents): TwinSession;
  /** Sends what happened since the last call, up to `ms`. */
  advanceTo(ms: number): void;
  /** Null where the path is not this venue's. */
  answer(url: URL, ms: number, sent?: SentRequest): Promise<Answer | null>;
  /** What a new subscriber of the stream would get first; null where that is nothing, or nobody has subscribed it. */
  snapshot(stream: Stream): TwinFrame | null;
  /** A frame of a stream that nobody asked for. */
  unasked(ms: number): TwinFrame;
  /** Counters of books begin anew, as after a restart of the exchange. */
  restart(): void;
  /** Tells all sessions how the exchange is, where the venue has such frames. */
  announce(status: 'online' | 'maintenance'): void;
  /** Subscriptions for which this is true are refused. */
  refuses: (stream: Stream) => boolean;
  /** The exchange's clock was steered. */
  restamp(): void;
}

export function frameOf(
  kind: TwinFrame['kind'],
  text: string,
  streams: readonly Stream[] = [],
  trades = 0,
): TwinFrame {
  return { text, kind, streams, trades };
}

/** Name of a stream within a venue. */
export function streamName({ kind, symbol }: Stream): string {
  return `${kind} ${symbol}`;
}

/** True where a multiple of `step` (plus `phase`) lies in (from, to]. Unit: ms. */
export function crosses(from: number, to: number, step: number, phase = 0): boolean {
  return Math.floor((from - phase) / step) < Math.floor((to - phase) / step);
}
