import { describe, expect, it } from 'vitest';
import { overfittingOf } from './overfitting.ts';
import { performanceOf } from './performance.ts';
import { deflatedSharpe } from './ratios.ts';
import { judged, ranked, scoreOf } from './selection.ts';

const performance = (net: number, trades: number, sharpe: number | null = null) => {
  const span = { startEquity: 100, fromMs: 0, toMs: 1, pairs: 1, random: () => 0 };
  return { performance: { ...performanceOf([], span), net, trades, sharpe } };
};
/** Returns that anyone can make again: noise of a trial over so many days. */
const noise = (trial: number, days: number, plus = 0) =>
  Array.from(
    { length: days },
    (_, day) => Math.sin(12.9898 * (day + 1) + 78.233 * (trial + 1) ** 2) / 100 + plus,
  );

describe('the best trial', () => {
  it('is the highest score; those without one come last, in their order', () => {
    const trials = [performance(1, 5), performance(9, 4), performance(3, 5), performance(7, 0)];
    expect(ranked(trials, 'net', 5).map(({ performance: { net } }) => net)).toEqual([3, 1, 9, 7]);
    expect(ranked(trials, 'net', 0).map(({ performance: { net } }) => net)).toEqual([9, 3, 1, 7]);
    expect(ranked(trials, 'sharpe', 0)).toEqual(trials);
  });

  it('has the score that was asked for, with enough trades', () => {
    expect(scoreOf(performance(3, 5, 1.5), 'sharpe', 5)).toBe(1.5);
    expect(scoreOf(performance(3, 5, 1.5), 'sharpe', 6)).toBeNull();
    expect(scoreOf(performance(3, 5), 'calmar', 5)).toBeNull();
  });
});

describe('the judgement', () => {
  const trials = Array.from({ length: 6 }, (_, i) => noise(i, 40));
  const sharpes = [0.1, 0.2, 0.3];

  it('is by deflated Sharpe ratio of all that were counted, and overfitting of those it was chosen from', () => {
    // Variance of 0.1, 0.2 and 0.3 is 0.01; 40 days are 16 blocks of two.
    expect(judged(trials[0]!, trials, { count: 50, sharpes })).toEqual({
      trials: 6,
      counted: 50,
      overfitting: overfittingOf(trials, 16),
      isSignificant: false,
      deflatedSharpe: expect.closeTo(deflatedSharpe(trials[0]!, { count: 50, variance: 0.01 })!, 12),
    });
    expect(judged(trials[0]!, trials, { count: 0, sharpes }).counted).toBe(6);
  });

  it('lets skill pass that is more than luck', () => {
    const skilled = [...trials, noise(7, 40, 0.01)];
    expect(judged(skilled.at(-1)!, skilled, { count: 7, sharpes: [0, 0.05, 0.1] }).isSignificant).toBe(true);
  });

  it('is not available of too few days, or where the luck of the others is not known', () => {
    const short = trials.map((returns) => returns.slice(0, 10));
    const none = { deflatedSharpe: null, overfitting: null, isSignificant: null };
    expect(judged(short[0]!, short, { count: 6, sharpes: [] })).toMatchObject(none);
    expect(judged(trials[0]!, trials, { count: 6, sharpes: [0.1] })).toMatchObject({ deflatedSharpe: null });
  });
});
