/** Bybit v5 public frames as they come over the wire. Numbers are decimal strings; fields we do not use pass through. */
import { z } from 'zod';

/** A decimal without sign or exponent, e.g. `65114.20`. */
export const DECIMAL = /^\d{1,15}(?:\.\d{1,18})?$/;
/** Largest exchange seq that our own seq (× 1024) still holds exactly. */
export const MAX_EXCHANGE_SEQ = 2 ** 43 - 1;

const Decimal = z.string().regex(DECIMAL);
const PositiveDecimal = Decimal.refine((text) => Number(text) > 0, 'expected more than 0');
const SignedDecimal = z.string().regex(/^-?\d{1,15}(?:\.\d{1,18})?$/);
/** Last instant a Date can hold. */
const Ms = z.number().int().nonnegative().max(8.64e15);
const Counter = z.number().int().nonnegative();
const Name = z.string().min(1).max(64);

/** One fill: several with one `seq` are one taker order that swept levels. `S` is the taker's side. */
export const TradeItem = z.looseObject({
  T: Ms,
  s: Name,
  S: z.enum(['Buy', 'Sell']),
  v: PositiveDecimal,
  p: PositiveDecimal,
  i: z.string().min(1).max(128),
  seq: Counter.max(MAX_EXCHANGE_SEQ),
});

export const TradeFrame = z.looseObject({
  topic: z.string().startsWith('publicTrade.'),
  ts: Ms,
  data: z.array(TradeItem).min(1),
});

const BookLevel = z.tuple([PositiveDecimal, Decimal]);

/** `u` counts updates of the book without a hole; a snapshot (also one in mid-stream) starts anew. */
export const BookFrame = z.looseObject({
  topic: z.string().startsWith('orderbook.'),
  type: z.enum(['snapshot', 'delta']),
  ts: Ms,
  data: z.looseObject({
    s: Name,
    b: z.array(BookLevel),
    a: z.array(BookLevel),
    u: Counter,
    seq: Counter,
  }),
});

/** An empty text means that the instrument has no such value (dated futures have no funding). */
const orEmpty = <T extends z.ZodType>(schema: T) => z.union([z.literal(''), schema]).optional();

export const TickerFrame = z.looseObject({
  topic: z.string().startsWith('tickers.'),
  type: z.enum(['snapshot', 'delta']),
  ts: Ms,
  data: z.looseObject({
    symbol: Name,
    fundingRate: orEmpty(SignedDecimal),
    nextFundingTime: orEmpty(z.string().regex(/^\d{1,15}$/)),
    markPrice: orEmpty(PositiveDecimal),
    openInterest: orEmpty(Decimal),
  }),
});

/** Answer to a request. Linear pongs carry op `ping` and ret_msg `pong`; other endpoints say op `pong`. */
export const ControlFrame = z.looseObject({
  op: z.string(),
  success: z.boolean().optional(),
  ret_msg: z.string().optional(),
  req_id: z.string().optional(),
});

/** Envelope of every REST answer. */
export const RestEnvelope = z.looseObject({
  retCode: z.number().int(),
  retMsg: z.string(),
  result: z.unknown(),
});

/** `[open time ms, open, high, low, close, volume, turnover]`, newest first; the newest may be unclosed. */
export const KlineResult = z.looseObject({
  category: z.string(),
  symbol: Name,
  list: z.array(
    z.tuple([
      z.string().regex(/^\d{1,15}$/),
      PositiveDecimal,
      PositiveDecimal,
      PositiveDecimal,
      PositiveDecimal,
      Decimal,
      Decimal,
    ]),
  ),
});
