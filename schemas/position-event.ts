/** What the trade desk decided or did, with its reason. */
import { z } from 'zod';
import { EventTime, NonNegative, Pair, PositionSide, Price } from './primitives.ts';

export const POSITION_EVENT_KINDS = ['DECISION', 'ENTRY', 'EXIT'] as const;
export const REFUSALS = [
  'FEED_INCOMPLETE',
  'FEED_STALE',
  'PRICE_DIVERGED',
  'EXPIRED',
  'HALTED',
  'PAUSED',
  'BLACKOUT',
  'MACRO_BIAS',
  'SWING_OPEN',
  'PAIR_OPEN',
  'COOLDOWN',
  'MAX_CONCURRENT',
  'DAILY_CAP',
  'CORRELATED',
  'EXPOSURE',
  'FUNDING_WINDOW',
  'LIQUIDITY',
] as const;
export const EXITS = ['TP', 'SL', 'TIMEOUT', 'LIQUIDATED', 'CANCELLED'] as const;

export const PositionEvent = z.object({
  id: z.string().describe('signal id, book where it is of one, then kind.'),
  kind: z.enum(POSITION_EVENT_KINDS).describe('Whether it was decided, entered or left.'),
  signalId: z.string().describe('The signal this is about.'),
  pair: Pair,
  side: PositionSide,
  ts: EventTime.describe('When it happened.'),
  price: Price.nullable().describe('Fill price. Unit: quote per base. Null where nothing was filled.'),
  size: NonNegative.nullable().describe('Unit: base. Null where nothing was filled.'),
  refusal: z.enum(REFUSALS).nullable().describe('Reason code of a refusal.'),
  exit: z.enum(EXITS).nullable().describe('How the position ended.'),
  fees: z.number().nullable().describe('Paid; negative where the exchange paid. Unit: quote.'),
  funding: z.number().nullable().describe('Paid (−) or received (+). Unit: quote. Null where unknown.'),
  pnl: z.number().nullable().describe('Net of fees and known funding. Unit: quote.'),
  reason: z.string().describe('One sentence with the numbers.'),
  book: z
    .string()
    .min(1)
    .optional()
    .describe('Name of the book (variant of the desk) it happened in; the end of a SWING is of none.'),
  leverage: z.number().positive().nullable().optional().describe('Leverage of the position. Unit: ×.'),
  tp: Price.nullable().optional().describe('Take profit of the position. Unit: quote per base.'),
  sl: Price.nullable().optional().describe('Stop loss of the position. Unit: quote per base.'),
  halved: z.boolean().nullable().optional().describe('Entered at half size. Null on a refusal.'),
  liquidity: z
    .enum(['MAKER', 'TAKER'])
    .nullable()
    .optional()
    .describe('How it was filled. Null where nothing was.'),
  slippage: z
    .number()
    .nullable()
    .optional()
    .describe(
      'How much worse than the price it was meant for: mid at an entry or timeout, SL at a stop. Unit: share of price. Null where nothing was filled.',
    ),
  fundingKnown: z
    .boolean()
    .nullable()
    .optional()
    .describe('False where a funding fell due whose rate was not recorded. Null before the exit.'),
  equity: z.number().nullable().optional().describe('Equity of the book after it. Unit: quote.'),
  numbers: z
    .record(z.string(), z.number().nullable())
    .optional()
    .describe('The numbers it was decided on, by name; null where one was not known.'),
  params_hash: z.string().optional().describe('SHA-256 of the desk’s parameters, first 16 hex digits.'),
});
export type PositionEvent = z.output<typeof PositionEvent>;

/** Where it ended: its fill, or of a SWING, for which nothing is bought, the price it was judged by. Unit: quote per base. */
export function endPrice({ price, numbers }: PositionEvent): number | null {
  return price ?? numbers?.price ?? null;
}
