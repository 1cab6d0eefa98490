/** Graph steps: closed minutes to the windows that look back over them, their features, and the join of all that is known. */
import '../sdk.beam.ts';
import { P, type PCollection } from 'apache-beam/pvalue';
import { type PTransform, withName } from 'apache-beam/transforms/transform';
import type { FeatureRow } from '../../schemas/feature-row.ts';
import type { LevelSet } from '../../schemas/level-set.ts';
import type { SignalParams } from '../../schemas/params.ts';
import {
  type Group,
  groupInto,
  isOnTime,
  type Keyed,
  type PaneContext,
  register,
  step,
  versionsOf,
  windowEnd,
  withPane,
} from '../beam.ts';
import { type LeadConfig, leadMinutes } from '../lead-venue.beam.ts';
import type { ClosedMinute } from '../market-data.ts';
import { bytesOf } from '../shipped-bytes.ts';
import type { Windows } from '../windows.ts';
import { barFeatures } from './features.ts';
import { joinFacts, type MinuteFact } from './join.ts';
import { closesAfterRun, copiesOfMinute, type LookBack, RUN, runOf, unpackBars } from './look-back.ts';
import type { Bar } from './newest-minutes.ts';

export interface FeaturesConfig {
  readonly params: SignalParams;
}

/** What is known of one pair and minute, and whether someone may still act on it. */
export interface DecidedMinute {
  readonly row: FeatureRow;
  readonly levels: LevelSet | null;
  /** True of what was known at the minute's close, in the first on-time firing alone. */
  readonly onTime: boolean;
}

/** A minute, for the windows that look back at it until its run has closed. */
function* copyMinute({ key, value: minute }: Keyed<ClosedMinute>): Iterable<Keyed<LookBack>> {
  for (const { closes, value } of copiesOfMinute(minute)) {
    for (const close of closes) yield { key, ts: close - 1, value };
  }
}

/** Group of one instrument (venue:symbol) in the window of a run → its bars, for the windows after it. */
function* copyRun(group: Group<ClosedMinute>, context: PaneContext): Iterable<Keyed<LookBack>> {
  const end = windowEnd(context);
  const closes = closesAfterRun(end);
  for (const value of versionsOf(group, context, (minutes) => runOf(minutes, end))) {
    for (const close of closes) yield { key: group.key, ts: close - 1, value };
  }
}

/** Group of one instrument in a 1m window, with all it looks back at → the minute's features, keyed by pair. */
export function* computeFeatures(
  group: Group<LookBack>,
  config: FeaturesConfig & PaneContext,
): Iterable<Keyed<MinuteFact>> {
  const end = windowEnd(config);
  const fact = (known: Iterable<LookBack>) => {
    const { minutes, bars } = unpacked(known);
    const features = barFeatures(minutes, bars, end, config.params);
    return features && { kind: 'features' as const, features };
  };
  for (const value of versionsOf(group, config, fact)) {
    yield { key: value.features.pair, ts: end - 1, value };
  }
}

function unpacked(known: Iterable<LookBack>): { minutes: ClosedMinute[]; bars: Bar[] } {
  const minutes: ClosedMinute[] = [];
  const bars: Bar[] = [];
  for (const fact of known) {
    if (fact.kind === 'minute') minutes.push(fact.minute);
    else unpackBars(bytesOf(fact.payload), bars);
  }
  return { minutes, bars };
}

/** Group of one pair in a 1m window → its feature row. */
export function* joinMinute(group: Group<MinuteFact>, config: PaneContext): Iterable<DecidedMinute> {
  for (const { row, levels, knownFrom } of versionsOf(group, config, joinFacts)) {
    yield { row, levels, onTime: isOnTime(config) && knownFrom === undefined };
  }
}

/** Closed minutes of all venues → features of the lead venue's, keyed by pair. */
export function readFeatures(
  windows: Windows,
  { leadVenue, params }: LeadConfig & FeaturesConfig,
): PTransform<PCollection<Keyed<ClosedMinute>>, PCollection<Keyed<MinuteFact>>> {
  return withName('ReadFeatures', (minutes: PCollection<Keyed<ClosedMinute>>) => {
    const lead = minutes.apply(step('TakeLead', leadMinutes, { leadVenue }));
    const alone = lead.apply(step('CopyMinute', copyMinute));
    const runs = lead
      .apply(groupInto<ClosedMinute>('GroupIntoRun', windows.bar(RUN)))
      .apply(step('CopyRun', copyRun, withPane({})));
    return P([alone, runs])
      .apply(groupInto<LookBack>('GroupIntoFeatures', windows.bar('1m')))
      .apply(step('ComputeFeatures', computeFeatures, withPane({ params })));
  });
}

register('transforms/features/features', { copyMinute, copyRun, computeFeatures, joinMinute });
