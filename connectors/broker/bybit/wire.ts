/** Bybit v5's private answers as they come over the wire. Numbers are decimal strings, '' where there is none. */
import { z } from 'zod';

const number = (text: string) => Number(text);
/** Now and then with an exponent: `0E-8`. */
const Decimal = z
  .string()
  .regex(/^-?\d{1,20}(?:\.\d{1,40})?(?:E[+-]?\d{1,3})?$/i)
  .transform(number)
  .pipe(z.number());
const Positive = Decimal.pipe(z.number().positive());
/** '' is nothing. */
const Amount = z.union([z.literal('').transform(() => 0), Decimal]);
const Whole = z
  .string()
  .regex(/^\d{1,15}$/)
  .transform(number);
const Side = z.enum(['Buy', 'Sell']);

const paged = <T extends z.ZodType>(row: T) =>
  z.looseObject({ list: z.array(row), nextPageCursor: z.string().optional() });

export const ServerTime = z.looseObject({ timeNano: z.string().regex(/^\d{16,22}$/) });

export const InstrumentPage = paged(
  z.looseObject({
    symbol: z.string(),
    priceFilter: z.looseObject({ tickSize: Positive }),
    lotSizeFilter: z.looseObject({
      qtyStep: Positive,
      minOrderQty: Positive,
      minNotionalValue: Decimal.optional(),
    }),
  }),
);

export const OrderPage = paged(
  z.looseObject({
    orderLinkId: z.string(),
    symbol: z.string(),
    side: Side,
    orderStatus: z.string(),
    qty: Decimal,
    cumExecQty: Amount,
    reduceOnly: z.boolean(),
    stopOrderType: z.string(),
    rejectReason: z.string(),
    cancelType: z.string().optional(),
  }),
);
export type OrderRow = z.output<typeof OrderPage>['list'][number];

/** One-way positions have index 0; one of size 0 has no side. */
export const PositionPage = paged(
  z.looseObject({
    positionIdx: z.int(),
    symbol: z.string(),
    side: z.union([Side, z.literal(''), z.literal('None')]),
    size: Amount,
    avgPrice: Amount,
  }),
);

/** `closedSize`: by how much a position became smaller. Of a funding, `side` is the position's and `execFee` is what was paid. */
export const ExecutionPage = paged(
  z.looseObject({
    execId: z.string().min(1),
    symbol: z.string(),
    orderLinkId: z.string(),
    side: Side,
    execType: z.string(),
    createType: z.string().optional(),
    stopOrderType: z.string(),
    execPrice: Decimal,
    execQty: Decimal,
    execFee: Amount,
    closedSize: Amount,
    isMaker: z.boolean(),
    execTime: Whole,
  }),
);
export type ExecutionRow = z.output<typeof ExecutionPage>['list'][number];

/** `readOnly`: 0 or 1. `ips`: `*` for all. `expiredAt`: '' for never. */
export const KeyInfo = z.looseObject({
  readOnly: z.int(),
  permissions: z.record(z.string(), z.array(z.string())),
  ips: z.array(z.string()).optional(),
  expiredAt: z.string().optional(),
});
