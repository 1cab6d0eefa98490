/** Trend in the graph: from 1h candles to what each 15m slot of the next hour may know of it. */
import '../sdk.beam.ts';
import type { PCollection } from 'apache-beam/pvalue';
import { type PTransform, withName } from 'apache-beam/transforms/transform';
import type { Candle } from '../../schemas/candle.ts';
import { INTERVAL_MS } from '../../schemas/primitives.ts';
import {
  type Group,
  groupInto,
  type Keyed,
  type PaneContext,
  register,
  windowEnd,
  withPane,
} from '../beam.ts';
import { keyCandle } from '../keyed-candle.beam.ts';
import type { Windows } from '../windows.ts';
import { type TrendParams, type TrendSet, trendAt } from './trend.ts';

const SLOT_MS = INTERVAL_MS['15m'];
const SLOTS_PER_HOUR = 4;

/** One copy for each 15m close at which this is the newest trend: a full hour's close and the three after it. */
export function* computeTrend(
  group: Group<Candle>,
  config: TrendParams & PaneContext,
): Iterable<Keyed<TrendSet>> {
  const trend = trendAt(group.value, windowEnd(config), config);
  if (trend === null) return;
  for (let slot = 0; slot < SLOTS_PER_HOUR; slot++) {
    const asOf = trend.asOf + slot * SLOT_MS;
    yield { key: group.key, ts: asOf - 1, value: { ...trend, asOf } };
  }
}

/** 1h candles → trend at each 15m close. */
export function readTrend(
  windows: Windows,
  params: TrendParams,
): PTransform<PCollection<Candle>, PCollection<Keyed<TrendSet>>> {
  return withName('ReadTrend', (hours: PCollection<Candle>) =>
    hours
      .map(withName('KeyCandles', keyCandle))
      .apply(groupInto('GroupIntoTrend', windows.trend))
      .flatMap(withName('ComputeTrend', computeTrend), withPane(params)),
  );
}

register('transforms/trend/trend', { computeTrend });
