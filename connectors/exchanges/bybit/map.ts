/** Bybit v5 frames into market events. Nothing is ignored: what cannot be read throws, what was not asked for is named. */
import { WireFormatError } from '../../../schemas/errors.ts';
import type { BookEvent, MarketEvent, StreamKind } from '../market-event.ts';
import type { FrameMapper } from '../venue.ts';
import { checkFrame, quote, readFrame } from '../wire-frame.ts';
import { type BookWire, readBookText } from './book-text.ts';
import { controlEvents } from './control.ts';
import { type BookDepth, DEFAULT_BOOK_DEPTH, prefixOf } from './streams.ts';
import { readTickerText } from './ticker-text.ts';
import { readTradeText } from './trade-text.ts';
import { checkTrades, mapTrades, SequenceRuns } from './trades.ts';
import { BookFrame, KlineFrame, TICKER_FIELDS, TickerFrame } from './wire.ts';

/** State lives as long as the connection: equal exchange seqs are told apart by their order in it. */
export function bybitMapper(depth: BookDepth = DEFAULT_BOOK_DEPTH): FrameMapper {
  const runs = new SequenceRuns();
  const levels = String(depth);
  const prefixes = (Object.keys(READERS) as (keyof typeof READERS)[]).map(
    (kind) => [prefixOf(kind, depth), READERS[kind]] as const,
  );
  return (frame) => {
    const usual = readTradeText(frame);
    if (usual) return [mapTrades(usual, runs)];
    const book = readBookText(frame);
    if (book?.depth === levels) return [bookEvent(book)];
    const ticker = readTickerText(frame);
    if (ticker) return [{ kind: 'ticker', ...ticker }];
    const message = readFrame('Bybit', frame);
    const { topic } = message;
    if (typeof topic !== 'string') return controlEvents(message, frame);
    if (topic.startsWith('publicTrade.')) return [mapTrades(checkTrades(message, frame), runs)];
    const [prefix, read] = prefixes.find(([start]) => topic.startsWith(start)) ?? [];
    if (!read) return [{ kind: 'unknown', what: quote(topic) }];
    return read(message, topic.slice(prefix!.length), frame);
  };
}

type Reader = (message: unknown, symbol: string, frame: string) => MarketEvent[];

const READERS: Record<Exclude<StreamKind, 'trades'>, Reader> = {
  book: mapBook,
  ticker: mapTicker,
  kline: mapKlines,
};

function mapBook(message: unknown, symbol: string, frame: string): MarketEvent[] {
  const { type, ts, data } = checkFrame(BookFrame, message, {
    venue: 'Bybit',
    what: 'an orderbook frame',
    frame,
  });
  checkSymbol(data.s, symbol, frame);
  const levels = (side: readonly (readonly [string, string])[]) =>
    side.map(([price, size]) => [Number(price), Number(size)] as const);
  const isSnapshot = type === 'snapshot';
  return [bookEvent({ symbol, ts, isSnapshot, bids: levels(data.b), asks: levels(data.a), update: data.u })];
}

function bookEvent({ symbol, ts, isSnapshot, bids, asks, update }: Omit<BookWire, 'depth'>): BookEvent {
  return { kind: 'book', symbol, ts, isSnapshot, bids, asks, check: { kind: 'counter', update } };
}

function mapTicker(message: unknown, symbol: string, frame: string): MarketEvent[] {
  const { type, ts, data } = checkFrame(TickerFrame, message, {
    venue: 'Bybit',
    what: 'a tickers frame',
    frame,
  });
  checkSymbol(data.symbol, symbol, frame);
  const change: { [K in (typeof TICKER_FIELDS)[number]]?: number | null } = {};
  for (const field of TICKER_FIELDS) {
    const text = data[field];
    if (text !== undefined) change[field] = text === '' ? null : Number(text);
  }
  return [{ kind: 'ticker', symbol, ts, isSnapshot: type === 'snapshot', change }];
}

/** One event a bar: at the turn of a minute a frame carries the closed one and the new one. */
function mapKlines(message: unknown, symbol: string, frame: string): MarketEvent[] {
  const { ts, data } = checkFrame(KlineFrame, message, { venue: 'Bybit', what: 'a kline frame', frame });
  return data.map((bar) => ({
    kind: 'kline',
    symbol,
    ts,
    openTime: bar.start,
    open: Number(bar.open),
    high: Number(bar.high),
    low: Number(bar.low),
    close: Number(bar.close),
    volume: Number(bar.volume),
    turnover: Number(bar.turnover),
    trades: null,
    isClosed: bar.confirm,
  }));
}

function checkSymbol(got: string, expected: string, frame: string): void {
  if (got === expected) return;
  throw new WireFormatError(
    `Expected data of ${quote(expected)} in its topic from Bybit, got ${quote(frame)}.`,
  );
}
