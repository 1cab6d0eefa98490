/** Levels in the graph: 15m and 1h candles in, one LevelSet per instrument and 15m close out, and its copies for the minutes it holds for. */
import '../sdk.beam.ts';
import { P, type PCollection } from 'apache-beam/pvalue';
import { type PTransform, withName } from 'apache-beam/transforms/transform';
import type { Candle } from '../../schemas/candle.ts';
import type { LevelSet } from '../../schemas/level-set.ts';
import type { SignalParams } from '../../schemas/params.ts';
import { MINUTE_MS } from '../../schemas/primitives.ts';
import { type Told, told, untold } from '../as-of.ts';
import { readAtrBaseline } from '../atr-baseline/atr-baseline.beam.ts';
import type { AtrObservation } from '../atr-baseline/atr-baseline.ts';
import {
  type Group,
  groupInto,
  type Keyed,
  type PaneContext,
  register,
  step,
  versionsOf,
  windowEnd,
  withPane,
} from '../beam.ts';
import { keyCandle } from '../keyed-candle.beam.ts';
import { readTrend } from '../trend/trend.beam.ts';
import type { Windows } from '../windows.ts';
import { type LevelPart, levelSetOf } from './level-set.ts';
import { atrAt, type LevelParams, type LevelsAtClose, levelsAt } from './levels.ts';

const MINUTES_PER_SLOT = 15;

/** Closes up to `sinceMs` (ms since the epoch) concern no bar that is still to come; their levels are not computed. */
export interface LevelsConfig extends LevelParams {
  readonly sinceMs: number;
}

export function* computeLevels(
  group: Group<Candle & Told>,
  config: LevelsConfig & PaneContext,
): Iterable<Keyed<LevelsAtClose>> {
  if (windowEnd(config) <= config.sinceMs) return;
  const levels = (candles: Iterable<Candle>) => levelsAt(candles, windowEnd(config), config);
  for (const value of versionsOf(group, config, levels)) {
    yield { key: group.key, ts: value.asOf - 1, value };
  }
}

/** At every close, since what is usual is told by weeks. */
export function* observeAtr(
  group: Group<Candle & Told>,
  context: PaneContext,
): Iterable<Keyed<AtrObservation>> {
  const asOf = windowEnd(context);
  const observe = (candles: Iterable<Candle>) => atrAt(candles, asOf);
  for (const value of versionsOf(group, context, observe)) yield { key: group.key, ts: asOf - 1, value };
}

export function* joinLevels(
  group: Group<LevelPart>,
  config: LevelParams & PaneContext,
): Iterable<LevelSet & Told> {
  yield* versionsOf(group, config, (parts) => levelSetOf(parts, config));
}

/** Candles of one venue, every revision of them. */
export interface CandlesForLevels {
  readonly m15: PCollection<Candle>;
  readonly h1: PCollection<Candle>;
}

/** Candles → level sets. Use: `P({ m15, h1 }).apply(marketLevels(windows, params, sinceMs))`; sets as of `sinceMs` or before are left out. */
export function marketLevels(
  windows: Windows,
  params: Pick<SignalParams, 'levels' | 'trend'>,
  sinceMs: number,
): PTransform<{ m15: PCollection<Candle>; h1: PCollection<Candle> }, PCollection<LevelSet>> {
  return withName('ReadLevels', ({ m15, h1 }: CandlesForLevels) => {
    const closes: PCollection<Group<Candle>> = m15
      .apply(step('KeyCandles', keyCandle))
      .apply(groupInto<Candle>('GroupIntoLevels', windows.levels));
    const levels = closes.apply(
      step('ComputeLevels', computeLevels, withPane({ ...params.levels, sinceMs })),
    );
    const trend = h1.apply(readTrend(windows, params.trend, sinceMs));
    const atrBaseline = closes
      .apply(step('ObserveAtr', observeAtr, withPane({})))
      .apply(readAtrBaseline(windows));
    const parts = [levels, trend, atrBaseline];
    return P(parts as PCollection<Keyed<LevelPart>>[])
      .apply(groupInto<LevelPart>('GroupIntoSlot', windows.bar('15m')))
      .apply(step('JoinLevels', joinLevels, withPane(params.levels)));
  });
}

/** The level set as one 1m bar sees it; `kind` tells it from the bar's other inputs. */
export interface LevelsForMinute extends Told {
  readonly kind: 'levels';
  readonly levels: LevelSet;
}

/** One copy, keyed by pair, for each minute that opens in the 15 after the close: a bar never makes the level it tags. */
export function* levelsForMinutes(set: LevelSet & Told): Iterable<Keyed<LevelsForMinute>> {
  const levels: LevelSet = untold(set);
  const value = told<LevelsForMinute>({ kind: 'levels', levels }, set.knownFrom);
  for (let minute = 1; minute <= MINUTES_PER_SLOT; minute++) {
    yield { key: levels.pair, ts: levels.asOf + minute * MINUTE_MS - 1, value };
  }
}

register('transforms/levels/levels', { computeLevels, observeAtr, joinLevels, levelsForMinutes });
