import { describe, expect, it } from 'vitest';
import { hash32, Random } from '../../connectors/random.ts';
import { DAY_MS, MINUTE_MS } from '../../schemas/primitives.ts';
import { bootstrapMean } from '../../transforms/performance/bootstrap.ts';
import { dailyReturns } from '../../transforms/performance/equity.ts';
import { figuresOf } from '../../transforms/performance/figures.ts';
import { type Judgement, judged, periodSharpe } from '../../transforms/performance/selection.ts';

const SEEDS = 200;
const DAYS = 28;
const TRIALS = 10;
const TRADES_A_DAY = 10;
const HOLDING_MINUTES = 30;
const EQUITY = 10_000;
const NOTIONAL = 10_000;

interface Result {
  readonly closedAt: number;
  readonly net: number;
}

/** Log prices of a market that nobody can foresee, minute by minute; about 4 % a day. */
function market(seed: number): Float64Array {
  const random = new Random(hash32(seed, 'market'));
  const prices = new Float64Array(DAYS * 1_440);
  for (let i = 1; i < prices.length; i++) prices[i] = prices[i - 1]! + 0.001 * random.normal();
  return prices;
}

/** Entries at random, as kind as can be: no costs at all. @param edge What each earns on top. Unit: share of notional. */
function trades(prices: Float64Array, random: Random, edge: number): Result[] {
  const entries = Array.from({ length: DAYS * TRADES_A_DAY }, () =>
    random.whole(0, prices.length - 1 - HOLDING_MINUTES),
  ).sort((a, b) => a - b);
  return entries.map((at) => {
    const side = random.chance(0.5) ? 1 : -1;
    const net = NOTIONAL * (side * (prices[at + HOLDING_MINUTES]! - prices[at]!) + edge);
    return { closedAt: (at + HOLDING_MINUTES) * MINUTE_MS, net };
  });
}

interface Searched extends Judgement {
  /** The lower bound of what a trade of the best earns, as if it were the only trial. */
  readonly naive: boolean;
  /** The same of the first, which nobody chose. */
  readonly first: boolean;
}

/** A search over rules that are all entries at random; `edge` is of the third alone. */
function search(seed: number, edge = 0): Searched {
  const prices = market(seed);
  const all = Array.from({ length: TRIALS }, (_, i) =>
    trades(prices, new Random(hash32(seed, 'trial', i)), i === 2 ? edge : 0),
  );
  const returns = all.map((results) => dailyReturns(EQUITY, results, 0, DAYS * DAY_MS));
  const sharpes = returns.map((each) => periodSharpe(each)!);
  const best = sharpes.indexOf(Math.max(...sharpes));
  const isAbove = (results: readonly Result[]) => {
    const random = new Random(seed);
    const nets = results.map(({ net }) => net);
    expect(figuresOf(nets).trades).toBe(DAYS * TRADES_A_DAY);
    return bootstrapMean(nets, { random: () => random.next(), samples: 400 })!.low > 0;
  };
  const judgement = judged(returns[best]!, returns, { count: TRIALS, sharpes });
  return { ...judgement, naive: isAbove(all[best]!), first: isAbove(all[0]!) };
}

describe('entries at random', () => {
  const found = Array.from({ length: SEEDS }, (_, seed) => search(seed));
  const share = (is: (judgement: Searched) => boolean | null) => found.filter(is).length / SEEDS;

  it('are judged significant no more often than the level of 5 % allows', () => {
    expect(share(({ isSignificant }) => isSignificant === null)).toBe(0);
    expect(share(({ isSignificant }) => isSignificant)).toBeLessThanOrEqual(0.05);
  });

  it('would be taken for skill where nobody counted the trials', () => {
    expect(share(({ naive }) => naive)).toBeGreaterThan(0.1);
    // Of a single trial the bounds hold: 2.5 % are above.
    expect(share(({ first }) => first)).toBeLessThanOrEqual(0.05);
  });

  it('have a median probability of overfitting near one half', () => {
    const probabilities = found.map(({ overfitting }) => overfitting!.probability).sort((a, b) => a - b);
    expect(probabilities[SEEDS / 2]).toBeGreaterThan(0.35);
    expect(probabilities[SEEDS / 2]).toBeLessThan(0.7);
  });
});

describe('entries that earn', () => {
  it('are told from luck in most searches', () => {
    const found = Array.from({ length: 20 }, (_, seed) => search(seed, 0.003));
    expect(found.filter(({ isSignificant }) => isSignificant).length).toBeGreaterThanOrEqual(15);
  });
});
