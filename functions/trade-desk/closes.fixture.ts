/** Prices of two pairs whose returns have a wanted correlation. */
import { MINUTE_MS } from '../../schemas/primitives.ts';
import { row, type TestDesk } from './trade-desk.fixture.ts';

/** Closes of BTCUSDT and ETHUSDT: `returns` returns with exactly this ρ. `returns` is used in whole blocks of four. */
export function pairPrices(rho: number, returns: number): [number, number][] {
  const [xs, ys] = [
    [1, 1, -1, -1],
    [1, -1, 1, -1],
  ] as const;
  let [a, b] = [100, 50];
  const prices: [number, number][] = [[a, b]];
  for (let i = 0; i < returns; i++) {
    const [x, y] = [xs[i % 4]!, ys[i % 4]!];
    a *= 1 + x * 1e-3;
    b *= 1 + (rho * x + Math.sqrt(1 - rho * rho) * y) * 1e-3;
    prices.push([a, b]);
  }
  return prices;
}

/** As bars of the last minutes before `until`. */
export function tellPrices(
  desk: TestDesk,
  until: number,
  prices: readonly (readonly [number, number])[],
): void {
  prices.forEach((both, i) => {
    const openTime = until - (prices.length - i) * MINUTE_MS;
    both.forEach((close, which) => {
      const pair = which === 0 ? 'BTCUSDT' : 'ETHUSDT';
      desk.tell({ kind: 'features', at: until, row: row({ pair, openTime, close }) });
    });
  });
}
