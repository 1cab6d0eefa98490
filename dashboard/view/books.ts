/** Books and feeds of a running stack as the page shows them. Pure. */
import type { SymbolStats } from '../../connectors/feed/feed-stats.ts';
import type { Book, Position, Swing } from '../../functions/trade-desk/state.ts';
import { pairOf, type Venue } from '../../schemas/primitives.ts';
import type { BookState, FeedHealth, OpenPosition, SwingState } from '../api.ts';

/** @param lastPrice Of a pair, where it is known. */
export function bookState(book: Book, lastPrice: (pair: string) => number | null): BookState {
  const { start, realised, entries, halted } = book.day;
  return {
    book: book.book,
    equity: book.equity,
    paused: book.paused.on || book.killed.on,
    day: { start, realised, entries, halted },
    positions: book.positions.map((position) => openPosition(book.book, position, lastPrice(position.pair))),
  };
}

function openPosition(book: string, position: Position, lastPrice: number | null): OpenPosition {
  const { side, status, entry, size } = position;
  const toward = side === 'LONG' ? 1 : -1;
  const isKnown = lastPrice !== null && status === 'OPEN';
  const unrealised = isKnown ? toward * (lastPrice - entry) * size : null;
  return { ...position, book, lastPrice, unrealised };
}

export function swingState({ signal, until }: Swing): SwingState {
  return { signal, until };
}

export function feedHealth(venue: Venue, stats: SymbolStats): FeedHealth {
  const { symbol, connected, isHalted, rate, lastTradeAgeMs, lagMs, stale, resyncs } = stats;
  const { outOfSyncMs, openGaps, lostGaps, recoveredTrades, publishedTrades } = stats;
  return {
    venue,
    symbol,
    pair: pairOf(symbol),
    connected,
    isHalted,
    rate,
    lastTradeAgeMs,
    lagMs,
    stale: [...stale],
    outOfSyncMs,
    resyncs,
    openGaps,
    lostGaps,
    recoveredTrades,
    publishedTrades,
  };
}
