/** Graph step: the price check of each minute of a pair, from the closed minutes of both venues. */
import type { SignalParams } from '../../schemas/params.ts';
import { type Group, type Keyed, type PaneContext, register, windowEnd } from '../beam.ts';
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
  const check = priceCheck(group.key, group.value, end, config.venues, config.params.market);
  if (check !== null) yield { key: check.pair, ts: end - 1, value: { kind: 'price', check } };
}

register('transforms/price-check/price-check', { checkPrices });
