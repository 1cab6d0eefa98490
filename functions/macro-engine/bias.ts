/**
 * Bias with hysteresis, from confidence alone. It engages where a side's confidence reaches `engageAt`, stays while it
 * is at least `liftBelow`, and is void `expiresAfterMs` after it last reached `engageAt`. So the bias at a slot follows
 * from the confidences of as many slots as the life lasts: no state is kept, none can be lost or raced for, and a slot
 * that nobody ran, or that ran on less data, leaves no trace.
 */
import type { MacroParams } from '../../schemas/macro-params.ts';
import { MINUTE_MS, type PositionSide } from '../../schemas/primitives.ts';
import type { Confidence } from './confidence.ts';

export const SLOT_MS = 15 * MINUTE_MS;

export interface Bias {
  readonly side: PositionSide;
  /** Void from then on. Unit: ms since the epoch. */
  readonly expiresAt: number;
}

type Params = MacroParams['bias'];
const SIDES = ['LONG', 'SHORT'] as const satisfies readonly PositionSide[];

/** Null while none holds. At most one side can: confidences add up to 100 at most, and `engageAt` is above 50. */
export function biasAt(
  slot: number,
  confidenceAt: (slot: number) => Confidence,
  params: Params,
): Bias | null {
  for (const side of SIDES) {
    const engaged = lastEngaged(side, slot, confidenceAt, params);
    if (engaged !== null) return { side, expiresAt: engaged + params.expiresAfterMs };
  }
  return null;
}

/** The newest slot at which the side reached `engageAt`, if it has held since and its life is not over. */
function lastEngaged(
  side: PositionSide,
  slot: number,
  confidenceAt: (slot: number) => Confidence,
  params: Params,
): number | null {
  for (let at = slot; at > slot - params.expiresAfterMs; at -= SLOT_MS) {
    const points = confidenceAt(at)[side === 'LONG' ? 'long' : 'short'];
    if (points >= params.engageAt) return at;
    if (points < params.liftBelow) return null;
  }
  return null;
}
