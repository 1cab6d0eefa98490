/** Candles that travel where trades do: bars someone else made from all trades of their span. */
import { z } from 'zod';
import { Candle } from '../candle.ts';
import { messageOf, WireFormatError } from '../errors.ts';
import { INTERVAL_MS, MAX_EVENT_TIME, type Venue } from '../primitives.ts';
import { ByteWriter } from './bytes.ts';
import { type BatchHeader, openBatch, seal, writeHeader } from './format.ts';

export interface BarBatch {
  readonly header: BatchHeader;
  readonly candles: readonly Candle[];
}

const Candles = z.array(Candle);
const utf8 = new TextEncoder();
const writer = new ByteWriter();

/** @throws z.ZodError where a candle is none. */
export function encodeBarBatch(batch: {
  venue: Venue;
  symbol: string;
  candles: readonly Candle[];
  /** See BatchHeader; null where left out. */
  sentAt?: number | null;
}): Uint8Array {
  const { venue, symbol, candles, sentAt = null } = batch;
  writeHeader(writer, { kind: 'bars', venue, symbol, claim: null, last: null, sentAt });
  writer.raw(utf8.encode(JSON.stringify(z.encode(Candles, [...candles]))));
  return seal(writer);
}

/** @throws WireFormatError */
export function decodeBarBatch(bytes: Uint8Array): BarBatch {
  const { reader, header } = openBatch(bytes, 'bars');
  const candles = parseCandles(bytes.subarray(reader.at));
  const stranger = candles.find(({ venue, symbol }) => venue !== header.venue || symbol !== header.symbol);
  if (stranger) {
    throw new WireFormatError(
      `Expected candles of ${header.venue}:${header.symbol}, got one of ${stranger.venue}:${stranger.symbol}.`,
    );
  }
  const crooked = candles.find(
    ({ openTime, interval }) =>
      openTime % INTERVAL_MS[interval] !== 0 || openTime < 0 || openTime > MAX_EVENT_TIME,
  );
  if (crooked) {
    throw new WireFormatError(
      `Expected a ${crooked.interval} candle at a whole ${crooked.interval}, got ${crooked.openTime}.`,
    );
  }
  return { header, candles };
}

function parseCandles(bytes: Uint8Array): Candle[] {
  try {
    return Candles.parse(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)));
  } catch (cause) {
    throw new WireFormatError(`Expected a JSON array of candles: ${messageOf(cause)}`, { cause });
  }
}
