/** Naive oracle of an account: what its fills, added up one by one, leave of it. */
import type { Fill } from './port.ts';

interface Ledger {
  /** Signed size by symbol: negative where short. */
  readonly sizes: ReadonlyMap<string, number>;
  /** Paid, unit: quote. */
  readonly fees: number;
  /** Received for what was sold less what was paid for what was bought, fees apart. */
  readonly cash: number;
}

/** @throws Error where a fill cannot follow on those before it: it closes what is not held, or opens against it. */
export function ledgerOf(fills: readonly Fill[]): Ledger {
  const sizes = new Map<string, number>();
  let fees = 0;
  let cash = 0;
  for (const fill of fills) {
    const { symbol, cause, side, size, price, fee } = fill;
    const held = sizes.get(symbol) ?? 0;
    const way = side === 'LONG' ? 1 : -1;
    fees += fee;
    if (cause === 'FUNDING') {
      if (Math.abs(held - way * size) > 1e-9) throw new Error(`funding of ${size}, held ${held}`);
      continue;
    }
    const change = cause === 'ENTRY' ? way * size : -way * size;
    if (cause === 'ENTRY' && held * way < -1e-9)
      throw new Error(`entry against ${held}: ${JSON.stringify(fill)}`);
    if (cause !== 'ENTRY' && size > held * way + 1e-9)
      throw new Error(`exit of ${held}: ${JSON.stringify(fill)}`);
    sizes.set(symbol, held + change);
    cash -= change * price;
  }
  return { sizes, fees, cash };
}
