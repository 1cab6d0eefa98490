/** Steps that tell venues apart: signals are read from the lead venue's bars, the others only check its prices. */
import type { Candle } from '../schemas/candle.ts';
import { pairOf, type Venue } from '../schemas/primitives.ts';
import { type Keyed, register } from './beam.ts';
import type { ClosedMinute } from './market-data.ts';

export interface LeadConfig {
  readonly leadVenue: Venue;
}

export function* leadCandles(candle: Keyed<Candle>, config: LeadConfig): Iterable<Candle> {
  if (candle.value.venue === config.leadVenue) yield candle.value;
}

export function* leadMinutes(minute: Keyed<ClosedMinute>, config: LeadConfig): Iterable<Keyed<ClosedMinute>> {
  if (minute.value.candle.venue === config.leadVenue) yield minute;
}

/** Minutes of all venues of one pair come together. */
export function* keyByPair(minute: Keyed<ClosedMinute>): Iterable<Keyed<ClosedMinute>> {
  yield { ...minute, key: pairOf(minute.value.candle.symbol) };
}

register('transforms/lead-venue', { leadCandles, leadMinutes, keyByPair });
