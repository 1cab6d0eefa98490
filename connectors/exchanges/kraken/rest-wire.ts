/** Kraken's REST answers: https://docs.kraken.com/api/docs/rest-api. Errors come with status 200. */
import { z } from 'zod';
import { DECIMAL_TEXT } from './exact.ts';

const Decimal = z.string().regex(new RegExp(`^${DECIMAL_TEXT}$`));
const PositiveDecimal = Decimal.refine((text) => Number(text) > 0, 'expected more than 0');
/** Up to the year 9999. */
const Seconds = z.number().min(1).max(253_402_300_799);

/** Envelope of every answer. `error` holds texts such as `EAPI:Rate limit exceeded`; then there may be no result. */
export const RestEnvelope = z.looseObject({ error: z.array(z.string()), result: z.unknown().optional() });

/** Rows of the one pair that was asked for, under Kraken's own name of it (`XXBTZUSD`), and `last`. */
export const PairResult = z
  .record(z.string(), z.unknown())
  .refine((result) => 'last' in result && Object.keys(result).length === 2, 'expected one pair and last');

/** `[price, size, time s, b or s (the taker's), m or l, miscellaneous, trade id]`, oldest first. */
const TradeRowWire = z
  .tuple([
    PositiveDecimal,
    PositiveDecimal,
    Seconds,
    z.enum(['b', 's']),
    z.string(),
    z.string(),
    z.int().nonnegative(),
  ])
  .rest(z.unknown());
export const TradeRows = z.array(TradeRowWire);
export type TradeRowWire = z.output<typeof TradeRowWire>;
/** Of the newest trade of the page, where the next begins. Unit: ns since the epoch. */
export const TradesLast = z.string().regex(/^\d{1,19}$/);

/** `[open time s, open, high, low, close, vwap, volume, trades]`, oldest first; the newest is not closed. */
const OhlcRow = z
  .tuple([
    Seconds.int(),
    PositiveDecimal,
    PositiveDecimal,
    PositiveDecimal,
    PositiveDecimal,
    Decimal,
    Decimal,
    z.int().nonnegative(),
  ])
  .rest(z.unknown());
export const OhlcRows = z.array(OhlcRow);
export type OhlcRow = z.output<typeof OhlcRow>;
/** Open time of the newest closed bar. Unit: s. */
export const OhlcLast = Seconds.int();

/** By Kraken's own name of the pair. Those without `wsname` (dark pools) are not in the public feed. */
export const AssetPairs = z.record(
  z.string(),
  z.looseObject({
    wsname: z
      .string()
      .regex(/^[^/]+\/[^/]+$/)
      .optional(),
    pair_decimals: z.int().nonnegative().max(18),
    lot_decimals: z.int().nonnegative().max(18),
    tick_size: PositiveDecimal.optional(),
    status: z.string().optional(),
  }),
);
export type AssetPair = z.output<typeof AssetPairs>[string];

/** Coins without worth have volumes beyond 10^15. */
const Large = z.string().regex(/^\d{1,30}(?:\.\d{1,18})?$/);
/** By the names of AssetPairs: volume and its mean price, each today and over 24 h. */
export const Tickers = z.record(
  z.string(),
  z.looseObject({ v: z.tuple([Large, Large]), p: z.tuple([Large, Large]) }),
);
