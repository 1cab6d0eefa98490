/** Trend in the graph: from 1h candles to what each 15m slot of the next hour may know of it. */
import '../sdk.beam.ts';
import type { PCollection } from 'apache-beam/pvalue';
import { type PTransform, withName } from 'apache-beam/transforms/transform';
import type { Candle } from '../../schemas/candle.ts';
import { INTERVAL_MS } from '../../schemas/primitives.ts';
import type { Told } from '../as-of.ts';
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
import type { Windows } from '../windows.ts';
import { type TrendParams, type TrendSet, trendAt } from './trend.ts';

const SLOT_MS = INTERVAL_MS['15m'];
const SLOTS_PER_HOUR = 4;

/** Slots up to `sinceMs` (ms since the epoch) concern no bar that is still to come; their trend is not computed. */
export interface TrendConfig extends TrendParams {
  readonly sinceMs: number;
}

/** One copy for each 15m close at which this is the newest trend: a full hour's close and the three after it. */
export function* computeTrend(
  group: Group<Candle & Told>,
  config: TrendConfig & PaneContext,
): Iterable<Keyed<TrendSet>> {
  if (windowEnd(config) <= config.sinceMs - INTERVAL_MS['1h']) return;
  const trend = (candles: Iterable<Candle>) => trendAt(candles, windowEnd(config), config);
  for (const value of versionsOf(group, config, trend)) yield* copies(group.key, value);
}

function* copies(key: string, trend: TrendSet): Iterable<Keyed<TrendSet>> {
  for (let slot = 0; slot < SLOTS_PER_HOUR; slot++) {
    const asOf = trend.asOf + slot * SLOT_MS;
    yield { key, ts: asOf - 1, value: { ...trend, asOf } };
  }
}

/** 1h candles → trend at each 15m close. */
export function readTrend(
  windows: Windows,
  params: TrendParams,
  sinceMs: number,
): PTransform<PCollection<Candle>, PCollection<Keyed<TrendSet>>> {
  return withName('ReadTrend', (hours: PCollection<Candle>) =>
    hours
      .apply(step('KeyCandles', keyCandle))
      .apply(groupInto('GroupIntoTrend', windows.trend))
      .apply(step('ComputeTrend', computeTrend, withPane({ ...params, sinceMs }))),
  );
}

register('transforms/trend/trend', { computeTrend });
