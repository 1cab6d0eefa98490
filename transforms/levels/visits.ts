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
  /** Role now; of a broken price the one it will have once respected. */
  readonly role: LevelRole;
  /** False from a break until the price is respected from the other side. */
  readonly standing: boolean;
  /** True once the price was broken and then respected from the other side. */
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

/** A price and its tolerances. Unit: quote per base. */
interface Line {
  readonly price: number;
  readonly reach: number;
  readonly slack: number;
}

/** Where the price stands after a bar. `behind`: broken, and not known to be on the side to be respected from. */
type Standing = Pick<Visits, 'role' | 'standing' | 'flipped'> & {
  readonly stay: 'away' | 'visiting' | 'behind';
};

/** Follows a candidate from its birth over bars with trades, oldest first. The rules are told in levels.ts. */
export function followVisits(bars: readonly Candle[], candidate: Candidate, rules: VisitRules): Visits {
  const { birth, price } = candidate;
  const line = { price, reach: price * rules.touchTolerance, slack: price * rules.wickTolerance };
  let now: Standing = { role: candidate.role, standing: true, flipped: false, stay: 'away' };
  let touches = 0;
  let recentTouches = 0;
  let isRecent = false;
  let lastTouch = 0;
  let volume = 0;
  for (let i = birth; i < bars.length; i++) {
    const bar = bars[i]!;
    const before = now.stay;
    now = afterBar(now, bar, line);
    if (now.stay !== 'visiting') continue;
    if (before !== 'visiting') {
      touches++;
      isRecent = false;
    }
    if (!isRecent && bar.openTime >= rules.recentFrom) {
      isRecent = true;
      recentTouches++;
    }
    lastTouch = bar.openTime;
    volume += bar.volume;
  }
  const { role, standing, flipped } = now;
  const firstTouch = bars[birth]!.openTime;
  return { role, standing, flipped, touches, recentTouches, firstTouch, lastTouch, volume };
}

function afterBar(now: Standing, bar: Candle, line: Line): Standing {
  if (passes(bar, now.role, line)) {
    const role = now.standing ? otherRole(now.role) : now.role;
    return { ...now, role, standing: false, stay: hasLeft(bar, role, line) ? 'away' : 'behind' };
  }
  if (now.stay === 'behind' && !hasLeft(bar, now.role, line)) return now;
  if (!touches(bar, now.role, line)) return { ...now, stay: 'away' };
  return { ...now, standing: true, flipped: now.flipped || !now.standing, stay: 'visiting' };
}

/** The close lies beyond the level by more than the slack. */
function passes(bar: Candle, role: LevelRole, { price, slack }: Line): boolean {
  return role === 'RESISTANCE' ? above(bar.close - price, slack) : above(price - bar.close, slack);
}

/** High (resistance) or low (support) lies in the band, on either side of the level. */
function touches(bar: Candle, role: LevelRole, { price, reach }: Line): boolean {
  return atMost(Math.abs((role === 'RESISTANCE' ? bar.high : bar.low) - price), reach);
}

/** The whole bar lies on the side from which the level is defended, beyond the band. */
function hasLeft(bar: Candle, role: LevelRole, { price, reach }: Line): boolean {
  return role === 'RESISTANCE' ? above(price - bar.high, reach) : above(bar.low - price, reach);
}

function otherRole(role: LevelRole): LevelRole {
  return role === 'RESISTANCE' ? 'SUPPORT' : 'RESISTANCE';
}
