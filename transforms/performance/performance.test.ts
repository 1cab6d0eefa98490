import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DAY_MS } from '../../schemas/primitives.ts';
import { bootstrapMean } from './bootstrap.ts';
import { dailyReturns, equityCurve, exposureOf, maxDrawdown } from './equity.ts';
import { figuresBy, figuresOf } from './figures.ts';
import { overfittingOf } from './overfitting.ts';
import {
  deflatedSharpe,
  downsideRatio,
  expectedMaxSharpe,
  probabilisticSharpe,
  sharpeRatio,
  sortinoRatio,
} from './ratios.ts';
import { momentsOf } from './statistics.ts';

/** Returns that anyone can make again, in whatever language: noise of eight trials over 120 days. */
function noise(trial: number, plus = 0): number[] {
  return Array.from({ length: 120 }, (_, day) => {
    const wave = Math.sin(12.9898 * (day + 1) + 78.233 * (trial + 1) * (trial + 2));
    return Math.floor(1e6 * wave) / 1e8 + plus;
  });
}
const matrix = (skilled = 0) => Array.from({ length: 8 }, (_, n) => noise(n, n === 3 ? skilled : 0));

describe('figures of trades', () => {
  it('are sums and means', () => {
    expect(figuresOf([30, -10, 20, -15, 0])).toEqual({
      trades: 5,
      wins: 2,
      winRate: 0.4,
      net: 25,
      profitFactor: 2,
      expectancy: 5,
      averageWin: 25,
      averageLoss: -25 / 3,
    });
  });

  it('say nothing where there is nothing to say', () => {
    expect(figuresOf([])).toMatchObject({ winRate: null, profitFactor: null, expectancy: null });
    expect(figuresOf([5])).toMatchObject({ winRate: 1, profitFactor: null, averageLoss: null });
  });

  it('come by name, the best first', () => {
    const trades = [
      { pair: 'B', net: -1 },
      { pair: 'A', net: 2 },
      { pair: 'B', net: 1 },
    ];
    expect(figuresBy(trades, ({ pair }) => pair).map(([pair, { net }]) => [pair, net])).toEqual([
      ['A', 2],
      ['B', 0],
    ]);
  });
});

describe('equity', () => {
  const at = (day: number) => Date.UTC(2026, 0, day);
  const results = [
    { closedAt: at(1) + 5, net: 10 },
    { closedAt: at(3) + 5, net: -22 },
    { closedAt: at(3) + 9, net: -11 },
    { closedAt: at(5), net: 50 },
  ];

  it('falls from its peak until it is reached again', () => {
    const curve = equityCurve({ ts: at(1), equity: 100 }, results);
    expect(curve.map(({ equity }) => equity)).toEqual([100, 110, 88, 77, 127]);
    expect(maxDrawdown(curve)).toEqual({
      share: 0.3,
      amount: 33,
      from: at(1) + 5,
      to: at(3) + 9,
      recoveredAt: at(5),
    });
    expect(maxDrawdown(curve.slice(0, 4)).recoveredAt).toBeNull();
    expect(maxDrawdown(curve.slice(0, 2))).toMatchObject({ share: 0, from: null });
  });

  it('has a return for each day, also for those without an exit', () => {
    expect(dailyReturns(100, results, at(1), at(6))).toEqual([0.1, 0, -0.3, 0, 50 / 77]);
  });

  it('loses no exit at the midnight that ends it', () => {
    expect(dailyReturns(100, results, at(1), at(5))).toEqual([0.1, 0, -0.3, 50 / 77]);
  });

  it('has a deepest fall that no pair of points exceeds', () => {
    const curves = fc.array(fc.integer({ min: -40, max: 60 }), { maxLength: 30 });
    fc.assert(
      fc.property(curves, (nets) => {
        const curve = equityCurve(
          { ts: 0, equity: 10_000 },
          nets.map((net, i) => ({ closedAt: i + 1, net })),
        );
        const falls = curve.flatMap((a, i) => curve.slice(i).map((b) => (a.equity - b.equity) / a.equity));
        expect(maxDrawdown(curve).share).toBe(falls.reduce((x, y) => Math.max(x, y), 0));
      }),
      { seed: 1 },
    );
  });

  it('is exposed while any position is open', () => {
    const trades = [
      { openedAt: 10, closedAt: 30 },
      { openedAt: 0, closedAt: 20 },
      { openedAt: 50, closedAt: 200 },
    ];
    expect(exposureOf(trades, 0, 100)).toBe(0.8);
    expect(exposureOf([], 0, 100)).toBe(0);
  });
});

describe('ratios', () => {
  // scipy 1.16 (skew, kurtosis) and empyrical-reloaded 0.5.12 (sharpe_ratio, sortino_ratio, annualization=365) of the same.
  const returns = noise(0, 0.0005);

  it('equal those of independent libraries', () => {
    const moments = momentsOf(returns)!;
    expect(moments.mean).toBeCloseTo(0.00048625041666666696, 14);
    expect(moments.sd).toBeCloseTo(0.007064452677636966, 14);
    expect(moments.skewness).toBeCloseTo(0.005678998644871551, 12);
    expect(moments.kurtosis).toBeCloseTo(1.5146524697478838, 12);
    expect(sharpeRatio(returns)).toBeCloseTo(1.3150064966723416, 10);
    expect(sortinoRatio(returns)).toBeCloseTo(1.9935084936898542, 10);
  });

  it('have the Sortino ratio of its authors’ example', () => {
    const years = [17, 15, 23, -5, 12, 9, 13, -4];
    expect(downsideRatio(years, 1)).toBeCloseTo(4.417, 3);
  });

  it('are not available of few returns, or of returns without risk', () => {
    expect(sharpeRatio(returns.slice(0, 13))).toBeNull();
    expect(sharpeRatio(Array(30).fill(0.01))).toBeNull();
    expect(sortinoRatio(Array(30).fill(0.01))).toBeNull();
    expect(deflatedSharpe(returns.slice(0, 13), { count: 1, variance: 0 })).toBeNull();
  });

  // D. Bailey and M. López de Prado, "The Deflated Sharpe Ratio", section "A numerical example".
  it('deflate as in the paper’s example', () => {
    const sharpe = 2.5 / Math.sqrt(250);
    const variance = 1 / 2 / 250;
    const moments = { n: 1250, mean: sharpe, sd: 1, skewness: -3, kurtosis: 10 };
    expect(expectedMaxSharpe(100, variance)).toBeCloseTo(0.1132, 4);
    expect(probabilisticSharpe(moments, expectedMaxSharpe(100, variance))).toBeCloseTo(0.9004, 4);
    expect(probabilisticSharpe(moments, expectedMaxSharpe(46, variance))).toBeCloseTo(0.9505, 4);
    const normal = { ...moments, skewness: 0, kurtosis: 3 };
    expect(probabilisticSharpe(normal, expectedMaxSharpe(88, variance))).toBeCloseTo(0.9505, 4);
  });

  it('expect no luck of a single trial', () => {
    expect(expectedMaxSharpe(1, 0.5)).toBe(0);
  });
});

describe('probability of overfitting', () => {
  // github.com/esvhd/pypbo at its newest commit, with the Sharpe ratio as its measure, on the same matrix.
  it('equals that of an independent implementation', () => {
    expect(overfittingOf(matrix(), 6)).toEqual({
      probability: expect.closeTo(0.9, 12),
      lossProbability: expect.closeTo(0.9, 12),
      splits: 20,
    });
    const wide = overfittingOf(matrix(), 10)!;
    expect(wide.probability).toBeCloseTo(0.9444444444444444, 12);
    expect(wide.lossProbability).toBeCloseTo(0.9484126984126984, 12);
    const some = overfittingOf(matrix(0.0012), 10)!;
    expect(some.probability).toBeCloseTo(0.2222222222222222, 12);
    expect(some.lossProbability).toBeCloseTo(0.17063492063492064, 12);
    expect(overfittingOf(matrix(0.004), 6)).toMatchObject({ probability: 0, lossProbability: 0 });
  });

  it('is not available of one trial or of few periods', () => {
    expect(overfittingOf([noise(0)], 6)).toBeNull();
    expect(
      overfittingOf(
        [noise(0), noise(1)].map((returns) => returns.slice(0, 11)),
        6,
      ),
    ).toBeNull();
    expect(() => overfittingOf(matrix(), 5)).toThrow('even');
    expect(() => overfittingOf([[1, 2], [1]], 2)).toThrow('same periods');
  });
});

describe('bootstrap', () => {
  /** Park and Miller's minimal standard. */
  const randomOf = (seed: number) => {
    let state = seed;
    return () => {
      state = (state * 16_807) % (2 ** 31 - 1);
      return state / (2 ** 31 - 1);
    };
  };

  it('brackets the mean, and 0 where there is nothing but noise', () => {
    const values = noise(2);
    const { mean, low, high, notAboveZero } = bootstrapMean(values, { random: randomOf(1) })!;
    expect(low).toBeLessThan(mean);
    expect(high).toBeGreaterThan(mean);
    expect(low).toBeLessThan(0);
    expect(high).toBeGreaterThan(0);
    expect(notAboveZero).toBeGreaterThan(0.025);
  });

  it('has the width that independent values have by theory', () => {
    const values = Array.from({ length: 400 }, (_, i) => ((i * 7919) % 400) / 400 - 0.5);
    const { low, high } = bootstrapMean(values, { random: randomOf(7), blockLength: 1, samples: 4_000 })!;
    // 2 × 1.96 × √(1/12) / √400; the bootstrap of so many samples is within a tenth of it.
    expect((high - low) / 0.05658).toBeGreaterThan(0.9);
    expect((high - low) / 0.05658).toBeLessThan(1.1);
  });

  it('is not available of few values', () => {
    expect(bootstrapMean(noise(0).slice(0, 9), { random: randomOf(1) })).toBeNull();
  });
});

it('days are those of UTC', () => {
  expect(dailyReturns(100, [{ closedAt: DAY_MS - 1, net: 1 }], 0, 2 * DAY_MS)).toEqual([0.01, 0]);
});
