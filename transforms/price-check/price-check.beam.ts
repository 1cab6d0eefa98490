/** Graph step: the price check of each minute of a pair, from the closed minutes of both venues. */
import type { SignalParams } from '../../schemas/params.ts';
import { type Group, type Keyed, type PaneContext, register, versionsOf, windowEnd } from '../beam.ts';
import type { MinuteFact } from '../features/join.ts';
import type { ClosedMinute } from '../market-data.ts';
import { type ComparedVenues, priceCheck } from './price-check.ts';

export interface PriceCheckConfig {
  readonly venues: ComparedVenues;
  readonly params: SignalParams;
}

/** Group of one pair in a basis window → the check of the window's last minute, if both venues traded in it. */
export function* checkPrices(
  group: Group<ClosedMinute>,
  config: PriceCheckConfig & PaneContext,
): Iterable<Keyed<MinuteFact>> {
  const end = windowEnd(config);
  const fact = (minutes: Iterable<ClosedMinute>) => {
    const check = priceCheck(group.key, minutes, end, config.venues, config.params.market);
    return check && { kind: 'price' as const, check };
  };
  for (const value of versionsOf(group, config, fact)) {
    yield { key: value.check.pair, ts: end - 1, value };
  }
}

register('transforms/price-check/price-check', { checkPrices });
