/** The order book as slowly and plainly as can be said: what order-book.ts is held to. */
import type { BookEvent, Level } from './market-event.ts';

export interface BookModel {
  /** Any order. */
  readonly bids: readonly Level[];
  readonly asks: readonly Level[];
  /** Of the last event that counted. */
  readonly last: BookEvent;
}

export interface ModelStep {
  /** Null while out of sync. */
  readonly book: BookModel | null;
  readonly fault: string | null;
}

/** The book after one more event. */
export function stepBook(book: BookModel | null, event: BookEvent): ModelStep {
  if (!event.isSnapshot) {
    if (book === null) return { book: null, fault: 'empty' };
    if (isOld(event, book.last)) return { book, fault: null };
    if (!follows(event, book.last)) return { book: null, fault: 'gap' };
  }
  const next = mergeBook(book, event);
  if (event.check.kind === 'checksum' && modelChecksum(next) !== event.check.crc32)
    return { book: null, fault: 'checksum' };
  const isCrossed = next.bids.some(([bid]) => next.asks.some(([ask]) => bid >= ask));
  return isCrossed ? { book: null, fault: 'crossed' } : { book: next, fault: null };
}

/** The levels after the event, whatever its check says. */
export function mergeBook(book: BookModel | null, event: BookEvent): BookModel {
  const { bids, asks } = (event.isSnapshot ? null : book) ?? { bids: [], asks: [] };
  return {
    bids: merged(bids, event.bids, (a, b) => b[0] - a[0], event.depth),
    asks: merged(asks, event.asks, (a, b) => a[0] - b[0], event.depth),
    last: event,
  };
}

/** Size within the distance of mid. Unit: base. */
export function modelDepth({ bids, asks }: BookModel, bps: number): { bids: number; asks: number } {
  const mid = (Math.max(...bids.map(([price]) => price)) + Math.min(...asks.map(([price]) => price))) / 2;
  const within = (side: readonly Level[]) =>
    side
      .filter(([price]) => Math.abs(price - mid) * 10_000 <= bps * mid * (1 + 1e-12))
      .reduce((sum, [, size]) => sum + size, 0);
  return { bids: within(bids), asks: within(asks) };
}

/** By Kraken's words: the ten best asks from the lowest, the ten best bids from the highest, digits one after another. */
export function modelChecksum({ bids, asks }: Pick<BookModel, 'bids' | 'asks'>): number {
  const low = asks.toSorted((a, b) => a[0] - b[0]).slice(0, 10);
  const high = bids.toSorted((a, b) => b[0] - a[0]).slice(0, 10);
  return crcBitByBit([...low, ...high].map(([, , digits]) => digits ?? '').join(''));
}

function merged(
  side: readonly Level[],
  changes: readonly Level[],
  bestFirst: (a: Level, b: Level) => number,
  depth = Number.POSITIVE_INFINITY,
): Level[] {
  const byPrice = new Map([...side, ...changes].map((level) => [level[0], level]));
  return [...byPrice.values()]
    .filter(([, size]) => size > 0)
    .sort(bestFirst)
    .slice(0, depth);
}

function isOld({ check }: BookEvent, { check: last, isSnapshot }: BookEvent): boolean {
  return isSnapshot && check.kind === 'link' && last.kind === 'link' && check.update < last.update;
}

function follows({ check }: BookEvent, { check: last, isSnapshot }: BookEvent): boolean {
  if (check.kind === 'checksum') return last.kind === 'checksum';
  if (last.kind === 'checksum' || last.kind !== check.kind) return false;
  if (check.kind === 'counter') return check.update - last.update === 1;
  return isSnapshot ? check.previous <= last.update : check.previous === last.update;
}

/** CRC-32 (IEEE 802.3, reflected): https://www.rfc-editor.org/rfc/rfc1952#section-8. */
function crcBitByBit(text: string): number {
  let crc = 0xffffffff;
  for (const byte of Buffer.from(text)) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}
