/** Kraken v2 frames into market events. Nothing is ignored: what cannot be read throws, what was not asked for is named. */
import type { z } from 'zod';
import type { TradeRow } from '../../../schemas/trade-batch.ts';
import type { BookEvent, ControlEvent, TradesEvent } from '../market-event.ts';
import type { FrameMapper } from '../venue.ts';
import { checkFrame, quote, readFrame } from '../wire-frame.ts';
import { answerEvents } from './answers.ts';
import { type BookWire, levelOf, readBookText } from './book-text.ts';
import { parseExact } from './exact.ts';
import { KlineReader } from './klines.ts';
import { BookFrame, OhlcFrame, StatusFrame, TradeFrame, type TradeItem } from './wire.ts';

/** Books of `depth` levels a side. State lives as long as the connection: which bar of each pair is the newest. */
export function krakenMapper(depth: number): FrameMapper {
  const klines = new KlineReader();
  return (frame) => {
    const usual = readBookText(frame);
    if (usual) return [bookEvent(usual, depth)];
    const message = readFrame('Kraken', frame);
    switch (message.channel) {
      case undefined:
        return answerEvents(message, frame);
      case 'trade':
        return tradesEvents(check(TradeFrame, message, frame));
      case 'book':
        return readBook(frame).map((book) => bookEvent(book, depth));
      case 'ohlc':
        return klines.read(check(OhlcFrame, message, frame));
      case 'heartbeat':
        return [{ kind: 'heartbeat' }];
      case 'status':
        return check(StatusFrame, message, frame).data.map(statusEvent);
      default:
        return [{ kind: 'unknown', what: quote(`channel ${String(message.channel)}`) }];
    }
  };
}

function check<T extends z.ZodType>(schema: T, message: unknown, frame: string): z.output<T> {
  return checkFrame(schema, message, { venue: 'Kraken', what: 'a frame as documented', frame });
}

/** One event a pair, each in the order of ids. */
function tradesEvents({ type, data }: z.output<typeof TradeFrame>): TradesEvent[] {
  const isSnapshot = type === 'snapshot';
  return Array.from(
    Map.groupBy(data, ({ symbol }) => symbol),
    ([symbol, items]) => {
      const trades = items.map(tradeRow).sort((a, b) => a.seq - b.seq);
      // The frame has no time of its own.
      const ts = items.reduce((newest, { timestamp }) => Math.max(newest, timestamp), 0);
      return { kind: 'trades', symbol, ts, trades, isSnapshot };
    },
  );
}

function tradeRow({ trade_id, timestamp, price, qty, side }: TradeItem): TradeRow {
  return {
    tradeId: String(trade_id),
    seq: trade_id,
    ts: timestamp,
    price,
    size: qty,
    side: side === 'buy' ? 'BUY' : 'SELL',
  };
}

function readBook(frame: string): BookWire[] {
  const { type, data } = check(BookFrame, readFrame('Kraken', frame, parseExact), frame);
  return data.map(({ symbol, timestamp, bids, asks, checksum }) => ({
    symbol,
    isSnapshot: type === 'snapshot',
    ts: timestamp,
    bids: bids.map(({ price, qty }) => levelOf(price, qty)),
    asks: asks.map(({ price, qty }) => levelOf(price, qty)),
    crc32: checksum,
  }));
}

function bookEvent({ crc32, ...book }: BookWire, depth: number): BookEvent {
  return { kind: 'book', ...book, check: { kind: 'checksum', crc32 }, depth };
}

/** In `maintenance`, `cancel_only` and `post_only` nothing is traded, so silence is the market's. */
function statusEvent({ system }: { readonly system: string }): ControlEvent {
  return { kind: 'status', isOnline: system === 'online', what: system };
}
