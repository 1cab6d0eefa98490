/**
 * Support and resistance at one 15m close, read from the 120 candles before it.
 *
 * Bars. Per open time the highest revision in [asOf − 30 h, asOf). Fewer than `minCandles` of them make no level.
 *   A filled bar had no trade: it is passed over by everything but ATR, as if its neighbours were side by side.
 * Candidate. Each pivot high is born as resistance, each pivot low as support, at its price and bar, if `pivotBars`
 *   bars on each side prove it (indicators/pivots.ts); what the window cannot prove yet is no candidate.
 * Break. While resistance: a close above price × (1 + wickTolerance); while support: below price × (1 − wickTolerance).
 * Touch. A bar that does not break and whose high (resistance) or low (support) lies within price × touchTolerance of
 *   the price, on either side; a wick further through it is none. Consecutive touching bars are one visit. The pivot's
 *   own bar is the first; what came before it does not count.
 * Flip. A break takes the level's standing until it is respected from the other side: first a whole bar, maybe the
 *   breaking one, beyond the band on the new side, then a visit in the other role. That visit counts, gives the role and
 *   restores the standing. Visits before it are none. A close back beyond on the original side restores nothing: a whole
 *   bar on the new side must come again.
 * Level. A standing candidate with ≥ `minTouches` visits, at least half of them recent: their last bar opened in the
 *   last `recentHours` before asOf.
 * Strength. See strength.ts. Merging happens when the trend lines are known: level-set.ts.
 */
import type { Candle } from '../../schemas/candle.ts';
import type { CONFLUENCES, Level } from '../../schemas/level-set.ts';
import type { SignalParams } from '../../schemas/params.ts';
import { HOUR_MS, INTERVAL_MS, type Venue } from '../../schemas/primitives.ts';
import type { AtrObservation } from '../atr-baseline/atr-baseline.ts';
import { lastAtr } from '../indicators/atr.ts';
import { pivotHighs, pivotLows } from '../indicators/pivots.ts';
import { latestBars, revisionOf } from '../latest.ts';
import { LOOKBACK } from '../windows.ts';
import { hourlySwings, isRoundNumber, isWithin } from './confluence.ts';
import { strengthOf } from './strength.ts';
import { type Candidate, followVisits } from './visits.ts';
import { pointOfControl } from './volume-profile.ts';

const BAR_MS = INTERVAL_MS['15m'];
const WINDOW_MS = LOOKBACK.levels * BAR_MS;
const ATR_BARS = 14;

export type LevelParams = SignalParams['levels'];

/** Levels of one instrument at one 15m close, before trend lines are joined and near levels merged. */
export interface LevelsAtClose {
  readonly kind: 'levels';
  readonly venue: Venue;
  readonly symbol: string;
  /** Close of the newest candle, ms. */
  readonly asOf: number;
  /** In no particular order. */
  readonly levels: readonly Level[];
  readonly pointOfControl: number | null;
  /** ATR(14) of the window's candles. Unit: quote per base. */
  readonly atr: number | null;
  readonly candles: number;
  readonly complete: boolean;
  readonly revision: number;
}

/** Null where the candle that closes at `asOf` is missing: then nobody watched the market, and nothing is known. */
export function levelsAt(candles: Iterable<Candle>, asOf: number, params: LevelParams): LevelsAtClose | null {
  const bars = latestBars(candles, asOf - WINDOW_MS, asOf);
  const last = bars.at(-1);
  if (last === undefined || last.openTime !== asOf - BAR_MS) return null;
  const traded = bars.filter((bar) => !bar.filled);
  const poc = pointOfControl(traded, params.profileBuckets);
  return {
    kind: 'levels',
    venue: last.venue,
    symbol: last.symbol,
    asOf,
    levels: bars.length < params.minCandles ? [] : findLevels(traded, asOf, params, poc),
    pointOfControl: poc,
    atr: lastAtr(bars, ATR_BARS),
    candles: bars.length,
    complete: bars.every((bar) => bar.complete),
    revision: revisionOf(bars),
  };
}

/** ATR of the window's candles alone, as `levelsAt` tells it; null in warm-up or where the last candle is missing. */
export function atrAt(candles: Iterable<Candle>, asOf: number): AtrObservation | null {
  const bars = latestBars(candles, asOf - WINDOW_MS, asOf);
  if (bars.at(-1)?.openTime !== asOf - BAR_MS) return null;
  const atr = lastAtr(bars, ATR_BARS);
  return atr === null ? null : { asOf, atr, revision: revisionOf(bars) };
}

function findLevels(bars: readonly Candle[], asOf: number, params: LevelParams, poc: number | null): Level[] {
  const total = bars.reduce((sum, bar) => sum + bar.volume, 0);
  const swings = hourlySwings(bars, asOf - WINDOW_MS, asOf, params.pivotBars);
  const { touchTolerance, wickTolerance } = params;
  const rules = { touchTolerance, wickTolerance, recentFrom: asOf - params.recentHours * HOUR_MS };
  const levels: Level[] = [];
  for (const candidate of candidatesOf(bars, params.pivotBars)) {
    const { standing, ...visits } = followVisits(bars, candidate, rules);
    if (!standing || visits.touches < params.minTouches) continue;
    if (2 * visits.recentTouches < visits.touches) continue;
    const confluence = confluenceOf(candidate.price, swings, poc, params.touchTolerance);
    const strength = strengthOf({
      touches: visits.touches / params.minTouches,
      idle: (asOf - BAR_MS - visits.lastTouch) / WINDOW_MS,
      volume: total > 0 ? visits.volume / total : 0,
      confluence: confluence.length,
    });
    levels.push({ price: candidate.price, strength, ...visits, confluence });
  }
  return levels;
}

function candidatesOf(bars: readonly Candle[], k: number): Candidate[] {
  const highs = bars.map((bar) => bar.high);
  const lows = bars.map((bar) => bar.low);
  return [
    ...pivotHighs(highs, k).map((birth) => ({ birth, price: highs[birth]!, role: 'RESISTANCE' as const })),
    ...pivotLows(lows, k).map((birth) => ({ birth, price: lows[birth]!, role: 'SUPPORT' as const })),
  ];
}

function confluenceOf(
  price: number,
  swings: readonly number[],
  poc: number | null,
  tolerance: number,
): (typeof CONFLUENCES)[number][] {
  const found: (typeof CONFLUENCES)[number][] = [];
  if (swings.some((swing) => isWithin(swing, price, tolerance))) found.push('SWING_1H');
  if (poc !== null && isWithin(poc, price, tolerance)) found.push('POINT_OF_CONTROL');
  if (isRoundNumber(price, tolerance)) found.push('ROUND_NUMBER');
  return found;
}
