import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BookEvent, KlineEvent } from '../exchanges/market-event.ts';
import { Continuity } from './continuity.ts';
import { KlineCheck } from './kline-check.ts';
import { OwedSeconds } from './owed-seconds.ts';
import { RecentTrades } from './recent-trades.ts';
import { SecondSpans } from './second-spans.ts';
import { SymbolBooks } from './symbol-books.ts';
import { Witness } from './witness.ts';

describe('RecentTrades', () => {
  it('knows the newest ids, each with its time, and says up to when it may have forgotten', () => {
    const recent = new RecentTrades(1_000);
    for (let n = 0; n < 5_000; n++) expect(recent.add(`id ${n}`, n)).toBe(true);
    for (let n = 4_000; n < 5_000; n++) expect(recent.add(`id ${n}`, n)).toBe(false);
    expect(recent.horizon).toBeLessThan(4_000);
    const forgotten = Array.from({ length: 5_000 }, (_, n) => n).filter((n) => !recent.has(`id ${n}`));
    expect(Math.max(...forgotten)).toBe(recent.horizon);
  });

  it('is a set', () => {
    const id = fc.oneof(fc.uuid(), fc.string({ minLength: 1, maxLength: 3 }));
    fc.assert(
      fc.property(fc.array(fc.tuple(id, fc.integer({ min: 0, max: 3 }))), (trades) => {
        const recent = new RecentTrades();
        const seen = new Set<string>();
        for (const [tradeId, ts] of trades) {
          expect(recent.add(tradeId, ts)).toBe(!seen.has(tradeId));
          seen.add(tradeId);
        }
      }),
      { seed: 1 },
    );
  });
});

describe('SecondSpans', () => {
  it('equals a set of single numbers', () => {
    const step = fc.tuple(fc.boolean(), fc.integer({ min: 0, max: 30 }), fc.integer({ min: 0, max: 30 }));
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const spans = new SecondSpans();
        const numbers = new Set<number>();
        for (const [isAdd, from, to] of steps) {
          if (isAdd) spans.add(from, to);
          else spans.remove(from, to);
          for (let n = from; n < to; n++) isAdd ? numbers.add(n) : numbers.delete(n);
        }
        const { all } = spans;
        const held = all.flatMap(({ from, to }) => Array.from({ length: to - from }, (_, i) => from + i));
        expect(held).toEqual([...numbers].toSorted((a, b) => a - b));
        expect(all.every(({ from }, i) => i === 0 || from > all[i - 1]!.to)).toBe(true);
      }),
      { seed: 1 },
    );
  });
});

describe('Continuity', () => {
  const link = (proven = Number.NEGATIVE_INFINITY) => ({ proven, firstStamp: Number.POSITIVE_INFINITY });

  it('is proven as far as a session that covers it has spoken', () => {
    const continuity = new Continuity(0, 'start');
    const first = link(1_000);
    continuity.up(first, 900);
    expect(continuity.advance(0)).toMatchObject({ from: 0, to: 1_000 });
    first.proven = 5_000;
    continuity.advance(0);
    expect([continuity.vouches(1_000, 5_000), continuity.vouches(1_000, 5_001)]).toEqual([true, false]);
    expect(continuity.vouches(0, 1_000)).toBe(false);
    continuity.resolve(continuity.lost[0]!);
    expect(continuity.vouches(0, 5_000)).toBe(true);
  });

  it('does not trust our clock for the beginning of a session that has not said a word', () => {
    const continuity = new Continuity(0, 'start');
    const late = link();
    continuity.up(late, 1_000);
    expect(continuity.advance(0)).toBeNull();
    // The exchange's clock is ahead of ours.
    Object.assign(late, { firstStamp: 3_000, proven: 3_500 });
    expect(continuity.advance(0)).toMatchObject({ to: 3_000 });
    expect(continuity.frontier).toBe(3_500);
  });

  it('has no gap where sessions overlap, and one where the second began after the first had ended', () => {
    const continuity = new Continuity(0, 'start');
    const [a, b] = [link(100), link(150)];
    continuity.up(a, 0);
    continuity.advance(0);
    continuity.up(b, 0);
    a.proven = 400;
    continuity.down(a, 0, 'cut', null);
    expect(continuity.open).toBeUndefined();
    continuity.down(b, 0, 'cut', null);
    expect(continuity.open).toMatchObject({ from: 400, to: null });
  });
});

describe('OwedSeconds', () => {
  it('are claimed once they are proven, whole ones only, each claim within its minute', () => {
    const continuity = new Continuity(0, 'start');
    const session = { proven: 60_000, firstStamp: 0 };
    continuity.up(session, 0);
    continuity.advance(0);
    continuity.resolve(continuity.lost[0]!);
    const owed = new OwedSeconds();
    owed.add(58_000, 63_000);
    expect(owed.take(continuity)).toEqual([{ fromMs: 58_000, toMs: 60_000 }]);
    session.proven = 61_999;
    continuity.advance(0);
    expect(owed.take(continuity)).toEqual([{ fromMs: 60_000, toMs: 61_000 }]);
    expect(owed.take(continuity)).toEqual([]);
    session.proven = 70_000;
    continuity.advance(0);
    owed.addProven(55_000, 58_000);
    expect(owed.take(continuity)).toEqual([
      { fromMs: 55_000, toMs: 58_000 },
      { fromMs: 61_000, toMs: 63_000 },
    ]);
  });
});

describe('KlineCheck', () => {
  const trade = (size: number, n: number) => ({
    tradeId: String(n),
    seq: n,
    ts: 60_000 + n,
    price: 5,
    size,
    side: 'BUY' as const,
  });
  const kline = (volume: number): KlineEvent => ({
    kind: 'kline',
    symbol: 'X',
    ts: 0,
    openTime: 60_000,
    open: 1,
    high: 1,
    low: 1,
    close: 1,
    volume,
    turnover: null,
    trades: null,
    isClosed: true,
  });

  it('sums decimals exactly, in whatever order and parts they come', () => {
    const sizes = fc.array(fc.tuple(fc.integer({ min: 1, max: 1e9 }), fc.integer({ min: 0, max: 8 })), {
      minLength: 1,
      maxLength: 30,
    });
    fc.assert(
      fc.property(sizes, fc.integer(), (decimals, rotate) => {
        const numbers = decimals.map(([units, scale]) => Number(`${units}e-${scale}`));
        const exact = decimals.reduce(
          (sum, [units, scale]) => sum + BigInt(units) * 10n ** BigInt(8 - scale),
          0n,
        );
        const turn = Math.abs(rotate) % numbers.length;
        const check = new KlineCheck();
        for (const [n, size] of [...numbers.slice(turn), ...numbers.slice(0, turn)].entries()) {
          check.published([trade(size, n)]);
        }
        check.told(kline(Number(`${exact}e-8`)), 0);
        expect(check.differing(10_000, () => true)).toEqual([]);
        expect(check.takeCovered().length).toBe(1);
      }),
      { seed: 1 },
    );
  });

  it('waits for late trades, and says nothing of minutes that we know are not whole', () => {
    const check = new KlineCheck();
    check.published([trade(1, 0)]);
    check.told(kline(2), 0);
    expect(check.differing(1_999, () => true)).toEqual([]);
    expect(check.differing(2_000, () => false)).toEqual([]);
    expect(check.differing(2_000, () => true)).toMatchObject([{ openTime: 60_000, trades: 1 }]);
    check.published([trade(1, 1)]);
    expect(check.takeCovered()).toMatchObject([{ openTime: 60_000, trades: 2 }]);
  });

  it('takes a bar that counts fewer trades than another, or than we have, for one from before the minute was over', () => {
    const check = new KlineCheck();
    check.published([trade(1, 0), trade(1, 1)]);
    check.told({ ...kline(3), trades: 3 }, 0);
    check.told({ ...kline(1), trades: 1 }, 0);
    expect(check.differing(2_000, () => true)).toMatchObject([{ kline: { trades: 3 } }]);
    check.published([trade(1, 2), trade(1, 3)]);
    expect(check.differing(4_000, () => true)).toEqual([]);
    expect(check.takeCovered()).toMatchObject([{ trades: 4 }]);
  });
});

describe('SymbolBooks', () => {
  const book = (price: number, isSnapshot = true): BookEvent => ({
    kind: 'book',
    symbol: 'X',
    ts: 0,
    isSnapshot,
    check: { kind: 'counter', update: 1 },
    bids: [[price, 1]],
    asks: [[price + 1, 1]],
  });
  const sources = [
    { connection: 0, proven: 4_000 },
    { connection: 1, proven: 4_000 },
  ] as const;

  it('show the first that is in sync, and another where it is lost', () => {
    const books = new SymbolBooks(0);
    expect(books.outOfSyncMs(700)).toBe(700);
    books.apply(sources[0], book(10), 1_000);
    books.apply(sources[1], book(20), 1_000);
    expect(books.shownAt(5_000)?.top()?.bestBid).toBe(10);
    expect(books.apply(sources[0], book(10, false), 2_000)).toBe('gap');
    expect(books.apply(sources[0], book(10, false), 2_000)).toBe('empty');
    expect(books.shownAt(5_000)?.top()?.bestBid).toBe(20);
    books.apply(sources[0], book(30), 3_000);
    expect(books.shownAt(5_000)?.top()?.bestBid).toBe(20);
    books.clear(1, 4_000);
    expect(books.shownAt(5_000)?.top()?.bestBid).toBe(30);
    books.drop(0, 5_000);
    expect([books.shownAt(5_000), books.outOfSyncMs(6_000)]).toEqual([null, 1_000]);
  });

  it('show none whose connection has told nothing for two seconds', () => {
    const books = new SymbolBooks(0);
    books.apply(sources[0], book(10), 1_000);
    expect([books.shownAt(5_999)?.top()?.bestBid, books.shownAt(6_000)]).toEqual([10, null]);
  });

  it('ask for a snapshot anew that is crossed in itself', () => {
    const crossed = { ...book(10), asks: [[9, 1] as const] };
    expect(new SymbolBooks(0).apply(sources[0], crossed, 0)).toBe('crossed');
  });
});

describe('Witness', () => {
  it('does not wonder about trades that came just before they were told of', () => {
    const witness = new Witness();
    witness.traded(1_000);
    expect(witness.told(3_000)).toBe(false);
    expect(witness.told(3_001)).toBe(true);
    expect(witness.isWaiting).toBe(true);
    witness.traded(3_100);
    expect(witness.isWaiting).toBe(false);
  });
});
