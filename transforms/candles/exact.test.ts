import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeTradeBatch } from '../../schemas/trade-batch.ts';
import { batchOf, minuteBars, partsOf, trade } from './candles.fixture.ts';
import { exactSum } from './candles.model.ts';
import { add, decimalSum, shift, toDouble } from './exact.ts';
import { foldBatch } from './trade-fold.ts';

const anyExact = fc.bigInt({ min: 0n, max: 2n ** 120n });
const exact = (value: bigint) => (value <= Number.MAX_SAFE_INTEGER ? Number(value) : value.toString());

describe('exact integers', () => {
  it('add and shift as big integers do, on both sides of 2^53', () => {
    fc.assert(
      fc.property(fc.oneof(anyExact, fc.bigInt(0n, 2n ** 54n)), anyExact, fc.nat(20), (a, b, places) => {
        expect(add(exact(a), exact(b))).toBe(exact(a + b));
        expect(shift(exact(a), places)).toBe(exact(a * 10n ** BigInt(places)));
      }),
      { seed: 1 },
    );
    expect(add(Number.MAX_SAFE_INTEGER, 1)).toBe('9007199254740992');
  });

  it('become the nearest double', () => {
    expect(toDouble(3, 1)).toBe(0.3);
    expect(toDouble('12345678901234567890', 12)).toBe(12345678.901234567);
    expect(toDouble(1, 24)).toBe(1e-24);
  });
});

describe('a sum of decimals', () => {
  it('is the sum of what the numbers look like', () => {
    expect(decimalSum([0.1, 0.2])).toBe(0.3);
    expect(decimalSum([0.0017654300000000001, 1e21, 1e-9])).toBe(1e21);
    expect(decimalSum([])).toBe(0);
  });

  it('equals the sum in big integers, in any order', () => {
    const anyTerm = fc.oneof(
      fc.double({ min: 1e-12, max: 1e12, noNaN: true }),
      fc.integer({ min: 1, max: 1e9 }).map((units) => units / 1e8),
    );
    fc.assert(
      fc.property(fc.array(anyTerm, { maxLength: 20 }), (terms) => {
        expect(decimalSum(terms)).toBe(exactSum(terms.map((term) => [term])));
        expect(decimalSum(terms.toReversed())).toBe(decimalSum(terms));
      }),
      { seed: 1, numRuns: 300 },
    );
  });
});

describe('a fold', () => {
  it('stays exact where sums and products leave 2^53', () => {
    const prices = Array.from({ length: 30 }, (_, i) => 987_654_321 + i);
    const sizes = prices.map((_, i) => 1_765_432_198_765_431 + 2 * i);
    const rows = prices.map((price, i) => trade(i, price / 10, sizes[i]! / 1e6));
    const fold = foldBatch(decodeTradeBatch(batchOf(rows)));
    const turnover = prices.reduce((sum, price, i) => sum + BigInt(price) * BigInt(sizes[i]!), 0n);
    expect(fold).toMatchObject({ priceScale: 1, sizeScale: 6, turnover: turnover.toString() });
    const [bar] = minuteBars(partsOf(...rows.map((row) => batchOf([row]))));
    expect(bar?.traded?.turnover).toBe(toDouble(turnover.toString(), 7));
    expect(bar?.traded?.turnover).toBe(exactSum(rows.map(({ price, size }) => [price, size])));
  });

  it('adds batches of different scales', () => {
    const [bar] = minuteBars(partsOf(batchOf([trade(1, 0.5, 3)]), batchOf([trade(2, 2, 1e-9)])));
    expect(bar?.traded).toMatchObject({ volume: 3.000000001, turnover: 1.500000002, high: 2, low: 0.5 });
  });
});
