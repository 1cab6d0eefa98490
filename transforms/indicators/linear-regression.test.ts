import fc from 'fast-check';
import { expect, it } from 'vitest';
import { linearRegression } from './linear-regression.ts';

it('finds a line that points lie on', () => {
  const fit = linearRegression([-3, 0, 3], [4, 10, 16]);
  expect(fit).toEqual({ slope: 2, intercept: 10, r2: 1 });
});

it('equals a fit worked out by hand', () => {
  // Anscombe's first set: y = 3.0001 + 0.5001 x, R² 0.6665.
  const x = [10, 8, 13, 9, 11, 14, 6, 4, 12, 7, 5];
  const y = [8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68];
  const fit = linearRegression(x, y)!;
  expect(fit.slope).toBeCloseTo(0.5000909, 6);
  expect(fit.intercept).toBeCloseTo(3.0000909, 6);
  expect(fit.r2).toBeCloseTo(0.6665425, 6);
});

it('fits a level perfectly', () => {
  expect(linearRegression([1, 2, 3], [0.1, 0.1, 0.1])).toEqual({ slope: 0, intercept: 0.1, r2: 1 });
});

it('is null where no line is determined', () => {
  expect(linearRegression([], [])).toBeNull();
  expect(linearRegression([1], [1])).toBeNull();
  expect(linearRegression([1, 1], [1, 2])).toBeNull();
});

it('leaves residuals that neither sum to anything nor lean on x, and R² within 0..1', () => {
  const point = fc.tuple(fc.integer({ min: -200, max: 0 }), fc.integer({ min: 1, max: 1e6 }));
  const points = fc.uniqueArray(point, { minLength: 2, maxLength: 60, selector: ([x]) => x });
  fc.assert(
    fc.property(points, (sample) => {
      const fit = linearRegression(
        sample.map(([x]) => x),
        sample.map(([, y]) => y),
      )!;
      const residuals = sample.map(([x, y]) => y - fit.intercept - fit.slope * x);
      expect(Math.abs(residuals.reduce((sum, r) => sum + r, 0))).toBeLessThan(1e-5);
      expect(Math.abs(residuals.reduce((sum, r, i) => sum + r * sample[i]![0], 0))).toBeLessThan(1e-3);
      expect(fit.r2).toBeGreaterThanOrEqual(0);
      expect(fit.r2).toBeLessThanOrEqual(1);
    }),
    { seed: 1 },
  );
});
