/** The relay's records and trade batches as bus messages. */
import { z } from 'zod';
import { BookSnapshot } from '../../schemas/book-snapshot.ts';
import { type Candle, closeTime } from '../../schemas/candle.ts';
import { DeadLetter, deadLetterFrom } from '../../schemas/dead-letter.ts';
import { FeedEvent } from '../../schemas/feed-event.ts';
import { type FeedPosition, positionAttribute } from '../../schemas/feed-position.ts';
import { shortHash } from '../../schemas/hash.ts';
import { closeAfter, MINUTE_MS, pairOf, streamKey, type Venue } from '../../schemas/primitives.ts';
import { standardAttributes } from '../../schemas/pubsub-message.ts';
import { traceAttribute } from '../../schemas/trace.ts';
import {
  type Claim,
  encodeBarBatch,
  encodeTradeBatch,
  type KnownTrade,
  type TradeRow,
} from '../../schemas/trade-batch.ts';
import type { OutgoingMessage } from '../bus/port.ts';

/** Trades in one message at most: a message stays far below Pub/Sub's 10 MB. */
const MAX_BATCH = 20_000;

/** Runs of trades of one minute each: a batch never crosses a minute. Order is kept. */
export function cutByMinute(trades: readonly TradeRow[]): TradeRow[][] {
  const runs: TradeRow[][] = [];
  let minute = -1;
  for (const trade of trades) {
    const own = Math.floor(trade.ts / MINUTE_MS);
    const run = runs.at(-1);
    if (run && own === minute && run.length < MAX_BATCH) run.push(trade);
    else runs.push([trade]);
    minute = own;
  }
  return runs;
}

export interface Sending extends Pick<FeedPosition, 'since' | 'from'> {
  /** Newest trade known. */
  readonly last: KnownTrade | null;
  /** Market ms. */
  readonly sentAt: number;
}

/** One minute's trades (at least one) as a batch. The id follows from the content. @param sending `from`: where the first one stands. */
export function tradeMessage(
  venue: Venue,
  symbol: string,
  trades: readonly TradeRow[],
  { since, from, last, sentAt }: Sending,
): OutgoingMessage {
  const first = trades[0]!;
  const earliest = trades.reduce((ts, trade) => Math.min(ts, trade.ts), first.ts);
  const closeMs = closeAfter(earliest, MINUTE_MS);
  const isOver = sentAt >= closeMs;
  const batch = { venue, symbol, claim: null, last, sentAt: isOver ? sentAt : null, trades };
  const data = encodeTradeBatch(batch);
  const key = streamKey(venue, symbol);
  const id = `${key}:${first.ts}:${first.seq}:${trades.length}:${shortHash(data)}`;
  const position = positionAttribute({ since, from, to: from + trades.length });
  return {
    data,
    attributes: { ...standardAttributes(id, earliest), ...position, ...traceOf(symbol, closeMs) },
    orderingKey: key,
  };
}

/**
 * Vouches for seconds of one minute that were told unproven, or never: what was traded in them has been sent. It has no
 * trade of its own and stands where the next one would. @param sending `from`: trades sent before.
 */
export function claimMessage(
  venue: Venue,
  symbol: string,
  claim: Claim,
  { since, from, last, sentAt }: Sending,
): OutgoingMessage {
  const closeMs = closeAfter(claim.fromMs, MINUTE_MS);
  const isOver = sentAt >= closeMs;
  const data = encodeTradeBatch({ venue, symbol, claim, last, sentAt: isOver ? sentAt : null, trades: [] });
  const key = streamKey(venue, symbol);
  const id = `${key}:claim:${claim.fromMs}:${claim.toMs}:${shortHash(data)}`;
  const position = positionAttribute({ since, from, to: from });
  return {
    data,
    attributes: { ...standardAttributes(id, claim.fromMs), ...position, ...traceOf(symbol, closeMs) },
    orderingKey: key,
  };
}

/** The exchange's own bar of a minute that has passed, in the place of ours. */
export function barMessage(candle: Candle, { since, from, sentAt }: Omit<Sending, 'last'>): OutgoingMessage {
  const { venue, symbol, openTime, id } = candle;
  const data = encodeBarBatch({ venue, symbol, candles: [candle], sentAt });
  const position = positionAttribute({ since, from, to: from });
  return {
    data,
    attributes: { ...standardAttributes(id, openTime), ...position, ...traceOf(symbol, closeTime(candle)) },
    orderingKey: streamKey(venue, symbol),
  };
}

/**
 * The snapshot of a second that has passed. Its attribute `ts` is the second's end: that is when it was known, and
 * what moves the watermark. `received`: how many trades had come by then, published or about to be.
 */
export function snapshotMessage(
  snapshot: BookSnapshot,
  { since, received }: { readonly since: number; readonly received: number },
): OutgoingMessage {
  const key = streamKey(snapshot.venue, snapshot.symbol);
  const { data, attributes, orderingKey } = json(BookSnapshot, snapshot, snapshot.ts + 1_000, key);
  const position = positionAttribute({ since, from: received, to: received });
  const trace = traceOf(snapshot.symbol, closeAfter(snapshot.ts, MINUTE_MS));
  return { data, attributes: { ...attributes, ...position, ...trace }, orderingKey };
}

export function feedEventMessage(event: FeedEvent): OutgoingMessage {
  return json(FeedEvent, event, event.ts, streamKey(event.venue, event.symbol));
}

/** A frame that could not be read, whole. */
export function deadLetterMessage(
  frame: string,
  reason: string,
  source: string,
  eventTime: number,
): OutgoingMessage {
  const letter = deadLetterFrom({ stage: 'ReadFrame', reason, source, eventTime, bytes: frame });
  return json(DeadLetter, letter, eventTime, '');
}

function traceOf(symbol: string, closeMs: number): Record<string, string> {
  return traceAttribute({ pair: pairOf(symbol), closeMs });
}

function json<T extends z.ZodType<{ readonly id: string }>>(
  schema: T,
  record: z.output<T>,
  eventTimeMs: number,
  orderingKey: string,
): OutgoingMessage {
  const data = new TextEncoder().encode(JSON.stringify(z.encode(schema, record)));
  return { data, attributes: standardAttributes(record.id, eventTimeMs), orderingKey };
}
