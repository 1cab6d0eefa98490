/** Graph steps: how far the venues of a pair are apart in each minute, and the check of that against what is usual. */
import '../sdk.beam.ts';
import type { PCollection } from 'apache-beam/pvalue';
import { type PTransform, withName } from 'apache-beam/transforms/transform';
import type { SignalParams } from '../../schemas/params.ts';
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
import type { MinuteFact } from '../features/join.ts';
import { keyByPair } from '../lead-venue.beam.ts';
import type { ClosedMinute } from '../market-data.ts';
import type { Windows } from '../windows.ts';
import { type ComparedVenues, type PriceGap, priceCheck, priceGap } from './price-check.ts';

/** Group of one pair in a 1m window → how far its venues are apart, if both traded in it. */
export function* comparePrices(
  group: Group<ClosedMinute>,
  config: { readonly venues: ComparedVenues } & PaneContext,
): Iterable<Keyed<PriceGap>> {
  const end = windowEnd(config);
  const gap = (minutes: Iterable<ClosedMinute>) => priceGap(minutes, end, config.venues);
  for (const value of versionsOf(group, config, gap)) yield { key: group.key, ts: end - 1, value };
}

/** Group of one pair in a basis window → the check of the window's last minute, if it has a gap. */
export function* checkPrices(
  group: Group<PriceGap>,
  config: { readonly params: SignalParams } & PaneContext,
): Iterable<Keyed<MinuteFact>> {
  const end = windowEnd(config);
  const fact = (gaps: Iterable<PriceGap>) => {
    const check = priceCheck(group.key, gaps, end, config.params.market);
    return check && { kind: 'price' as const, check };
  };
  for (const value of versionsOf(group, config, fact)) {
    yield { key: value.check.pair, ts: end - 1, value };
  }
}

export interface PriceCheckConfig {
  readonly venues: ComparedVenues;
  readonly params: SignalParams;
}

/** Closed minutes of all venues → price checks of the minutes traded on both, keyed by pair. */
export function readPriceChecks(
  windows: Windows,
  { venues, params }: PriceCheckConfig,
): PTransform<PCollection<Keyed<ClosedMinute>>, PCollection<Keyed<MinuteFact>>> {
  return withName('ReadPriceChecks', (minutes: PCollection<Keyed<ClosedMinute>>) =>
    minutes
      .apply(step('KeyByPair', keyByPair))
      .apply(groupInto<ClosedMinute>('GroupIntoPair', windows.bar('1m')))
      .apply(step('ComparePrices', comparePrices, withPane({ venues })))
      .apply(groupInto<PriceGap>('GroupIntoBasis', windows.basis))
      .apply(step('CheckPrices', checkPrices, withPane({ params }))),
  );
}

register('transforms/price-check/price-check', { comparePrices, checkPrices });
