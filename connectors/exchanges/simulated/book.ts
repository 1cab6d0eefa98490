/** The simulated order book: fifty levels a side over half a percent (or more of them, farther), leaning as the market's plan says. */
import { MINUTE_MS } from '../../../schemas/primitives.ts';
import { hash32 } from '../../random.ts';
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
  const known = sharesOf(market);
  const usual = market.instrument.lotsPerOrder * DEPTH;
  const size = (ticks: number, weight: number) => {
    let share = known.get(ticks);
    if (share === undefined || ms < share.fromMs || ms >= share.fromMs + SIZE_LASTS_MS) {
      share = shareAt(market.seed, ticks, ms);
      known.set(ticks, share);
    }
    return Math.max(1, Math.round(usual * (0.5 + share.share) * weight));
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

/** Of an average level's size, for the five seconds from `fromMs` on. */
interface Share {
  readonly fromMs: number;
  readonly share: number;
}

/** What was drawn last for each price of a market: a stream asks for the same levels many times. */
const SHARES = new WeakMap<SymbolMarket, Map<number, Share>>();
/** Of a market; several times what one book shows. */
const SHARES_KEPT = 4_000;

function sharesOf(market: SymbolMarket): Map<number, Share> {
  let shares = SHARES.get(market);
  if (!shares || shares.size > SHARES_KEPT) {
    shares = new Map();
    SHARES.set(market, shares);
  }
  return shares;
}

function shareAt(seed: number, ticks: number, ms: number): Share {
  const phase = hash32(ticks) % SIZE_LASTS_MS;
  const since = Math.floor((ms + phase) / SIZE_LASTS_MS);
  return { fromMs: since * SIZE_LASTS_MS - phase, share: hash32(seed, ticks, since) / 2 ** 32 };
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
