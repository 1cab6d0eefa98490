/** Bybit v5 public frames as they come over the wire. Numbers are decimal strings; fields we do not use pass through. */
import { z } from 'zod';
import { MAX_EVENT_TIME } from '../../../schemas/primitives.ts';

/** A decimal without sign or exponent, e.g. `65114.20`. */
export const DECIMAL = /^\d{1,15}(?:\.\d{1,18})?$/;
/** Least price or size that is taken: finer ones a batch cannot carry, and no market has. */
export const SMALLEST = 1e-12;
/** Largest exchange seq that our own seq (× 1024) still holds exactly. */
export const MAX_EXCHANGE_SEQ = 2 ** 43 - 1;

export const Decimal = z.string().regex(DECIMAL);
export const PositiveDecimal = Decimal.refine((text) => Number(text) >= SMALLEST, 'expected more than 0');
const SIGNED_DECIMAL = /^-?\d{1,15}(?:\.\d{1,18})?$/;
const WHOLE = /^\d{1,15}$/;
const Ms = z.number().int().nonnegative().max(MAX_EVENT_TIME);
const Counter = z.number().int().nonnegative();
export const Name = z.string().min(1).max(64);

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

/** What is read of a ticker; each named alike by us. Spot tickers have the last two only. */
export const TICKER_FIELDS = [
  'fundingRate',
  'nextFundingTime',
  'markPrice',
  'openInterest',
  'turnover24h',
  'lastPrice',
] as const;

/** How each is written, the least it may be and, where a date could not hold it, the most. */
export const TICKER_FORMS: Readonly<
  Record<
    (typeof TICKER_FIELDS)[number],
    { readonly form: RegExp; readonly least: number; readonly most?: number }
  >
> = {
  fundingRate: { form: SIGNED_DECIMAL, least: Number.NEGATIVE_INFINITY },
  nextFundingTime: { form: WHOLE, least: 0, most: MAX_EVENT_TIME },
  markPrice: { form: DECIMAL, least: SMALLEST },
  openInterest: { form: DECIMAL, least: 0 },
  turnover24h: { form: DECIMAL, least: 0 },
  lastPrice: { form: DECIMAL, least: SMALLEST },
};

/** An empty text means that the instrument has no such value (dated futures have no funding). */
function tickerField(name: (typeof TICKER_FIELDS)[number]) {
  const { form, least, most = Number.POSITIVE_INFINITY } = TICKER_FORMS[name];
  const decimal = z
    .string()
    .regex(form)
    .refine((text) => Number(text) >= least && Number(text) <= most, `expected ${least} to ${most}`);
  return z.union([z.literal(''), decimal]).optional();
}

export const TickerFrame = z.looseObject({
  topic: z.string().startsWith('tickers.'),
  type: z.enum(['snapshot', 'delta']),
  ts: Ms,
  data: z.looseObject({
    symbol: Name,
    fundingRate: tickerField('fundingRate'),
    nextFundingTime: tickerField('nextFundingTime'),
    markPrice: tickerField('markPrice'),
    openInterest: tickerField('openInterest'),
    turnover24h: tickerField('turnover24h'),
    lastPrice: tickerField('lastPrice'),
  }),
});

/** Bars of a minute; `end` is its last millisecond, `confirm` true once it will not change any more. */
export const KlineFrame = z.looseObject({
  topic: z.string().startsWith('kline.1.'),
  ts: Ms,
  data: z
    .array(
      z.looseObject({
        start: Ms.multipleOf(60_000),
        interval: z.literal('1'),
        open: PositiveDecimal,
        high: PositiveDecimal,
        low: PositiveDecimal,
        close: PositiveDecimal,
        volume: Decimal,
        turnover: Decimal,
        confirm: z.boolean(),
      }),
    )
    .min(1),
});

/** Answer to a request. Linear pongs carry op `ping` and ret_msg `pong`; other endpoints say op `pong`. */
export const ControlFrame = z.union([
  z.looseObject({
    op: z.string(),
    success: z.boolean().optional(),
    ret_msg: z.string().optional(),
    req_id: z.string().optional(),
  }),
  // What could not be read at all is refused without saying what it was.
  z.looseObject({
    op: z.undefined().optional(),
    success: z.literal(false),
    ret_msg: z.string(),
    req_id: z.string().optional(),
  }),
]);
