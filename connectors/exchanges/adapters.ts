/** The adapter of each venue, by its name. */
import { ConfigError } from '../../schemas/errors.ts';
import type { Venue } from '../../schemas/primitives.ts';
import { binanceAdapter } from './binance/adapter.ts';
import { bybitAdapter } from './bybit/adapter.ts';
import { krakenAdapter } from './kraken/adapter.ts';
import type { VenueAdapter } from './venue.ts';

/** Others than the venue's own addresses are its twin's. */
export interface VenueUrls {
  readonly wsUrl?: string;
  readonly restUrl?: string;
}

const ADAPTERS: Readonly<Partial<Record<Venue, (urls: VenueUrls) => VenueAdapter>>> = {
  bybit: bybitAdapter,
  kraken: krakenAdapter,
  binance: binanceAdapter,
};

/** @throws ConfigError where the venue is known from files alone. */
export function venueAdapter(venue: Venue, urls: VenueUrls = {}): VenueAdapter {
  const make = ADAPTERS[venue];
  if (make) return make(urls);
  const known = Object.keys(ADAPTERS).join(' or ');
  throw new ConfigError(
    `Expected a venue that can be connected to, ${known}, got ${venue}: only files of it can be read.`,
  );
}
