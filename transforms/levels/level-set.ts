/** Levels, trend lines and usual volatility of one instrument at one 15m close become one LevelSet. */
import { CONFLUENCES, type Level, type LevelSet, type TrendLine } from '../../schemas/level-set.ts';
import { pairOf } from '../../schemas/primitives.ts';
import type { Told } from '../as-of.ts';
import type { AtrBaseline } from '../atr-baseline/atr-baseline.ts';
import { below } from '../thresholds/thresholds.ts';
import { lineAt, type TrendSet } from '../trend/trend.ts';
import { isWithin } from './confluence.ts';
import type { LevelParams, LevelsAtClose } from './levels.ts';
import { strengthWith } from './strength.ts';

/** What is learned of one 15m close; any number of revisions of each kind, in any order, make a LevelSet. */
export type LevelPart = (LevelsAtClose | TrendSet | AtrBaseline) & Told;

/**
 * Takes the highest revision of each kind. A level near a trend line gains TREND_LINE, then levels merge.
 * Null where no levels were read: a trend alone is no set. All parts must be of the same close.
 */
export function levelSetOf(parts: Iterable<LevelPart>, params: LevelParams): LevelSet | null {
  const { levels, trend, atrBaseline } = newestOfEach(parts);
  if (levels === undefined) return null;
  const { venue, symbol, asOf } = levels;
  const pair = pairOf(symbol);
  const revision = levels.revision + (trend?.revision ?? 0) + (atrBaseline?.revision ?? 0);
  const lines = [trend?.trendlineHigh ?? null, trend?.trendlineLow ?? null];
  return {
    id: `${pair}:${asOf}:${revision}`,
    venue,
    symbol,
    pair,
    asOf,
    levels: mergeLevels(
      levels.levels.map((level) => withTrendLine(level, lines, asOf, params.touchTolerance)),
      params.mergeDistance,
    ),
    trendlineHigh: trend?.trendlineHigh ?? null,
    trendlineLow: trend?.trendlineLow ?? null,
    trend: trend?.trend ?? 'RANGING',
    pointOfControl: levels.pointOfControl,
    atr: levels.atr,
    atrBaseline: atrBaseline?.atr ?? null,
    candles: levels.candles,
    complete: levels.complete,
    revision,
  };
}

interface Newest {
  levels?: LevelsAtClose;
  trend?: TrendSet;
  atrBaseline?: AtrBaseline;
}

function newestOfEach(parts: Iterable<LevelPart>): Newest {
  const newest: Newest = {};
  for (const part of parts) {
    const known = newest[part.kind];
    if (known === undefined || part.revision > known.revision) Object.assign(newest, { [part.kind]: part });
  }
  return newest;
}

function withTrendLine(
  level: Level,
  lines: readonly (TrendLine | null)[],
  asOf: number,
  tolerance: number,
): Level {
  const meets = lines.some((line) => line !== null && isWithin(lineAt(line, asOf), level.price, tolerance));
  if (!meets) return level;
  const found = [...level.confluence, 'TREND_LINE'];
  const confluence = CONFLUENCES.filter((kind) => found.includes(kind));
  return { ...level, strength: strengthWith(level.strength, 1), confluence };
}

/**
 * Strongest first, then by price. From the strongest on, each level takes in those nearer than `distance` (share of
 * its price): it keeps its own price and visits, they are gone. One that is near only to a level that is gone stays.
 */
export function mergeLevels(levels: readonly Level[], distance: number): Level[] {
  const kept: Level[] = [];
  for (const level of levels.toSorted(byStrength)) {
    if (!kept.some((stronger) => isNearer(level.price, stronger.price, distance))) kept.push(level);
  }
  return kept;
}

function isNearer(price: number, stronger: number, distance: number): boolean {
  return below(Math.abs(price - stronger), distance * stronger);
}

function byStrength(a: Level, b: Level): number {
  return (
    b.strength - a.strength ||
    a.price - b.price ||
    a.firstTouch - b.firstTouch ||
    (a.role < b.role ? -1 : Number(a.role > b.role))
  );
}
