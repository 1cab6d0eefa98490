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
  id: z.string().describe('signal id, then kind.'),
  kind: z.enum(POSITION_EVENT_KINDS).describe('Whether it was decided, entered or left.'),
  signalId: z.string().describe('The signal this is about.'),
  pair: Pair,
  side: PositionSide,
  ts: EventTime.describe('When it happened.'),
  price: Price.nullable().describe('Fill price. Unit: quote per base. Null on a refusal.'),
  size: NonNegative.nullable().describe('Unit: base. Null on a refusal.'),
  refusal: z.enum(REFUSALS).nullable().describe('Reason code of a refusal.'),
  exit: z.enum(EXITS).nullable().describe('How the position ended.'),
  fees: NonNegative.nullable().describe('Unit: quote.'),
  funding: z.number().nullable().describe('Paid (−) or received (+). Unit: quote. Null where unknown.'),
  pnl: z.number().nullable().describe('Net of fees and known funding. Unit: quote.'),
  reason: z.string().describe('One sentence with the numbers.'),
});
export type PositionEvent = z.output<typeof PositionEvent>;
