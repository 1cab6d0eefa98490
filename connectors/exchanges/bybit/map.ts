/** Bybit v5 frames into market events. Nothing is ignored: what cannot be read throws, what was not asked for is named. */
import type { z } from 'zod';
import { messageOf, WireFormatError } from '../../../schemas/errors.ts';
import type { MarketEvent, TickerChange } from '../market-event.ts';
import { readTradeText } from './trade-text.ts';
import { checkTrades, mapTrades, type SequenceRuns } from './trades.ts';
import { BookFrame, ControlFrame, TickerFrame } from './wire.ts';

/** Reads the frames of one connection, in their order. @throws WireFormatError where a frame is not what Bybit documents. */
export type FrameMapper = (frame: string) => MarketEvent;

/** State lives as long as the connection: equal exchange seqs are told apart by their order in it. */
export function bybitMapper(): FrameMapper {
  const runs: SequenceRuns = new Map();
  return (frame) => {
    const usual = readTradeText(frame);
    if (usual) return mapTrades(usual, runs);
    const message = parseObject(frame);
    const { topic } = message;
    if (typeof topic !== 'string') return mapControl(message);
    if (topic.startsWith('publicTrade.')) return mapTrades(checkTrades(message), runs);
    if (topic.startsWith('orderbook.')) return mapBook(message);
    if (topic.startsWith('tickers.')) return mapTicker(message);
    return { kind: 'unknown', what: topic };
  };
}

function parseObject(frame: string): Record<string, unknown> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(frame);
  } catch (cause) {
    throw new WireFormatError(`Expected JSON from Bybit, got ${quote(frame)}: ${messageOf(cause)}.`, {
      cause,
    });
  }
  if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) {
    return parsed as Record<string, unknown>;
  }
  throw new WireFormatError(`Expected a JSON object from Bybit, got ${quote(frame)}.`);
}

function mapBook(message: unknown): MarketEvent {
  const { type, ts, data } = parse(BookFrame, message, 'an orderbook frame');
  const levels = (side: readonly (readonly [string, string])[]) =>
    side.map(([price, size]) => [Number(price), Number(size)] as const);
  return {
    kind: 'book',
    symbol: data.s,
    ts,
    isSnapshot: type === 'snapshot',
    bids: levels(data.b),
    asks: levels(data.a),
    update: data.u,
  };
}

const TICKER_FIELDS = ['fundingRate', 'nextFundingTime', 'markPrice', 'openInterest'] as const;

function mapTicker(message: unknown): MarketEvent {
  const { type, ts, data } = parse(TickerFrame, message, 'a tickers frame');
  const change: { -readonly [K in keyof TickerChange]: TickerChange[K] } = {};
  for (const field of TICKER_FIELDS) {
    const text = data[field];
    if (text !== undefined) change[field] = text === '' ? null : Number(text);
  }
  return { kind: 'ticker', symbol: data.symbol, ts, isSnapshot: type === 'snapshot', change };
}

function mapControl(message: unknown): MarketEvent {
  const { op, success, ret_msg, req_id } = parse(ControlFrame, message, 'a topic or an answer with op');
  const requestId = req_id ? req_id : null;
  if (op === 'pong' || (op === 'ping' && ret_msg === 'pong')) return { kind: 'pong' };
  if (success === false) return refusal(ret_msg ?? '', requestId);
  if ((op === 'subscribe' || op === 'unsubscribe') && success === true) return { kind: 'ack', requestId };
  return { kind: 'unknown', what: `op ${op}` };
}

function refusal(reason: string, requestId: string | null): MarketEvent {
  const named = /topic:(\S+)$/.exec(reason) ?? /\[(\S+)\]$/.exec(reason);
  const isSubscribed = reason.includes('already subscribed');
  return { kind: 'refusal', requestId, reason, topic: named?.[1] ?? null, isSubscribed };
}

function parse<T extends z.ZodType>(schema: T, message: unknown, what: string): z.output<T> {
  const result = schema.safeParse(message);
  if (result.success) return result.data;
  const issue = result.error.issues[0]!;
  throw new WireFormatError(
    `Expected ${what} from Bybit, got ${quote(JSON.stringify(message))}: ${issue.path.join('.')} ${issue.message}.`,
  );
}

function quote(text: string): string {
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
