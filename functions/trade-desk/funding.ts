/** Funding: when it falls due, at which recorded rate, and what it costs. An unknown rate is never 0. */
import type { DeskParams } from '../../schemas/desk-params.ts';
import { closeAfter, DAY_MS, HOUR_MS } from '../../schemas/primitives.ts';
import { product, total } from './money.ts';
import type { PairFacts, Position } from './state.ts';

type Params = DeskParams['funding'];
/** Fundings whose rates are remembered: a position held over the longest timeout meets fewer. */
const REMEMBERED = 6;

/** The first funding strictly after `ts`; infinity where none is configured. */
export function nextFunding(ts: number, { hours }: Params): number {
  const today = closeAfter(ts, DAY_MS) - DAY_MS;
  const times = hours.flatMap((hour) => [today + hour * HOUR_MS, today + DAY_MS + hour * HOUR_MS]);
  return Math.min(...times.filter((time) => time > ts));
}

/** Remembers the newest rate seen before each funding; the rates given are returned as they are where nothing is new. */
export function recordRate(
  rates: PairFacts['rates'],
  seen: { readonly ts: number; readonly rate: number | null; readonly price: number | null },
  params: Params,
): PairFacts['rates'] {
  const time = nextFunding(seen.ts, params);
  if (seen.rate === null || seen.price === null || !Number.isFinite(time)) return rates;
  const known = rates.find((rate) => rate.time === time);
  if (known && known.seenAt >= seen.ts) return rates;
  const entry = { time, rate: seen.rate, price: seen.price, seenAt: seen.ts };
  return [...rates.filter((rate) => rate !== known), entry]
    .sort((a, b) => a.time - b.time)
    .slice(-REMEMBERED);
}

export interface Funding {
  /** Received (+) or paid (−) at the known rates. Unit: quote. */
  readonly amount: number;
  /** False where one fell due whose rate was not recorded shortly before. */
  readonly isKnown: boolean;
}

/** All fundings after the position was opened, up to and at `until`: a LONG pays a positive rate, a SHORT receives it. */
export function fundingOf(
  position: Pick<Position, 'since' | 'side' | 'size'>,
  until: number,
  rates: PairFacts['rates'],
  params: Params,
): Funding {
  const amounts: (number | null)[] = [];
  for (let time = nextFunding(position.since, params); time <= until; time = nextFunding(time, params)) {
    const known = rates.find((rate) => rate.time === time && time - rate.seenAt <= params.maxRateAgeMs);
    const sign = position.side === 'LONG' ? -1 : 1;
    amounts.push(known ? product(sign, position.size, known.price, known.rate) : null);
  }
  const paid = amounts.filter((amount) => amount !== null);
  return { amount: total(0, ...paid), isKnown: paid.length === amounts.length };
}
