/** The adapter of each venue, by its name. */
import type { Venue } from '../../schemas/primitives.ts';
import { binanceAdapter } from './binance/adapter.ts';
import { bybitAdapter } from './bybit/adapter.ts';
import { krakenAdapter } from './kraken/adapter.ts';
import type { VenueAdapter } from './venue.ts';

/** Others than the venue's own addresses are its twin's. */
export interface VenueOptions {
  readonly wsUrl?: string;
  readonly restUrl?: string;
  /** Levels a side, where the venue lets one choose. */
  readonly bookDepth?: number;
}

const ADAPTERS: Readonly<Record<Venue, (options: VenueOptions) => VenueAdapter>> = {
  bybit: bybitAdapter,
  kraken: krakenAdapter,
  binance: binanceAdapter,
};

export function venueAdapter(venue: Venue, options: VenueOptions = {}): VenueAdapter {
  return ADAPTERS[venue](options);
}
