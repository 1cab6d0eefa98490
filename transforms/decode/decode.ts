/** Messages into what they tell about single minutes. Pure; every refusal is a WireFormatError. */
import { BookSnapshot } from '../../schemas/book-snapshot.ts';
import { type Candle, closeTime } from '../../schemas/candle.ts';
import { messageOf, WireFormatError } from '../../schemas/errors.ts';
import { closeAfter, MAX_EVENT_TIME, MINUTE_MS, streamKey } from '../../schemas/primitives.ts';
import { Slab } from '../../schemas/slab.ts';
import {
  type Claim,
  decodeBarBatch,
  decodeTradeBatch,
  newTradeColumns,
  readBatchKind,
  type TradeBatch,
} from '../../schemas/trade-batch.ts';
import { firstCloseAfter, type Told, told } from '../as-of.ts';
import { NO_SECONDS, oneSecond, secondsWithin } from '../candles/second-set.ts';
import { foldBatch } from '../candles/trade-fold.ts';
import type { BookSecond, MinutePart, TradePoint } from '../market-data.ts';
import { type QuietMinute, quietMinutes } from './quiet-minutes.ts';
import { splitByMinute } from './split-by-minute.ts';

/** A part of a minute, whose minute it is (`venue:symbol`), and an instant within that minute. Unit of `ts`: ms. */
export interface StampedPart {
  readonly key: string;
  readonly ts: number;
  readonly value: MinutePart;
}

export interface Decoded {
  readonly parts: readonly StampedPart[];
  /** Candles of more than a minute. */
  readonly known: readonly (Candle & Told)[];
}

/** Rows of the batch being read; nothing keeps them. */
const columns = newTradeColumns(4096);
/** Trades wait for the end of their minute's lateness: they must not keep the rest of what came with them. */
const payloads = new Slab();
const utf8 = new TextDecoder('utf-8', { fatal: true });

/** What one message of `raw-tick-data` tells. @param disorderMs How long after its end a bar closes. @throws WireFormatError */
export function decodeTradeMessage(data: Uint8Array, disorderMs = 0): Decoded {
  if (readBatchKind(data) === 'bars') return partsOfBars(data, disorderMs);
  const batch = decodeTradeBatch(data, columns);
  const { sentAt } = batch.header;
  const parts = partsOfTrades(batch, data);
  return { parts: sentAt === null ? parts : parts.map(toldFrom(sentAt, disorderMs)), known: [] };
}

function toldFrom(sentAt: number, disorderMs: number): (part: StampedPart) => StampedPart {
  const knownFrom = firstCloseAfter(sentAt, disorderMs);
  return (part) => ({ ...part, value: told(part.value, knownFrom, closeAfter(part.ts, MINUTE_MS)) });
}

/** What one message of `book-snapshots` tells: one second of its minute. @throws WireFormatError */
export function decodeSnapshotMessage(data: Uint8Array): Decoded {
  const snapshot = parseSnapshot(data);
  const { venue, symbol, ts } = snapshot;
  if (ts < 0 || ts > MAX_EVENT_TIME) {
    throw new WireFormatError(`Expected a snapshot between 1970 and 9998, got one of ${ts} ms.`);
  }
  const second = Math.floor((ts % MINUTE_MS) / 1000);
  const value: MinutePart = {
    kind: 'pulse',
    healthy: snapshot.connected ? oneSecond(second) : NO_SECONDS,
    last: lastOf(snapshot),
    book: bookOf(snapshot, second),
  };
  return { parts: [{ key: streamKey(venue, symbol), ts, value }], known: [] };
}

function partsOfBars(data: Uint8Array, disorderMs: number): Decoded {
  const { header, candles } = decodeBarBatch(data);
  const key = streamKey(header.venue, header.symbol);
  const knownFrom = header.sentAt === null ? undefined : firstCloseAfter(header.sentAt, disorderMs);
  const partOf = (candle: Candle): StampedPart => {
    const value = told<MinutePart>({ kind: 'bar', candle }, knownFrom, closeTime(candle));
    return { key, ts: candle.openTime, value };
  };
  return {
    parts: candles.filter(({ interval }) => interval === '1m').map(partOf),
    known: candles
      .filter(({ interval }) => interval !== '1m')
      .map((candle) => told(candle, knownFrom, closeTime(candle))),
  };
}

function partsOfTrades(batch: TradeBatch, data: Uint8Array): StampedPart[] {
  const { key } = batch;
  const { claim } = batch.header;
  const parts = claim ? quietMinutes(batch, claim).map((minute) => pulseOf(key, claim, minute)) : [];
  const payloads = splitByMinute(batch);
  if (payloads === null) return addTrades(parts, batch, data, batch);
  for (const payload of payloads) addTrades(parts, decodeTradeBatch(payload, columns), payload, batch);
  return parts;
}

/** Appends the trades of `minute`, all that `payload` holds and of one minute, with what the batch they came in vouches for. */
function addTrades(
  into: StampedPart[],
  minute: TradeBatch,
  payload: Uint8Array,
  { key, header: { claim } }: TradeBatch,
): StampedPart[] {
  const fold = foldBatch(minute);
  if (!fold) return into;
  const { ts } = fold.first;
  const healthy = claim ? secondsWithin(ts - (ts % MINUTE_MS), claim.fromMs, claim.toMs) : NO_SECONDS;
  into.push({ key, ts, value: { kind: 'trades', fold, payload: payloads.own(payload), healthy } });
  return into;
}

function pulseOf(key: string, { fromMs, toMs }: Claim, { openTime, last }: QuietMinute): StampedPart {
  const healthy = secondsWithin(openTime, fromMs, toMs);
  return { key, ts: openTime, value: { kind: 'pulse', healthy, last, book: null } };
}

function parseSnapshot(data: Uint8Array): BookSnapshot {
  try {
    return BookSnapshot.parse(JSON.parse(utf8.decode(data)));
  } catch (cause) {
    throw new WireFormatError(`Expected a BookSnapshot in JSON: ${messageOf(cause)}`, { cause });
  }
}

function lastOf({ lastTradeTs: ts, lastTradeSeq: seq, lastPrice: price }: BookSnapshot): TradePoint | null {
  return ts === null || seq === null || price === null ? null : { ts, seq, price };
}

/** Null while the book is out of sync or one of its sides is empty. */
function bookOf(snapshot: BookSnapshot, second: number): BookSecond | null {
  const bidDepth = snapshot.bidDepth.bps25;
  const askDepth = snapshot.askDepth.bps25;
  return snapshot.desyncMs === 0 && bidDepth > 0 && askDepth > 0 ? { second, bidDepth, askDepth } : null;
}
