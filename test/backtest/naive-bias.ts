/** The bias rules as their words have them: from confidences alone, slot after slot. */
import type { MacroBias } from '../../schemas/macro.ts';

interface Held {
  readonly side: 'LONG' | 'SHORT';
  readonly since: number;
}

export interface NaiveBias {
  readonly bias: 'LONG' | 'SHORT' | null;
  readonly expiresAt: number;
}

/** What ended a bias, counted. */
export interface Ends {
  lifted: number;
  expired: number;
}

/** Engages at 80, lifts below 70, is void so long after its side last had 80. @param slots Of one pair, in a row. */
export function naiveBiases(
  slots: readonly Pick<MacroBias, 'timestamp' | 'confidence'>[],
  lifeMs: number,
  ends: Ends,
): NaiveBias[] {
  let held: Held | null = null;
  const told: NaiveBias[] = [];
  for (const { timestamp, confidence } of slots) {
    const pointsOf = (side: 'LONG' | 'SHORT') => (side === 'LONG' ? confidence.long : confidence.short);
    if (held !== null && pointsOf(held.side) < 70) {
      held = null;
      ends.lifted++;
    } else if (held !== null && timestamp - held.since >= lifeMs && pointsOf(held.side) < 80) {
      held = null;
      ends.expired++;
    }
    for (const side of ['LONG', 'SHORT'] as const)
      if (pointsOf(side) >= 80) held = { side, since: timestamp };
    told.push({ bias: held?.side ?? null, expiresAt: (held?.since ?? timestamp) + lifeMs });
  }
  return told;
}
