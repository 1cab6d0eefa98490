import { expect, it } from 'vitest';
import { drawdowns } from './equity.ts';

it('counts each drawdown from the highest so far', () => {
  expect(drawdowns([100, 110, 99, 121, 60.5])).toEqual([0, 0, 99 / 110 - 1, 0, -0.5]);
});
