/**
 * The border of a feed: what it is told and what it answers. It reads no clock, opens no socket and asks no server, so
 * that the inputs of a day, written down with their instants, give the same outputs again, byte for byte.
 */

import type { TopicName } from '../../schemas/topics.ts';
import type { TradeRow } from '../../schemas/trade-batch.ts';
import type { OutgoingMessage } from '../bus/port.ts';

/** When an input came. Neither time ever goes back from one input to the next. */
export interface Instant {
  /** Of the market: real time, or the simulated market's. Unit: ms since the epoch. */
  readonly market: number;
  /** Of pings, waits and retries: the machine's. Unit: ms. */
  readonly network: number;
}

export type FeedInput =
  /** Time has passed; also the first input of all, which makes the feed ask for its connections. */
  | { readonly kind: 'tick' }
  /** A new session of this connection stands. */
  | { readonly kind: 'opened'; readonly connection: number }
  /** The session ended, or none could be made; the shell goes on trying until it is told `close`. */
  | { readonly kind: 'closed'; readonly connection: number; readonly cause: string }
  | { readonly kind: 'frame'; readonly connection: number; readonly text: string }
  /** What REST told for the command `fetch` of that number. */
  | { readonly kind: 'fetched'; readonly request: number; readonly trades: readonly TradeRow[] }
  | { readonly kind: 'fetchFailed'; readonly request: number; readonly reason: string }
  /** The symbols that are wanted from now on, all of them. `halted`: those of them that are not traded now. */
  | { readonly kind: 'universe'; readonly symbols: readonly string[]; readonly halted: readonly string[] }
  /** Snapshots of the symbol that were never published: the seconds from `fromMs` (whole) to `toMs`. Unit: market ms. */
  | { readonly kind: 'dropped'; readonly symbol: string; readonly fromMs: number; readonly toMs: number }
  /** Whether sockets are read: while they are not, silence is our own. */
  | { readonly kind: 'reading'; readonly isPaused: boolean };

export interface FeedOutput {
  /** In the order in which they must be published: trades before the snapshot that counts them. */
  readonly messages: readonly Publication[];
  /** In the order in which they must be obeyed. */
  readonly commands: readonly FeedCommand[];
}

/** Messages of one topic. */
export interface Publication {
  readonly topic: TopicName;
  readonly messages: readonly OutgoingMessage[];
}

export type FeedCommand =
  /** Make a session, and a new one whenever one ends, until `close`. Connections are numbered from 0 and never reused. */
  | { readonly kind: 'open'; readonly connection: number }
  /** End the session; make no other. No `closed` is expected. */
  | { readonly kind: 'close'; readonly connection: number }
  /** End the session, make another; `closed` may be told or not. Frames of the old one no longer count. */
  | { readonly kind: 'reconnect'; readonly connection: number; readonly reason: string }
  | { readonly kind: 'send'; readonly connection: number; readonly frame: string }
  /** Ask REST for the symbol's trades; answered by one `fetched` or `fetchFailed` of the same number. */
  | {
      readonly kind: 'fetch';
      readonly request: number;
      readonly symbol: string;
      readonly from: TradeRow | number;
    };

export interface SymbolStats {
  readonly symbol: string;
  /** Trades are subscribed on a connection that stands. */
  readonly connected: boolean;
  /** Trades per second over the last ten. */
  readonly rate: number;
  /** Unit: market ms. */
  readonly lastTradeAgeMs: number | null;
  /** Between the newest trade's match and its arrival. Unit: market ms. */
  readonly lagMs: number | null;
  readonly publishedTrades: number;
  /** Streams that are staler than their own rate allows. */
  readonly stale: readonly string[];
  readonly isHalted: boolean;
  /** How often the book was asked for anew, and since when it has been out of sync (null while in sync). */
  readonly resyncs: number;
  readonly outOfSyncMs: number | null;
  /** Spans in which trades may be missing: still being recovered, and given up; and trades brought back. */
  readonly openGaps: number;
  readonly lostGaps: number;
  readonly recoveredTrades: number;
  /** Copies of trades that were known: of the other connection, of REST, of the exchange itself. */
  readonly duplicateTrades: number;
}

export interface FeedStats {
  readonly symbols: readonly SymbolStats[];
  /** Sessions made beyond the first of each connection. */
  readonly reconnects: number;
  readonly connections: number;
  /** Trades taken and not yet given out. */
  readonly bufferedTrades: number;
  readonly unreadableFrames: number;
  /** The same by what was wrong. */
  readonly refused: Readonly<Record<string, number>>;
  /** Why a connection is down; null while all stand. */
  readonly problem: string | null;
}
