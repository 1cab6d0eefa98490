/** Scalars that every message is built from. Times are ms since the epoch (UTC) in the program, ISO 8601 with ms on the wire. */
import { z } from 'zod';

/** Exchanges whose wire formats we read. */
export const VENUES = ['bybit', 'kraken', 'binance'] as const;
export const Venue = z.enum(VENUES).describe('Exchange the data comes from.');
export type Venue = z.infer<typeof Venue>;

/** Candle intervals, shortest first; each is rolled up from the one before it. */
export const INTERVALS = ['1m', '5m', '15m', '1h', '4h'] as const;
export const Interval = z.enum(INTERVALS).describe('Length of a bar.');
export type Interval = z.infer<typeof Interval>;

export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/** Length of each interval in ms. */
export const INTERVAL_MS: Record<Interval, number> = {
  '1m': MINUTE_MS,
  '5m': 5 * MINUTE_MS,
  '15m': 15 * MINUTE_MS,
  '1h': HOUR_MS,
  '4h': 4 * HOUR_MS,
};

/** The last multiple of `unit` that is not after `ms`. */
export function floorTo(ms: number, unit: number): number {
  return Math.floor(ms / unit) * unit;
}

/** End of the fixed window of this length that holds `ts`, counted from the epoch: after `ts`, never at it. Unit: ms. */
export function closeAfter(ts: number, lengthMs: number): number {
  return floorTo(ts, lengthMs) + lengthMs;
}

export const TakerSide = z
  .enum(['BUY', 'SELL'])
  .describe('Side of the taker, i.e. of the order that crossed the spread.');
export type TakerSide = z.infer<typeof TakerSide>;

export const PositionSide = z.enum(['LONG', 'SHORT']).describe('Direction of a trade idea.');
export type PositionSide = z.infer<typeof PositionSide>;

/** Event time: a number (ms, UTC) in the program, ISO 8601 with three decimals on the wire. */
export const EventTime = z.codec(z.iso.datetime({ precision: 3 }), z.number().int(), {
  decode: (iso) => Date.parse(iso),
  encode: (ms) => new Date(ms).toISOString(),
});

/** Latest event time taken from outside, ms: later ones need years of five digits, which the wire form does not have. */
export const MAX_EVENT_TIME = Date.UTC(9999, 0, 1) - 1;

export const Price = z.number().positive();
export const NonNegative = z.number().nonnegative();
export const Share = z.number().min(0).max(1);

/** The venue's own name of the instrument, e.g. `BTCUSDT` (Bybit) or `BTC/USDT` (Kraken). */
export const VenueSymbol = z.string().min(1).max(64).describe("The venue's own name of the instrument.");
/** Venue-independent name, base then quote without a separator, e.g. `BTCUSDT`. */
export const Pair = z
  .string()
  .min(1)
  .max(64)
  .describe('Venue-independent name, base then quote, e.g. BTCUSDT.');

/** Key of one instrument's stream, and the Pub/Sub ordering key of market data. */
export function streamKey(venue: Venue, symbol: string): string {
  return `${venue}:${symbol}`;
}

/** Pair of a venue's symbol: upper case, no separators, Kraken's XBT read as BTC. */
export function pairOf(symbol: string): string {
  const bare = symbol.toUpperCase().replace(/[^A-Z0-9]/g, '');
  return bare.startsWith('XBT') ? `BTC${bare.slice(3)}` : bare;
}
