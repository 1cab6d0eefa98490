/** The simulated order book: fifty levels a side over half a percent (or more of them, farther), leaning as the market's plan says. */
import { MINUTE_MS } from '../../../schemas/primitives.ts';
import { hash32 } from '../random.ts';
import type { SymbolMarket } from './market.ts';

/** Whole ticks → whole lots. */
export interface BookLevels {
  readonly bids: ReadonlyMap<number, number>;
  readonly asks: ReadonlyMap<number, number>;
}

const LEVELS = 50;
/** Distance of neighbouring levels. Unit: share of price. */
const SPACING = 0.0001;
/** A level's size stays for this long. Unit: ms. */
const SIZE_LASTS_MS = 5_000;
/** The lean of the minute's end begins here. Unit: ms. */
const MINUTE_END_MS = 50_000;
/** Lots on an average level against an average order. */
const DEPTH = 3;

/** The book at `ms` round a last price in ticks, `levels` a side, best first. Pure. */
export function bookLevels(market: SymbolMarket, ms: number, lastTicks: number, levels = LEVELS): BookLevels {
  const minute = Math.floor(ms / MINUTE_MS);
  const plan = market.plan(minute);
  const lean = ms - minute * MINUTE_MS < MINUTE_END_MS ? plan.lean : plan.leanAtEnd;
  const spacing = Math.max(1, Math.round(lastTicks * SPACING));
  const size = (ticks: number, weight: number) => {
    const since = Math.floor((ms + (hash32(ticks) % SIZE_LASTS_MS)) / SIZE_LASTS_MS);
    const share = hash32(market.seed, ticks, since) / 2 ** 32;
    return Math.max(1, Math.round(market.instrument.lotsPerOrder * DEPTH * (0.5 + share) * weight));
  };
  const bids = new Map([[lastTicks, size(lastTicks, 1 + lean)]]);
  const asks = new Map([[lastTicks + 1, size(lastTicks + 1, 1 - lean)]]);
  // Levels stand on fixed prices, so that a moving price adds and removes few of them.
  let bid = Math.floor((lastTicks - 1) / spacing) * spacing;
  let ask = Math.ceil((lastTicks + 2) / spacing) * spacing;
  for (let i = 1; i < levels; i++, bid -= spacing, ask += spacing) {
    bids.set(bid, size(bid, 1 + lean));
    asks.set(ask, size(ask, 1 - lean));
  }
  return { bids, asks };
}

/** What changed from one side of a book to the next: [ticks, lots], lots 0 where a level went. */
export function changes(
  before: ReadonlyMap<number, number>,
  after: ReadonlyMap<number, number>,
): [number, number][] {
  const changed: [number, number][] = [];
  for (const ticks of before.keys()) if (!after.has(ticks)) changed.push([ticks, 0]);
  for (const [ticks, lots] of after) if (before.get(ticks) !== lots) changed.push([ticks, lots]);
  return changed;
}
