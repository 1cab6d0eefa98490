/** Kraken v2 public frames as they come over the wire: https://docs.kraken.com/api/docs/websocket-v2. */
import { z } from 'zod';
import { DECIMAL_TEXT } from './exact.ts';

const Name = z.string().min(1).max(64);
const Decimal = z.string().regex(new RegExp(`^${DECIMAL_TEXT}$`));
const PositiveDecimal = Decimal.refine((text) => Number(text) > 0, 'expected more than 0');
/** What a trade batch can hold: see schemas/trade-batch/scale.ts. */
const Positive = z.number().min(1e-12).max(1e15);
const Count = z.int().nonnegative();
/** RFC 3339 in UTC, down to the nanosecond; what is below the millisecond is cut off. */
const Instant = z
  .string()
  .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/)
  .transform((text) => Date.parse(text))
  .pipe(z.int().nonnegative());
const Type = z.enum(['snapshot', 'update']);

/** One fill. `side` is the taker's; `trade_id` counts up by one for each pair. A snapshot holds pairs side by side. */
export const TradeFrame = z.looseObject({
  channel: z.literal('trade'),
  type: Type,
  data: z.array(
    z.looseObject({
      symbol: Name,
      side: z.enum(['buy', 'sell']),
      price: Positive,
      qty: Positive,
      trade_id: Count,
      timestamp: Instant,
    }),
  ),
});
export type TradeItem = z.output<typeof TradeFrame>['data'][number];

const BookLevel = z.looseObject({ price: PositiveDecimal, qty: Decimal });

/** Read with parseExact. `checksum` is of the book after the update. */
export const BookFrame = z.looseObject({
  channel: z.literal('book'),
  type: Type,
  data: z.array(
    z.looseObject({
      symbol: Name,
      bids: z.array(BookLevel),
      asks: z.array(BookLevel),
      checksum: Count.max(0xffffffff),
      timestamp: Instant,
    }),
  ),
});

/** `volume` is in base. Minutes without a trade are absent. */
export const OhlcFrame = z.looseObject({
  channel: z.literal('ohlc'),
  type: Type,
  timestamp: Instant,
  data: z.array(
    z.looseObject({
      symbol: Name,
      open: Positive,
      high: Positive,
      low: Positive,
      close: Positive,
      volume: z.number().nonnegative().max(1e15),
      trades: Count,
      interval_begin: Instant,
      interval: Count,
    }),
  ),
});

/** Comes first on each connection, and whenever trading stops or begins. */
export const StatusFrame = z.looseObject({
  channel: z.literal('status'),
  data: z.array(z.looseObject({ system: Name })).min(1),
});

/** Answer to a request: one for each symbol of a subscription. A refusal may name its symbol, and not its channel. */
export const AnswerFrame = z.looseObject({
  method: z.string().max(64).optional(),
  req_id: z.int().optional(),
  success: z.boolean().optional(),
  error: z.string().optional(),
  symbol: Name.optional(),
  result: z.looseObject({ channel: z.string().optional(), symbol: Name.optional() }).optional(),
});
