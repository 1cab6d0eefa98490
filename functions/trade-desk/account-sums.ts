/** Fills of a position on an account, summed: what was entered, what was left, at which mean price and for which fees. */
import type { Fill } from '../../connectors/broker/port.ts';
import type { DeskParams } from '../../schemas/desk-params.ts';
import { MINUTE_MS } from '../../schemas/primitives.ts';
import { type Funding, nextFunding } from './funding.ts';
import { fillPrice, product, total } from './money.ts';
import type { Live, OnAccount } from './state.ts';

export interface Filled {
  /** Unit: base. */
  readonly size: number;
  /** Sum of price × size. Unit: quote. */
  readonly notional: number;
  /** Mean; 0 where nothing was filled. Unit: quote per base. */
  readonly price: number;
  /** Unit: quote. */
  readonly fees: number;
  readonly liquidity: 'MAKER' | 'TAKER';
  /** The one that came last by the exchange's time. */
  readonly last: Fill | null;
}

/** How far a payment of funding may lie from the hour it fell due. Unit: ms. */
const FUNDING_SPREAD_MS = 10 * MINUTE_MS;

export function entered({ fills }: OnAccount): Filled {
  return sumOf(fills.filter(({ cause }) => cause === 'ENTRY'));
}

export function left({ fills }: OnAccount): Filled {
  return sumOf(fills.filter(({ cause }) => cause !== 'ENTRY' && cause !== 'FUNDING'));
}

/** The part of it that is ours: where another hand held some of the symbol, too, the exchange closed both in one. */
export function ownPart(sum: Filled, size: number): Filled {
  if (sum.size <= size) return sum;
  const share = size / sum.size;
  return { ...sum, size, notional: product(sum.notional, share), fees: product(sum.fees, share) };
}

/** What is still held. Unit: base. */
export function remaining(account: OnAccount): number {
  return total(entered(account).size, -left(account).size);
}

/** Of the fills of one order. Unit: base. */
export function filledBy({ fills }: OnAccount, clientId: string): number {
  return total(0, ...fills.filter((fill) => fill.clientId === clientId).map(({ size }) => size));
}

function sumOf(fills: readonly Fill[]): Filled {
  const size = total(0, ...fills.map((fill) => fill.size));
  const notional = total(0, ...fills.map((fill) => product(fill.price, fill.size)));
  return {
    size,
    notional,
    price: size === 0 ? 0 : fillPrice(notional / size),
    fees: total(0, ...fills.map(({ fee }) => fee)),
    liquidity: fills.every(({ isMaker }) => isMaker) ? 'MAKER' : 'TAKER',
    last: fills.reduce<Fill | null>(
      (last, fill) => (last === null || isLater(fill, last) ? fill : last),
      null,
    ),
  };
}

function isLater(a: Fill, b: Fill): boolean {
  return a.ts === b.ts ? a.id > b.id : a.ts > b.ts;
}

/** What the exchange has paid (+) or taken (−); unknown while a funding that fell due has not shown. */
export function fundingPaid({ account }: Live, params: DeskParams['funding']): Funding {
  const paid = account.fills.filter(({ cause }) => cause === 'FUNDING');
  const from = Math.min(...account.fills.filter(({ cause }) => cause === 'ENTRY').map(({ ts }) => ts));
  const until = left(account).last?.ts ?? from;
  let isKnown = true;
  for (let time = nextFunding(from, params); time <= until; time = nextFunding(time, params)) {
    isKnown &&= paid.some(({ ts }) => Math.abs(ts - time) <= FUNDING_SPREAD_MS);
  }
  const { size } = entered(account);
  const ours = paid.map((fill) => (fill.size > size ? product(-fill.fee, size / fill.size) : -fill.fee));
  return { amount: total(0, ...ours), isKnown };
}
