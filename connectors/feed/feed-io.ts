/** What a feed is told and what it answers. Nothing else reaches it, so a journal of its inputs replays bit for bit. */
import type { TopicName } from '../../schemas/topics.ts';
import type { TradeRow } from '../../schemas/trade-batch.ts';
import type { OutgoingMessage } from '../bus/port.ts';

/** Both clocks at one moment; they differ where the market is simulated at its own speed. */
export interface Instant {
  /** What data are stamped with. Unit: ms since the epoch. */
  readonly market: number;
  /** Of waits, silence and retries. Unit: ms. */
  readonly network: number;
}

/** In the order in which they happened. A connection's number outlives its sockets and is never given twice. */
export type FeedInput =
  /** The symbols wanted from now on, instead of those before. */
  | {
      readonly kind: 'symbols';
      readonly symbols: readonly string[];
      /** Those of them that the exchange lists and does not trade now, as it says. */
      readonly halted?: readonly string[];
      /**
       * From when on trades are wanted of those that are new, where that is before the minute that is under way: nobody
       * has published them. Market ms, by symbol.
       */
      readonly since?: Readonly<Record<string, number>>;
    }
  /** A socket of the connection stands: it knows nothing of the one before, which delivers nothing any more. */
  | { readonly kind: 'opened'; readonly connection: number }
  | { readonly kind: 'frame'; readonly connection: number; readonly frame: string }
  /** It ended, or could not be made; the shell tries again by itself. */
  | { readonly kind: 'closed'; readonly connection: number; readonly reason: string }
  /** We do not read (back-pressure), or do so again: what is silent meanwhile is not the exchange. */
  | { readonly kind: 'paused'; readonly isPaused: boolean }
  /** Answer to a `fetch`. */
  | { readonly kind: 'fetched'; readonly fetchId: number; readonly trades: readonly TradeRow[] }
  | { readonly kind: 'unfetched'; readonly fetchId: number; readonly reason: string }
  /** The outbox gave these up, since the bus was away for too long: never trades. */
  | { readonly kind: 'dropped'; readonly topic: TopicName; readonly messages: readonly OutgoingMessage[] }
  /** Time has passed; comes at `nextDue` at the latest. */
  | { readonly kind: 'tick' }
  /** The last one: sockets are closed, and what is held back for a batch is to be told now. */
  | { readonly kind: 'stop' };

/** What the shell is to do, in this order. */
export type FeedCommand =
  /** Connect, and stay connected until `close`. */
  | {
      readonly kind: 'open';
      readonly connection: number;
      /** Where not at the adapter's `wsUrl`. */
      readonly url?: string;
    }
  | { readonly kind: 'close'; readonly connection: number }
  /** Give the socket up and make a new one: it is dead, or the exchange asked for it. */
  | { readonly kind: 'reconnect'; readonly connection: number; readonly reason: string }
  | { readonly kind: 'send'; readonly connection: number; readonly frame: string }
  /** Trades by REST, as TradesQuery; answered by `fetched` or `unfetched`. */
  | {
      readonly kind: 'fetch';
      readonly fetchId: number;
      readonly symbol: string;
      readonly from: TradeRow | number;
    };

/** To be published in this order. */
export interface FeedMessages {
  readonly topic: TopicName;
  readonly messages: readonly OutgoingMessage[];
}

export interface FeedOutput {
  readonly commands: readonly FeedCommand[];
  readonly messages: readonly FeedMessages[];
}
