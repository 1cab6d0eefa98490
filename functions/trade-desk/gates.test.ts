import { describe, expect, it } from 'vitest';
import { HOUR_MS, MINUTE_MS } from '../../schemas/primitives.ts';
import { pairPrices, tellPrices } from './closes.fixture.ts';
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

const SECOND = 1000;

/** What a desk that was told all this makes of the signal: its refusal, 'HALVED' or null. */
function verdictOn(desk: TestDesk, told = signal(), at = NOW): string | null {
  const [decision] = desk.tell({ kind: 'signal', at, signal: told });
  expect(decision?.kind).toBe('DECISION');
  expect(decision?.reason).not.toBe('');
  return decision?.refusal ?? (decision?.halved ? 'HALVED' : null);
}

function seeing(known: Parameters<typeof snapshot>[0], at = NOW, ...books: PartialParams[]): TestDesk {
  const desk = new TestDesk(...books);
  desk.see(snapshot(known), at);
  return desk;
}

const verdictAfter = (...inputs: readonly DeskInput[]) => {
  const desk = new TestDesk();
  desk.see(snapshot());
  desk.tell(...inputs);
  return verdictOn(desk);
};
const features = (known: Parameters<typeof row>[0]): DeskInput => ({
  kind: 'features',
  at: NOW,
  row: row(known),
});

it('enters what nothing speaks against', () => {
  expect(verdictOn(seeing({}))).toBeNull();
});

describe('FEED_INCOMPLETE', () => {
  it.each([
    ['without a snapshot', new TestDesk()],
    ['while the feed is down', seeing({ connected: false })],
    ['without a bid', seeing({ bestBid: null })],
    ['without an ask', seeing({ bestAsk: null })],
    ['in a crossed book', seeing({ bestBid: 100.02 })],
    ['with snapshots of another venue alone', seeing({ venue: 'kraken' })],
  ])('%s', (_, desk) => {
    expect(verdictOn(desk)).toBe('FEED_INCOMPLETE');
  });

  it('where a revision of the bar, or a younger bar, turns out incomplete', () => {
    expect(verdictAfter(features({ suppressions: ['INCOMPLETE'], revision: 2 }))).toBe('FEED_INCOMPLETE');
    expect(verdictAfter(features({ suppressions: ['WARM_UP'], openTime: NOW }))).toBe('FEED_INCOMPLETE');
    expect(verdictAfter(features({ suppressions: ['INCOMPLETE'] }), features({ revision: 2 }))).toBeNull();
    expect(
      verdictAfter(features({ suppressions: ['INCOMPLETE'], openTime: NOW - 2 * MINUTE_MS })),
    ).toBeNull();
  });
});

describe('FEED_STALE', () => {
  it.each([
    [5000, null],
    [5001, 'FEED_STALE'],
    [-5000, null],
    [-5001, 'FEED_STALE'],
  ])('a snapshot of %i ms ago: %s', (age, verdict) => {
    expect(verdictOn(seeing({ ts: NOW - age }))).toBe(verdict);
  });
  it.each([
    [60_000, null],
    [60_001, 'FEED_STALE'],
    [-60_001, 'FEED_STALE'],
  ])('a trade of %i ms ago: %s', (age, verdict) => {
    expect(verdictOn(seeing({ lastTradeTs: NOW - age }))).toBe(verdict);
  });
  it.each([
    [2000, null],
    [2001, 'FEED_STALE'],
  ])('a book out of sync for %i ms: %s', (desyncMs, verdict) => {
    expect(verdictOn(seeing({ desyncMs }))).toBe(verdict);
  });
  it('without any trade, and on a stale bar', () => {
    expect(verdictOn(seeing({ lastTradeTs: null }))).toBe('FEED_STALE');
    expect(verdictAfter(features({ suppressions: ['STALE'] }))).toBe('FEED_STALE');
  });
});

it('PRICE_DIVERGED on a diverged bar', () => {
  expect(verdictAfter(features({ suppressions: ['DIVERGED'] }))).toBe('PRICE_DIVERGED');
});

describe('EXPIRED', () => {
  it.each([
    [NOW + 300_000, null],
    [NOW + 300_001, 'EXPIRED'],
  ])('at %i: %s', (at, verdict) => {
    expect(verdictOn(seeing({ ts: at }, at), signal(), at)).toBe(verdict);
  });
  it.each([
    [100.1, null],
    [100.11, 'EXPIRED'],
    [99.9, null],
    [99.89, 'EXPIRED'],
  ])('with mid at %f: %s', (mid, verdict) => {
    const desk = new TestDesk();
    desk.see(snapshotAt(NOW, mid));
    expect(verdictOn(desk)).toBe(verdict);
  });
});

describe('HALTED', () => {
  /** A desk that lost 10 × 0.5 and fees of 2 × 0.0006, about 6.3 of 1000.5, in its first trade. */
  const loser = (dailyLossHalt: number) => {
    const desk = new TestDesk({ risk: { startEquity: 1000.5 }, rules: { dailyLossHalt } });
    desk.offer(signal({ pair: 'ETHUSDT', symbol: 'ETHUSDT' }));
    expect(desk.see(snapshotAt(NOW + SECOND, 99.51, { symbol: 'ETHUSDT' }))[0]?.pnl).toBe(-6.29706);
    desk.see(snapshot());
    return desk;
  };
  // 6.29706 / 1000.5 = 0.00629391304…
  it.each([
    [0.00629, 'HALTED'],
    [6.29706 / 1000.5, 'HALTED'],
    [0.0063, null],
  ])('at a limit of %f: %s', (limit, verdict) => {
    expect(verdictOn(loser(limit))).toBe(verdict);
  });
  it('until the next UTC day', () => {
    const midnight = Date.UTC(2024, 4, 2);
    const next = (at: number) => {
      const desk = loser(0.006);
      desk.see(snapshot({ ts: at }));
      return verdictOn(desk, signal({ timestamp: at, expires_at: at + 1 }), at);
    };
    expect(next(midnight - 6 * MINUTE_MS)).toBe('HALTED');
    expect(next(midnight + MINUTE_MS)).toBeNull();
  });
  it('while the kill switch is on', () => {
    expect(verdictAfter({ kind: 'control', at: NOW, action: 'kill' })).toBe('HALTED');
    const [kill, revive] = (['kill', 'revive'] as const).map(
      (action, i) => ({ kind: 'control', at: NOW + i, action }) as const,
    );
    expect(verdictAfter(kill!, revive!)).toBeNull();
    expect(verdictAfter(revive!, kill!), 'told in the wrong order').toBeNull();
  });
});

it('PAUSED from pause to resume', () => {
  expect(verdictAfter({ kind: 'control', at: NOW, action: 'pause' })).toBe('PAUSED');
  const resume = { kind: 'control', at: NOW + 1, action: 'resume' } as const;
  expect(verdictAfter({ kind: 'control', at: NOW, action: 'pause' }, resume)).toBeNull();
});

describe('BLACKOUT', () => {
  const window = (known: object) => ({
    blackouts: [{ from: '10:00', to: '10:30', reason: 'news', ...known }],
  });
  it.each<[string, object, string | null]>([
    ['in its first minute', {}, 'BLACKOUT'],
    ['in the minute after it', { from: '09:00', to: '10:00' }, null],
    ['in its last minute', { from: '09:00', to: '10:01' }, 'BLACKOUT'],
    ['on its day', { date: '2024-05-01' }, 'BLACKOUT'],
    ['on another day', { date: '2024-05-02' }, null],
    ['on its weekday', { weekday: 3 }, 'BLACKOUT'],
    ['on another weekday', { weekday: 4 }, null],
  ])('%s', (_, known, verdict) => {
    expect(verdictOn(seeing({}, NOW, window(known)))).toBe(verdict);
  });
});

describe('MACRO_BIAS', () => {
  const biased = (...args: Parameters<typeof bias>): DeskInput => ({
    kind: 'bias',
    at: NOW,
    bias: bias(...args),
  });
  it('against the bias, not with it or without one', () => {
    expect(verdictAfter(biased('SHORT'))).toBe('MACRO_BIAS');
    expect(verdictAfter(biased('LONG'))).toBeNull();
    expect(verdictAfter(biased(null))).toBeNull();
  });
  it('until it expires, and by the newest alone', () => {
    expect(verdictAfter(biased('SHORT', { expires_at: NOW + 1 }))).toBe('MACRO_BIAS');
    expect(verdictAfter(biased('SHORT', { expires_at: NOW }))).toBeNull();
    expect(verdictAfter(biased('SHORT'), biased(null, { timestamp: NOW + 1 }))).toBeNull();
    expect(verdictAfter(biased('SHORT'), biased(null, { timestamp: NOW - 1 }))).toBe('MACRO_BIAS');
    expect(verdictAfter(biased('SHORT', { pair: 'ETHUSDT' }))).toBeNull();
  });
});

describe('SWING_OPEN', () => {
  const opened = (known: Parameters<typeof swing>[0] = {}, at = NOW): DeskInput => ({
    kind: 'swing',
    at,
    swing: swing(known),
  });
  const seen = (mid: number): DeskInput => ({
    kind: 'snapshot',
    at: NOW,
    snapshot: snapshotAt(NOW - 1, mid),
  });
  it('while a SWING of either side is open', () => {
    expect(verdictAfter(opened())).toBe('SWING_OPEN');
    expect(verdictAfter(opened({ side: 'SHORT', tp: 98, sl: 101 }))).toBe('SWING_OPEN');
    expect(verdictAfter(opened({ pair: 'ETHUSDT' }))).toBeNull();
    expect(verdictAfter(opened({ expires_at: NOW - 1 })), 'told too late to be entered').toBeNull();
  });
  it('until its TP or SL is touched, or its time is over', () => {
    expect(verdictAfter(opened(), seen(102))).toBeNull();
    expect(verdictAfter(opened(), seen(99))).toBeNull();
    expect(verdictAfter(opened(), seen(101.9))).toBe('SWING_OPEN');
    expect(verdictAfter(opened(), features({ openTime: NOW - MINUTE_MS, high: 102 }))).toBeNull();
    const since = { expires_at: NOW + HOUR_MS };
    expect(verdictAfter(opened({ ...since, timestamp: NOW - 48 * HOUR_MS }))).toBeNull();
    expect(verdictAfter(opened({ ...since, timestamp: NOW - 48 * HOUR_MS + 1 }))).toBe('SWING_OPEN');
  });
  it('halves instead, if so configured', () => {
    const desk = seeing({}, NOW, { rules: { onSwing: 'halve' } });
    desk.tell(opened());
    expect(verdictOn(desk)).toBe('HALVED');
    expect(desk.book().positions[0]?.size, '5 % × 10 of 10 000 at 100.05').toBe(49.975);
  });
});

describe('PAIR_OPEN, COOLDOWN, MAX_CONCURRENT and DAILY_CAP', () => {
  const other = (pair: string) => signal({ pair, symbol: pair });
  const later = (at: number) => signal({ timestamp: at, expires_at: at + SECOND });
  it('lets one scalp live in a pair, then cool down', () => {
    const desk = new TestDesk();
    desk.offer(signal());
    expect(verdictOn(desk, signal({ strategy: 'champion' }))).toBe('PAIR_OPEN');
    const exit = NOW + MINUTE_MS;
    desk.see(snapshotAt(exit, 100.52));
    const free = exit + 900_000;
    expect(desk.offer(later(free - 1), free - 1)[0]?.refusal).toBe('COOLDOWN');
    expect(desk.offer(later(free), free)[0]?.refusal).toBeNull();
  });
  it('lets three live at once', () => {
    const desk = new TestDesk({ risk: { startEquity: 10_000, correlationMinReturns: 1 } });
    for (const pair of ['AUSDT', 'BUSDT', 'CUSDT']) expect(desk.offer(other(pair))[0]?.refusal).toBeNull();
    expect(desk.offer(other('DUSDT'))[0]?.refusal).toBe('MAX_CONCURRENT');
    desk.see(snapshotAt(NOW + SECOND, 100.52, { symbol: 'BUSDT' }));
    expect(desk.offer(later(NOW + 2 * SECOND), NOW + 2 * SECOND)[0]?.refusal).toBeNull();
  });
  it('enters so many a day', () => {
    const desk = new TestDesk({ rules: { dailyCap: 2, maxConcurrent: 9 } });
    const verdicts = ['AUSDT', 'BUSDT', 'CUSDT'].map((pair) => desk.offer(other(pair))[0]?.refusal);
    expect(verdicts).toEqual([null, null, 'DAILY_CAP']);
    const tomorrow = Date.UTC(2024, 4, 2, 0, 1);
    expect(desk.offer(later(tomorrow), tomorrow)[0]?.refusal).toBeNull();
  });
});

describe('CORRELATED', () => {
  const halves = (rho: number, returns = 240) => {
    const desk = new TestDesk();
    tellPrices(desk, NOW, pairPrices(rho, returns));
    desk.offer(signal({ pair: 'ETHUSDT', symbol: 'ETHUSDT' }));
    desk.see(snapshot());
    return verdictOn(desk);
  };
  it.each([
    [0.71, 'HALVED'],
    [0.69, null],
    [-0.9, null],
  ])('halves at ρ %f: %s', (rho, verdict) => {
    expect(halves(rho)).toBe(verdict);
  });
  it('takes what too few returns show for correlated', () => {
    expect(halves(0, 239)).toBe('HALVED');
    expect(halves(0, 240)).toBeNull();
  });
});
