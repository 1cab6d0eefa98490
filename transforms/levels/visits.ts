/** What became of one candidate price: who visited it, whether it broke, which role it has now. */
import type { Candle } from '../../schemas/candle.ts';
import type { LevelRole } from '../../schemas/level-set.ts';
import { above, atMost } from '../thresholds/thresholds.ts';

export interface Candidate {
  /** Index of the pivot's bar. */
  readonly birth: number;
  readonly price: number;
  readonly role: LevelRole;
}

export interface Visits {
  /** Role now; of a broken price the one it would have once respected. */
  readonly role: LevelRole;
  /** False from a break until the price is respected from the other side. */
  readonly standing: boolean;
  /** True once the price has stood in both roles. */
  readonly flipped: boolean;
  readonly touches: number;
  /** Visits whose last bar opened at or after `recentFrom`. */
  readonly recentTouches: number;
  /** Open times of the first and last visiting bar, ms. */
  readonly firstTouch: number;
  readonly lastTouch: number;
  /** Of the visiting bars. Unit: base. */
  readonly volume: number;
}

export interface VisitRules {
  /** Shares of price, as in LevelParams. */
  readonly touchTolerance: number;
  readonly wickTolerance: number;
  /** Start of the recent span, ms. */
  readonly recentFrom: number;
}

/** Follows a candidate from its birth over bars with trades, oldest first. The rules are told in levels.ts. */
export function followVisits(bars: readonly Candle[], candidate: Candidate, rules: VisitRules): Visits {
  const { price } = candidate;
  const reach = price * rules.touchTolerance;
  const slack = price * rules.wickTolerance;
  let role = candidate.role;
  let stoodAs = role;
  let standing = true;
  let flipped = false;
  let stay: 'away' | 'visiting' | 'breaking' = 'away';
  let visits = 0;
  let recentTouches = 0;
  let isRecent = false;
  let lastTouch = 0;
  let volume = 0;
  for (let i = candidate.birth; i < bars.length; i++) {
    const bar = bars[i]!;
    if (passes(bar, role, price, slack)) {
      role = otherRole(role);
      standing = false;
      stay = hasLeft(bar, role, price, reach) ? 'away' : 'breaking';
      continue;
    }
    if (stay === 'breaking' && !hasLeft(bar, role, price, reach)) continue;
    if (!touches(bar, role, price, reach)) {
      stay = 'away';
      continue;
    }
    if (stay === 'away') {
      stay = 'visiting';
      visits++;
      isRecent = false;
      flipped ||= role !== stoodAs;
      stoodAs = role;
      standing = true;
    }
    if (!isRecent && bar.openTime >= rules.recentFrom) {
      isRecent = true;
      recentTouches++;
    }
    lastTouch = bar.openTime;
    volume += bar.volume;
  }
  const firstTouch = bars[candidate.birth]!.openTime;
  return { role, standing, flipped, touches: visits, recentTouches, firstTouch, lastTouch, volume };
}

/** The close lies beyond the level by more than the slack. */
function passes(bar: Candle, role: LevelRole, price: number, slack: number): boolean {
  return role === 'RESISTANCE' ? above(bar.close - price, slack) : above(price - bar.close, slack);
}

/** High (resistance) or low (support) lies in the band, on either side of the level. */
function touches(bar: Candle, role: LevelRole, price: number, reach: number): boolean {
  return atMost(Math.abs((role === 'RESISTANCE' ? bar.high : bar.low) - price), reach);
}

/** The whole bar lies on the side from which the level is defended, beyond the band. */
function hasLeft(bar: Candle, role: LevelRole, price: number, reach: number): boolean {
  return role === 'RESISTANCE' ? above(price - bar.high, reach) : above(bar.low - price, reach);
}

function otherRole(role: LevelRole): LevelRole {
  return role === 'RESISTANCE' ? 'SUPPORT' : 'RESISTANCE';
}
