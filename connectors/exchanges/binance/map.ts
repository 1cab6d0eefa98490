/** Binance frames into market events. Nothing is ignored: what cannot be read throws, what was not asked for is named. */
import type { z } from 'zod';
import { WireFormatError } from '../../../schemas/errors.ts';
import type { TradeRow } from '../../../schemas/trade-batch.ts';
import type { ControlEvent, MarketEvent } from '../market-event.ts';
import type { FrameMapper } from '../venue.ts';
import { checkFrame, quote, readFrame, type WireObject } from '../wire-frame.ts';
import {
  type AggregateTrade,
  AnswerFrame,
  BookData,
  KlineData,
  MarkPriceData,
  MiniTickerData,
  TradeData,
} from './wire.ts';

/** Frames stand for themselves, so no state is kept. */
export function binanceMapper(): FrameMapper {
  return (frame) => {
    const message = readFrame('Binance', frame);
    const { stream, data } = message;
    if (isShutdown(message) || isShutdown(data)) {
      return [{ kind: 'goodbye', reason: 'Binance announces the end of this server.' }];
    }
    if (typeof stream !== 'string') return [answerEvent(message, frame)];
    const at = stream.indexOf('@');
    const read = READERS.get(stream.slice(at + 1));
    return [at > 0 && read ? read(data, stream.slice(0, at), frame) : unknown(stream)];
  };
}

export function tradeRow({ a, p, q, T, m }: AggregateTrade): TradeRow {
  return {
    tradeId: String(a),
    seq: a,
    ts: T,
    price: Number(p),
    size: Number(q),
    side: m ? 'SELL' : 'BUY',
  };
}

/** @param name The symbol as the stream has it, in lower case. */
type Reader = (data: unknown, name: string, frame: string) => MarketEvent;

const READERS: ReadonlyMap<string, Reader> = new Map([
  [
    'aggTrade',
    reader(TradeData, (data) => ({
      kind: 'trades',
      symbol: data.s,
      ts: data.E,
      trades: [tradeRow(data)],
    })),
  ],
  [
    'depth20@100ms',
    reader(BookData, (data) => ({
      kind: 'book',
      symbol: data.s,
      ts: data.E,
      isSnapshot: true,
      bids: data.b.map(level),
      asks: data.a.map(level),
      check: { kind: 'link', update: data.u, previous: data.pu },
      depth: 20,
    })),
  ],
  [
    'markPrice@1s',
    reader(MarkPriceData, ({ s, E, p, r, T }) => ({
      kind: 'ticker',
      symbol: s,
      ts: E,
      isSnapshot: false,
      change: { markPrice: Number(p), fundingRate: r === '' ? null : Number(r), nextFundingTime: T || null },
    })),
  ],
  [
    'miniTicker',
    reader(MiniTickerData, ({ s, E, c, q }) => ({
      kind: 'ticker',
      symbol: s,
      ts: E,
      isSnapshot: false,
      change: { lastPrice: Number(c), turnover24h: Number(q) },
    })),
  ],
  [
    'kline_1m',
    reader(KlineData, ({ s, E, k }) => ({
      kind: 'kline',
      symbol: s,
      ts: E,
      openTime: k.t,
      open: Number(k.o),
      high: Number(k.h),
      low: Number(k.l),
      close: Number(k.c),
      volume: Number(k.v),
      turnover: Number(k.q),
      trades: null,
      isClosed: k.x,
    })),
  ],
]);

function reader<T extends z.ZodType<{ readonly s: string }>>(
  schema: T,
  event: (data: z.output<T>) => MarketEvent,
): Reader {
  return (message, name, frame) => {
    const data = checkFrame(schema, message, { venue: 'Binance', what: 'data as documented', frame });
    if (data.s.toLowerCase() === name) return event(data);
    throw new WireFormatError(
      `Expected data of ${quote(name)}, its stream, from Binance, got ${quote(frame)}.`,
    );
  };
}

function level([price, size]: readonly [string, string]): readonly [number, number] {
  return [Number(price), Number(size)];
}

function answerEvent(message: WireObject, frame: string): ControlEvent {
  const answer = checkFrame(AnswerFrame, message, {
    venue: 'Binance',
    what: 'a stream and its data, or an answer with id',
    frame,
  });
  const requestId = answer.id == null ? null : String(answer.id);
  const failure = answer.error ?? ('msg' in answer && 'code' in answer ? answer : null);
  if (failure) {
    const reason = quote(`${String(failure.msg)} (code ${String(failure.code)})`);
    return { kind: 'refusal', requestId, reason, stream: null, isSubscribed: false };
  }
  // All that is asked for is answered by null.
  return message.result === null
    ? { kind: 'ack', requestId, stream: null }
    : unknown('an answer that holds a result');
}

/** Comes a while before the server ends. */
function isShutdown(message: unknown): boolean {
  return typeof message === 'object' && message !== null && 'e' in message && message.e === 'serverShutdown';
}

function unknown(what: string): ControlEvent {
  return { kind: 'unknown', what: quote(what) };
}
