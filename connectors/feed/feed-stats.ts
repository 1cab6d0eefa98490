/** How a feed does, for people and metrics. */
import { STREAM_KINDS, type StreamKind } from '../exchanges/market-event.ts';
import type { DeadLetters } from './dead-letters.ts';
import type { Instant } from './feed-io.ts';
import type { FeedLink } from './feed-link.ts';
import type { SymbolFeed } from './symbol-feed.ts';

export interface SymbolStats {
  readonly symbol: string;
  /** Trades are subscribed on a connection that stands. */
  readonly connected: boolean;
  readonly isHalted: boolean;
  /** Trades per second over the last ten. */
  readonly rate: number;
  /** Unit: market ms. */
  readonly lastTradeAgeMs: number | null;
  /** Between the newest trade's match and its arrival. Unit: market ms. */
  readonly lagMs: number | null;
  readonly publishedTrades: number;
  /** Streams that are silent for longer than is like them, on whatever connection. */
  readonly stale: readonly StreamKind[];
  /** How often its book was asked for anew, and for how long it has been out of sync (0 while in sync). */
  readonly resyncs: number;
  readonly outOfSyncMs: number;
  /** Spans in which trades are missing: still being recovered; given up. */
  readonly openGaps: number;
  readonly lostGaps: number;
  readonly recoveredTrades: number;
  /** Copies of trades that were known: of another connection, of REST, of the exchange itself. */
  readonly duplicateTrades: number;
}

export interface FeedStats {
  readonly symbols: readonly SymbolStats[];
  /** Trades taken and not yet given out. */
  readonly bufferedTrades: number;
  readonly unreadableFrames: number;
  /** What was refused, by why. */
  readonly refused: Readonly<Record<string, number>>;
  /** How far our clock is ahead of the exchange's, the shortest way from there to here included. Unit: ms. */
  readonly clockOffsetMs: number | null;
}

export function feedStats(
  symbols: Iterable<SymbolFeed>,
  links: readonly FeedLink[],
  letters: DeadLetters,
  clockOffsetMs: number | null,
  { market }: Instant,
): FeedStats {
  const all = [...symbols];
  return {
    symbols: all.map((feed) => symbolStats(feed, links, market)),
    bufferedTrades: all.reduce((sum, { state }) => sum + state.pending.length, 0),
    unreadableFrames: letters.count,
    refused: letters.byReason,
    clockOffsetMs,
  };
}

function symbolStats(feed: SymbolFeed, links: readonly FeedLink[], market: number): SymbolStats {
  const { symbol, state, gaps, books, isUp, isHalted } = feed;
  const legs = links.flatMap(({ legs: own }) => own.get(symbol) ?? []);
  return {
    symbol,
    connected: isUp,
    isHalted,
    rate: state.rate,
    lastTradeAgeMs: state.last ? Math.max(0, market - state.last.ts) : null,
    lagMs: state.lagMs,
    publishedTrades: state.publishedTrades,
    stale: STREAM_KINDS.filter((kind) => legs.some(({ streams }) => streams[kind].isStale)),
    resyncs: books.resyncs,
    outOfSyncMs: books.outOfSyncMs(market),
    openGaps: gaps.continuity.lost.length,
    lostGaps: gaps.lost,
    recoveredTrades: gaps.recovered,
    duplicateTrades: state.duplicates,
  };
}
