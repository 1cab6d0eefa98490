/** What a position on an account made, as one would add it up from the exchange's list of fills with a pocket calculator. */
import type { Fill } from '../../connectors/broker/port.ts';

export interface Told {
  readonly size: number;
  readonly entry: number;
  readonly entryFees: number;
  readonly price: number;
  readonly fees: number;
  readonly funding: number;
  readonly pnl: number;
  readonly exit: string;
}

const EXIT_OF = { TP: 'TP', SL: 'SL', LIQUIDATED: 'LIQUIDATED', CLOSE: 'CANCELLED' } as const;

export function toldOf(list: readonly Fill[]): Told {
  let [bought, paid, entryFees, sold, got, exitFees, funding] = [0, 0, 0, 0, 0, 0, 0];
  let last: Fill | undefined;
  for (const fill of list) {
    if (fill.cause === 'ENTRY') {
      bought += fill.size;
      paid += fill.size * fill.price;
      entryFees += fill.fee;
    } else if (fill.cause === 'FUNDING') {
      funding -= fill.fee;
    } else {
      sold += fill.size;
      got += fill.size * fill.price;
      exitFees += fill.fee;
      if (!last || fill.ts > last.ts) last = fill;
    }
  }
  const fees = entryFees + exitFees;
  const gross = list[0]!.side === 'LONG' ? got - paid : paid - got;
  return {
    size: bought,
    entry: paid / bought,
    entryFees,
    price: got / sold,
    fees,
    funding,
    pnl: gross - fees + funding,
    exit: EXIT_OF[last!.cause as keyof typeof EXIT_OF],
  };
}
