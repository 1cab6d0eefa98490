/** What the simulated exchange's ticker tells of a symbol: prices, funding, open interest, what 24 h turned over. */
import { closeAfter, HOUR_MS } from '../../../../schemas/primitives.ts';
import { hash32 } from '../../../random.ts';
import { priceText, sizeText, turnoverText } from '../frames.ts';
import type { Listing } from '../listing.ts';

export const FUNDING_MS = 8 * HOUR_MS;
/** Highest funding rate either way. Unit: share per 8 h. */
const MAX_FUNDING = 0.0003;

/** Ticker fields at `ms`, as Bybit names and writes them. Pure. */
export function tickerFields(listing: Listing, ms: number, lastTicks: number): Record<string, string> {
  const { instrument, market } = listing;
  const chance = (what: string, at: number) => hash32(market.seed, what, at) / 2 ** 32;
  const openInterest = 1_000_000 * instrument.lotsPerOrder;
  const swing = Math.round(openInterest * 0.01 * chance('interest', Math.floor(ms / 60_000)));
  const day = listing.day(ms);
  return {
    lastPrice: priceText(instrument, lastTicks),
    markPrice: priceText(instrument, lastTicks + Math.round(chance('mark', Math.floor(ms / 10_000)) * 2 - 1)),
    fundingRate: fundingRate(listing, ms),
    nextFundingTime: String(closeAfter(ms, FUNDING_MS)),
    openInterest: sizeText(instrument, openInterest + swing),
    turnover24h: turnoverText(instrument, day.turnover),
    volume24h: sizeText(instrument, day.lots),
    bid1Price: priceText(instrument, lastTicks),
    ask1Price: priceText(instrument, lastTicks + 1),
  };
}

/** Rate that is paid at the next funding after `ms`, eight decimals. Pure. Unit: share of a position's worth. */
export function fundingRate({ market }: Listing, ms: number): string {
  const chance = hash32(market.seed, 'funding', Math.floor(ms / FUNDING_MS)) / 2 ** 32;
  return ((chance * 2 - 1) * MAX_FUNDING).toFixed(8);
}

/** The fields whose text differs. */
export function changedFields(
  before: Readonly<Record<string, string>>,
  after: Readonly<Record<string, string>>,
): Record<string, string> {
  return Object.fromEntries(Object.entries(after).filter(([field, text]) => before[field] !== text));
}
