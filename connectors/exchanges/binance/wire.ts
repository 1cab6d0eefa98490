/** Binance USDⓈ-M frames as they come over the wire. Numbers are decimal strings; fields we do not use pass through. */
import { z } from 'zod';
import { MAX_EVENT_TIME } from '../../../schemas/primitives.ts';

const DECIMAL = /^\d{1,15}(?:\.\d{1,18})?$/;
/** Least price or size that is taken: finer ones a batch cannot carry, and no market has. */
const SMALLEST = 1e-12;

export const Decimal = z.string().regex(DECIMAL);
export const PositiveDecimal = Decimal.refine((text) => Number(text) >= SMALLEST, 'expected more than 0');
/** Sums over a day of a coin without worth. */
export const Large = z.string().regex(/^\d{1,30}(?:\.\d{1,18})?$/);
export const Ms = z.int().nonnegative().max(MAX_EVENT_TIME);
export const Count = z.int().nonnegative();
export const Name = z.string().min(1).max(64);

/**
 * Fills of one taker at one price within 100 ms. `a` counts up by one for each symbol; `m`: the buyer was the maker, so
 * the taker sold. Fills of the insurance fund and of deleveraging are in no aggregate trade.
 */
export const AggregateTrade = z.looseObject({
  a: Count,
  p: PositiveDecimal,
  q: PositiveDecimal,
  T: Ms,
  m: z.boolean(),
});
export type AggregateTrade = z.output<typeof AggregateTrade>;
export const TradeData = AggregateTrade.extend({ e: z.literal('aggTrade'), E: Ms, s: Name });

const Level = z.tuple([PositiveDecimal, Decimal]);

/** The best levels, whole. `u`: last update in it; `pu`: that of the frame before. */
export const BookData = z.looseObject({
  e: z.literal('depthUpdate'),
  E: Ms,
  s: Name,
  u: Count,
  pu: Count,
  b: z.array(Level),
  a: z.array(Level),
});

/** `r`: funding, empty where there is none (dated futures); then `T`, the next one, is 0. */
export const MarkPriceData = z.looseObject({
  e: z.literal('markPriceUpdate'),
  E: Ms,
  s: Name,
  p: PositiveDecimal,
  r: z.string().regex(/^(?:-?\d{1,15}(?:\.\d{1,18})?)?$/),
  T: Ms,
});

/** Over 24 h; `c`: last price, `q`: turnover. */
export const MiniTickerData = z.looseObject({
  e: z.literal('24hrMiniTicker'),
  E: Ms,
  s: Name,
  c: PositiveDecimal,
  q: Large,
});

/** `x`: closed. `n` counts fills, which are not the trades of above. */
export const KlineData = z.looseObject({
  e: z.literal('kline'),
  E: Ms,
  s: Name,
  k: z.looseObject({
    t: Ms.multipleOf(60_000),
    i: z.literal('1m'),
    o: PositiveDecimal,
    h: PositiveDecimal,
    l: PositiveDecimal,
    c: PositiveDecimal,
    v: Decimal,
    q: Large,
    x: z.boolean(),
  }),
});

const Id = z.union([z.int(), z.string().max(64), z.null()]);
const Failure = z.looseObject({ code: z.int(), msg: z.string() });
/** Answer to a request, the failure in its own object or beside the id. */
export const AnswerFrame = z.union([
  z.looseObject({ error: Failure, id: Id.optional() }),
  z.looseObject({ ...Failure.shape, error: z.undefined().optional(), id: Id.optional() }),
  z.looseObject({ result: z.unknown(), error: z.undefined().optional(), id: Id }),
]);
