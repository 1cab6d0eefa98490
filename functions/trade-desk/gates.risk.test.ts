import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BookSnapshot } from '../../schemas/book-snapshot.ts';
import { REFUSALS } from '../../schemas/position-event.ts';
import { MINUTE_MS } from '../../schemas/primitives.ts';
import type { ScalpSignal } from '../../schemas/scalp-signal.ts';
import type { DeskInput } from './input.ts';
import {
  bias,
  NOW,
  type PartialParams,
  row,
  signal,
  snapshot,
  snapshotAt,
  swing,
  TestDesk,
} from './trade-desk.fixture.ts';

const other = (pair: string, known: Partial<ScalpSignal> = {}) => signal({ pair, symbol: pair, ...known });
describe('size', () => {
  const sizeOf = (params: PartialParams, told = signal()) => {
    const desk = new TestDesk(params);
    desk.offer(told);
    return desk.book().positions[0]?.size;
  };
  // The worst entry that LIQUIDITY allows of mid 100 is 100.05.
  it.each<[string, PartialParams, Partial<ScalpSignal>, number]>([
    ['10 % of equity at 10×', {}, {}, 99.95],
    ['10 % of equity at 5×', {}, { leverage: 5 }, 49.975],
    ['what 10 % at 10× is in whole digits', { risk: { startEquity: 777 } }, {}, 7.76611],
    // 2 % of 10 000 = 200 over a stop of 100.05 − 95 = 5.05
    ['the risk cap where the stop is wide', {}, { sl: 95 }, 39.6039],
  ])('is %s', (_, params, told, size) => {
    expect(sizeOf(params, signal(told))).toBe(size);
  });
});

describe('EXPOSURE', () => {
  const second = (params: PartialParams, told: Partial<ScalpSignal> = {}) => {
    const desk = new TestDesk(params);
    desk.offer(other('AUSDT'));
    const [decision] = desk.offer(signal(told));
    return [decision?.refusal, desk.book().positions[1]?.size];
  };
  it('refuses what would pass the notional cap', () => {
    // Open 99.95 × 100.01 = 9 995.9995 and, halved, 49.975 × 100.05 = 4 999.99875 more, of 10 000 × 10 × maxMargin.
    expect(second({ risk: { maxMargin: 0.149959 } })).toEqual(['EXPOSURE', undefined]);
    expect(second({ risk: { maxMargin: 0.14996 } })).toEqual([null, 49.975]);
  });
  it('leaves what the risk cap leaves, and refuses what is too small to trade', () => {
    // Open risk 99.95 × 0.51 = 50.9745. Halved, the size would be 49.975, its risk at 100.05 × 0.55 = 27.48625.
    expect(second({ risk: { maxOpenRisk: 0.00784608 } })).toEqual([null, 49.975]);
    // 78 − 50.9745 = 27.0255 over 0.55
    expect(second({ risk: { maxOpenRisk: 0.0078 } })).toEqual([null, 49.1372]);
    // 0.756 / 0.55 = 1.37454 first, at a risk of 0.51 each; then 0.0549846 / 0.55 = 0.099972 coins, 10.0022.
    expect(second({ risk: { maxOpenRisk: 0.0000756 } })).toEqual([null, 0.099972]);
    // 0.7558 / 0.55 = 1.37418; 0.0549682 / 0.55 = 0.0999422 coins, 9.99922.
    expect(second({ risk: { maxOpenRisk: 0.00007558 } })).toEqual(['EXPOSURE', undefined]);
  });
  it('counts resting orders as open', () => {
    const resting: PartialParams = { paper: { entry: 'limit' } };
    expect(second({ ...resting, risk: { maxMargin: 0.14 } })).toEqual(['EXPOSURE', undefined]);
    expect(second({ ...resting, risk: { maxMargin: 0.16 } })[0]).toBeNull();
  });
});

describe('FUNDING_WINDOW', () => {
  const EIGHT = Date.UTC(2024, 4, 1, 8);
  const at = (time: number, fundingRate: number | null, side: 'LONG' | 'SHORT' = 'LONG') => {
    const desk = new TestDesk();
    const told = signal({ side, timestamp: time, expires_at: time });
    return desk.offer(told, time, { fundingRate })[0]?.refusal;
  };
  // 20 % of a TP of 0.5 % is 0.1 %.
  it.each<[number, number | null, 'LONG' | 'SHORT', string | null]>([
    [EIGHT - 5 * MINUTE_MS, 0.00101, 'LONG', 'FUNDING_WINDOW'],
    [EIGHT - 5 * MINUTE_MS - 1, 0.00101, 'LONG', null],
    [EIGHT - 1, 0.00101, 'LONG', 'FUNDING_WINDOW'],
    [EIGHT, 0.00101, 'LONG', null],
    [EIGHT - 1, 0.001, 'LONG', null],
    [EIGHT - 1, 0.00101, 'SHORT', null],
    [EIGHT - 1, -0.00101, 'SHORT', 'FUNDING_WINDOW'],
    [EIGHT - 1, -0.00101, 'LONG', null],
    [EIGHT - 1, null, 'LONG', 'FUNDING_WINDOW'],
    [EIGHT, null, 'LONG', null],
    [Date.UTC(2024, 4, 1) - 1, 0.00101, 'LONG', 'FUNDING_WINDOW'],
    [Date.UTC(2024, 4, 1, 16) - 1, 0.00101, 'LONG', 'FUNDING_WINDOW'],
    [Date.UTC(2024, 4, 1, 12) - 1, 0.00101, 'LONG', null],
  ])('at %i with a rate of %f for a %s: %s', (time, rate, side, verdict) => {
    expect(at(time, rate, side)).toBe(verdict);
  });
});

describe('LIQUIDITY', () => {
  const seen = (known: Partial<BookSnapshot>) => {
    const desk = new TestDesk();
    const [decision] = desk.offer(signal(), NOW, { bestBid: 100, bestAsk: 100, ...known });
    return [decision?.refusal, desk.book().positions[0]?.size];
  };
  const depth = (bps5: number, bps10: number, bps25 = bps10, bps50 = bps25) => ({
    askDepth: { bps5, bps10, bps25, bps50 },
  });
  it('passes what slips by the limit', () => {
    // All within 10 bps, evenly: a mean of 5.
    expect(seen(depth(49.975, 99.95))).toEqual([null, 99.95]);
  });
  it('shrinks what slips more to what does not', () => {
    // 40 at 2.5 bps and x at 7.5 in a thick second band, from 5 bps on: 40·2.5 + x·(5 + 5x/320) = 5·(40 + x), so x² = 6400.
    expect(seen(depth(40, 200))).toEqual([null, 99.95]);
    // 20 evenly within 5 bps, then 20 more within 10, a mean of 5 after all 40; no more is there.
    expect(seen(depth(20, 40))).toEqual([null, 40]);
    // 25 % of 99.95 is 24.9875.
    expect(seen(depth(12.494, 24.988))).toEqual([null, 24.988]);
  });
  it('refuses where less than a quarter is left', () => {
    expect(seen(depth(12.4935, 24.987))).toEqual(['LIQUIDITY', undefined]);
    expect(seen(depth(0, 0))).toEqual(['LIQUIDITY', undefined]);
  });
  it('counts half the spread', () => {
    expect(seen({ bestBid: 99.95, bestAsk: 100.05 })[0]).toBeNull();
    expect(seen({ bestBid: 99.94, bestAsk: 100.06 })[0]).toBe('LIQUIDITY');
  });
  it('looks at the stop’s side where the entry rests', () => {
    const desk = (params: PartialParams) =>
      new TestDesk(params).offer(signal(), NOW, depth(0, 0))[0]?.refusal;
    expect(desk({ paper: { entry: 'limit' } })).toBeNull();
    expect(desk({})).toBe('LIQUIDITY');
  });
});

/** For each gate that can refuse: how a healthy desk comes to be refused by it. Reasons mix freely. */
const TROUBLE: Partial<
  Record<(typeof REFUSALS)[number], (desk: TestDesk, seen: BookSnapshot) => BookSnapshot>
> = {
  FEED_INCOMPLETE: (_, seen) => ({ ...seen, connected: false }),
  FEED_STALE: (_, seen) => ({ ...seen, desyncMs: 60_000 }),
  PRICE_DIVERGED: told({ kind: 'features', at: NOW, row: row({ suppressions: ['DIVERGED'] }) }),
  EXPIRED: (_, seen) => ({ ...seen, bestBid: 101, bestAsk: 101.5 }),
  HALTED: told({ kind: 'control', at: NOW, action: 'kill' }),
  PAUSED: told({ kind: 'control', at: NOW, action: 'pause' }),
  MACRO_BIAS: told({ kind: 'bias', at: NOW, bias: bias('SHORT') }),
  SWING_OPEN: told({ kind: 'swing', at: NOW, swing: swing() }),
  PAIR_OPEN: (desk, seen) => {
    desk.offer(signal({ strategy: 'champion', timestamp: NOW - 1 }), NOW - 1);
    return seen;
  },
  FUNDING_WINDOW: (_, seen) => ({ ...seen, fundingRate: null }),
  LIQUIDITY: (_, seen) => ({ ...seen, askDepth: { bps5: 0, bps10: 0, bps25: 0, bps50: 0 } }),
};
function told(input: DeskInput) {
  return (desk: TestDesk, seen: BookSnapshot) => {
    desk.tell(input);
    return seen;
  };
}

it('names the first reason in the order of the list, whatever others there are', () => {
  const reasons = Object.keys(TROUBLE) as (keyof typeof TROUBLE)[];
  fc.assert(
    fc.property(fc.uniqueArray(fc.constantFrom(...reasons)), (chosen) => {
      // Within the window of a funding, so that an unknown rate matters.
      const desk = new TestDesk({ funding: { hours: [10], windowMs: 86_400_000 } });
      const inOrder = [...chosen].sort((a, b) => REFUSALS.indexOf(b) - REFUSALS.indexOf(a));
      let seen = snapshot({ fundingRate: 0, ts: NOW });
      for (const reason of inOrder) seen = TROUBLE[reason]!(desk, seen);
      desk.see(seen);
      const [decision] = desk.tell({ kind: 'signal', at: NOW, signal: signal() });
      const first = REFUSALS.find((reason) => chosen.includes(reason)) ?? null;
      expect(decision?.refusal).toBe(first);
    }),
    { seed: 1, numRuns: 500 },
  );
});

it('tells each refusal with the numbers it was decided on', () => {
  const desk = new TestDesk();
  desk.see(snapshotAt(NOW, 100.2));
  const [decision] = desk.tell({ kind: 'signal', at: NOW, signal: signal() });
  expect(decision).toMatchObject({
    id: `${signal().id}:default:DECISION`,
    kind: 'DECISION',
    refusal: 'EXPIRED',
    price: null,
    book: 'default',
    reason: 'Mid 100.2 is 0.2 % from the entry 100, over 0.1 %.',
    numbers: { mid: 100.2, entryBand: 0.001 },
  });
});
