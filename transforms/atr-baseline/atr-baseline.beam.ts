/** Usual volatility in the graph: ATR of each 15m slot → mean of each whole day → baseline for the slots of the next. */
import '../sdk.beam.ts';
import type { PCollection } from 'apache-beam/pvalue';
import { type PTransform, withName } from 'apache-beam/transforms/transform';
import { DAY_MS } from '../../schemas/primitives.ts';
import { told } from '../as-of.ts';
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
import type { Windows } from '../windows.ts';
import {
  type AtrBaseline,
  type AtrDay,
  type AtrObservation,
  atrBaselinesOf,
  atrDayOf,
} from './atr-baseline.ts';

export function* averageDay(group: Group<AtrObservation>, context: PaneContext): Iterable<Keyed<AtrDay>> {
  const end = windowEnd(context);
  const day = (slots: Iterable<AtrObservation>) => atrDayOf(slots, end - DAY_MS);
  for (const value of versionsOf(group, context, day)) yield { key: group.key, ts: end - 1, value };
}

export function* averageDays(group: Group<AtrDay>, context: PaneContext): Iterable<Keyed<AtrBaseline>> {
  const baselines = (days: Iterable<AtrDay>) => ({ of: atrBaselinesOf(days, windowEnd(context)) });
  for (const { of, knownFrom } of versionsOf(group, context, baselines)) {
    for (const baseline of of) {
      yield { key: group.key, ts: baseline.asOf - 1, value: told(baseline, knownFrom) };
    }
  }
}

/** ATR per 15m slot → what it is compared with, per slot of the following days. */
export function readAtrBaseline(
  windows: Windows,
): PTransform<PCollection<Keyed<AtrObservation>>, PCollection<Keyed<AtrBaseline>>> {
  return withName('ReadAtrBaseline', (observations: PCollection<Keyed<AtrObservation>>) =>
    observations
      .apply(groupInto<AtrObservation>('GroupIntoDay', windows.day))
      .apply(step('AverageDay', averageDay, withPane({})))
      .apply(groupInto<AtrDay>('GroupIntoDays', windows.atrBaseline))
      .apply(step('AverageDays', averageDays, withPane({}))),
  );
}

register('transforms/atr-baseline/atr-baseline', { averageDay, averageDays });
