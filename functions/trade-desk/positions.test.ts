import { describe, expect, it } from 'vitest';
import { orphans } from './reconcile.ts';
import { NOW, type PartialParams, signal, snapshot, snapshotAt, TestDesk } from './trade-desk.fixture.ts';

const SECOND = 1000;
const HOUR = 3_600_000;
const LIMIT = { paper: { entry: 'limit' } } as const;

function holding(...books: PartialParams[]): TestDesk {
  const desk = new TestDesk(...books);
  desk.offer(signal());
  return desk;
}
const control = (action: 'pause' | 'resume' | 'kill' | 'revive', at: number) =>
  ({ kind: 'control', action, at }) as const;

describe('the kill switch', () => {
  it('closes what is open at the next price', () => {
    const desk = holding();
    expect(desk.tell(control('kill', NOW + SECOND))).toEqual([]);
    expect(desk.see(snapshotAt(NOW + SECOND, 100.1)), 'seen before the switch').toEqual([]);
    expect(desk.see(snapshotAt(NOW + 2 * SECOND, 100.1, { connected: false }))).toEqual([]);
    const [exit] = desk.see(snapshotAt(NOW + 3 * SECOND, 100.1));
    expect(exit).toMatchObject({ exit: 'CANCELLED', price: 100.09, liquidity: 'TAKER' });
    expect(exit?.pnl).not.toBeNull();
  });

  it('takes resting orders back at once, as a pause does', () => {
    for (const action of ['kill', 'pause'] as const) {
      const [cancelled] = holding(LIMIT).tell(control(action, NOW + 1));
      expect(cancelled).toMatchObject({ kind: 'EXIT', exit: 'CANCELLED', price: null });
    }
  });

  it('leaves open positions to their TP and SL while merely paused', () => {
    const desk = holding();
    expect(desk.tell(control('pause', NOW + 1))).toEqual([]);
    expect(desk.see(snapshotAt(NOW + SECOND, 100.1))).toEqual([]);
    expect(desk.see(snapshotAt(NOW + 2 * SECOND, 100.52))).toMatchObject([{ exit: 'TP' }]);
  });
});

describe('a pause set in the state store', () => {
  const paused = (scope: string) => ({ scope, paused: true, setAt: NOW, setBy: '@trader', reason: 'news' });
  it.each([
    ['all', 'PAUSED'],
    ['BTCUSDT', 'PAUSED'],
    ['ETHUSDT', null],
  ])('for %s: %s', (scope, refusal) => {
    const desk = new TestDesk();
    desk.state = { ...desk.state, pauses: { [scope]: paused(scope) } };
    expect(desk.offer(signal())[0]?.refusal).toBe(refusal);
  });
  it('takes a resting order back at the next snapshot', () => {
    const desk = holding(LIMIT);
    desk.state = { ...desk.state, pauses: { all: paused('all') } };
    expect(desk.see(snapshotAt(NOW + SECOND, 99.98))).toMatchObject([{ exit: 'CANCELLED' }]);
  });
});

describe('the timer', () => {
  const timer = (at: number) => ({ kind: 'timer', at }) as const;

  it('cancels a resting order whose signal expired in silence', () => {
    const desk = holding(LIMIT);
    expect(desk.tell(timer(NOW + 300_000))).toEqual([]);
    expect(desk.tell(timer(NOW + 300_001))).toMatchObject([{ exit: 'CANCELLED', ts: NOW + 300_001 }]);
  });

  it('closes a position long overdue at the last price known', () => {
    const desk = holding();
    desk.see(snapshotAt(NOW + SECOND, 100.1));
    const overdue = NOW + HOUR + 600_000;
    expect(desk.tell(timer(overdue - 1))).toEqual([]);
    const [exit] = desk.tell(timer(overdue));
    expect(exit).toMatchObject({ exit: 'TIMEOUT', price: 100.09, ts: overdue });
    expect(exit?.reason).toContain('no price since 2024-05-01T10:00:01.000Z');
  });
});

describe('reconciliation', () => {
  const held = { pair: 'BTCUSDT', side: 'LONG', size: 99.95 } as const;
  const reconcile = (at: number, ...positions: (typeof held)[]) =>
    ({ kind: 'reconcile', at, book: 'default', held: positions }) as const;

  it('closes what the exchange has ceased to hold, but for what is just opened', () => {
    const desk = holding();
    expect(desk.tell(reconcile(NOW + 119_999))).toEqual([]);
    expect(desk.tell(reconcile(NOW + 120_000, held))).toEqual([]);
    expect(desk.tell({ ...reconcile(NOW + 120_000), book: 'other' })).toEqual([]);
    const [exit] = desk.tell(reconcile(NOW + 120_000));
    expect(exit).toMatchObject({ exit: 'CANCELLED', price: 99.99 });
    expect(exit?.reason).toContain('the exchange holds it no longer');
    expect(desk.tell(reconcile(NOW + 120_000))).toEqual([]);
  });

  it('names what no book knows', () => {
    const desk = holding();
    const strange = { ...held, pair: 'ETHUSDT' };
    const turned = { ...held, side: 'SHORT' } as const;
    expect(orphans([desk.book()], [held, strange, turned])).toEqual([strange, turned]);
  });
});

describe('books', () => {
  it('live side by side, each by its own rules and equity', () => {
    const desk = new TestDesk(
      { book: 'A' },
      { book: 'B', risk: { startEquity: 500 } },
      { book: 'C', signalVariants: ['other'] },
    );
    const events = desk.offer(signal());
    expect(events.map(({ id }) => id.split(':').slice(-2).join(' '))).toEqual([
      ...['A DECISION', 'A ENTRY', 'B DECISION', 'B ENTRY'],
    ]);
    expect(desk.book('A').positions[0]?.size).toBe(99.95);
    expect(desk.book('B').positions[0]?.size).toBe(4.9975);
    desk.see(snapshotAt(NOW + SECOND, 100.52));
    expect(desk.book('A').equity - 10_000).toBeCloseTo(20 * (desk.book('B').equity - 500), 6);
  });

  it('pass over signals so old that they may have been decided and forgotten', () => {
    const desk = new TestDesk();
    const old = NOW - 86_400_000;
    expect(desk.offer(signal({ timestamp: old - 1, expires_at: old }))).toEqual([]);
    expect(desk.offer(signal({ timestamp: old, expires_at: old }))).toMatchObject([{ refusal: 'EXPIRED' }]);
  });

  it('forget what they decided a day and an hour ago', () => {
    const desk = holding();
    expect(Object.keys(desk.book().decided)).toHaveLength(1);
    const later = NOW + 25 * HOUR + 1;
    desk.see(snapshot({ ts: later }));
    desk.tell({ kind: 'signal', at: later, signal: signal({ timestamp: later }) });
    expect(Object.keys(desk.book().decided)).toEqual([signal({ timestamp: later }).id]);
  });
});
