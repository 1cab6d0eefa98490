/** Graph steps: features of each closed minute, then the join of all that is known of that minute. */
import type { FeatureRow } from '../../schemas/feature-row.ts';
import type { LevelSet } from '../../schemas/level-set.ts';
import type { SignalParams } from '../../schemas/params.ts';
import { streamKey, type Venue } from '../../schemas/primitives.ts';
import {
  type Group,
  isOnTime,
  type Keyed,
  type PaneContext,
  register,
  versionsOf,
  windowEnd,
} from '../beam.ts';
import type { ClosedMinute } from '../market-data.ts';
import { barFeatures } from './features.ts';
import { joinFacts, type MinuteFact } from './join.ts';

export interface FeaturesConfig {
  /** Only minutes of this venue become features: signals are executed there. */
  readonly leadVenue: Venue;
  readonly params: SignalParams;
}

/** What is known of one pair and minute, and whether someone may still act on it. */
export interface DecidedMinute {
  readonly row: FeatureRow;
  readonly levels: LevelSet | null;
  /** True of what was known at the minute's close, in the first on-time firing alone. */
  readonly onTime: boolean;
}

/** Group of one instrument (venue:symbol) in a features window → its features, keyed by pair. */
export function* computeFeatures(
  group: Group<ClosedMinute>,
  config: FeaturesConfig & PaneContext,
): Iterable<Keyed<MinuteFact>> {
  if (!group.key.startsWith(streamKey(config.leadVenue, ''))) return;
  const end = windowEnd(config);
  const fact = (minutes: Iterable<ClosedMinute>) => {
    const features = barFeatures(minutes, end, config.params);
    return features && { kind: 'features' as const, features };
  };
  for (const value of versionsOf(group, config, fact)) {
    yield { key: value.features.pair, ts: end - 1, value };
  }
}

/** Group of one pair in a 1m window → its feature row. */
export function* joinMinute(group: Group<MinuteFact>, config: PaneContext): Iterable<DecidedMinute> {
  for (const { row, levels, knownFrom } of versionsOf(group, config, joinFacts)) {
    yield { row, levels, onTime: isOnTime(config) && knownFrom === undefined };
  }
}

register('transforms/features/features', { computeFeatures, joinMinute });
