/** What really traded, in the numbers of the wire: what a client's candles and trades are held against. */
import { MINUTE_MS } from '../../../schemas/primitives.ts';
import { priceText, sizeText } from './frames.ts';
import type { Listing } from './listing.ts';

/** A minute of trades; without any, all prices are the last one before. Units: quote per base, base. */
export interface TruthBar {
  readonly openTime: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
  readonly trades: number;
}

/** `minute`: whole minutes since the epoch, of the exchange's time. */
export function truthOf(listing: Listing, minute: number): TruthBar {
  const { instrument } = listing;
  const bar = listing.bar(minute);
  const price = (ticks: number) => Number(priceText(instrument, ticks));
  return {
    openTime: minute * MINUTE_MS,
    open: price(bar.open),
    high: price(bar.high),
    low: price(bar.low),
    close: price(bar.close),
    volume: Number(sizeText(instrument, bar.lots)),
    trades: bar.trades,
  };
}
