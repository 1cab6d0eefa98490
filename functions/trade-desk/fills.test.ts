/** P&L to the cent, each case computed by hand on paper: the sums are written where they are expected. */
import { describe, expect, it } from 'vitest';
import type { BookSnapshot } from '../../schemas/book-snapshot.ts';
import type { PositionEvent } from '../../schemas/position-event.ts';
import { MINUTE_MS } from '../../schemas/primitives.ts';
import type { ScalpSignal } from '../../schemas/scalp-signal.ts';
import { NOW, row, signal, snapshot, snapshotAt, TestDesk } from './trade-desk.fixture.ts';

const SECOND = 1000;
/** Equity by which 10 % at 10× and a worst entry of 100.05 (mid 100 + 0.05 %) is exactly 10 coins. */
const TEN_COINS = { risk: { startEquity: 1000.5 } };
const NO_DEPTH = { bps5: 0, bps10: 0, bps25: 0, bps50: 0 };

/** A desk that holds 10 coins, bought or sold at the touch; a SHORT is sized at mid. */
function holding(side: 'LONG' | 'SHORT', told: Partial<ScalpSignal> = {}, at = NOW): TestDesk {
  const desk = new TestDesk({ risk: { startEquity: side === 'LONG' ? 1000.5 : 1000 } });
  const entered = desk.offer(signal({ side, timestamp: at, expires_at: at + 300_000, ...told }), at);
  expect(entered.map(({ kind, size }) => [kind, size])).toEqual([
    ['DECISION', null],
    ['ENTRY', 10],
  ]);
  return desk;
}

function exitOf(events: readonly PositionEvent[]): Partial<PositionEvent> {
  expect(events).toHaveLength(1);
  const [{ kind, exit, price, fees, funding, pnl } = { kind: null }] = events;
  expect(kind).toBe('EXIT');
  return { exit, price, fees, funding, pnl } as Partial<PositionEvent>;
}

describe('a marketable entry', () => {
  it('pays the touch and the taker’s fee', () => {
    const desk = holding('LONG');
    // 10 × 100.01 × 0.0006 = 0.60006
    expect(desk.events[1]).toMatchObject({ price: 100.01, size: 10, fees: 0.60006, liquidity: 'TAKER' });
    expect(holding('SHORT').events[1]).toMatchObject({ price: 99.99, size: 10, fees: 0.59994 });
  });

  it('walks the depth', () => {
    const desk = new TestDesk(TEN_COINS);
    const askDepth = { bps5: 8, bps10: 16, bps25: 32, bps50: 64 };
    const [, entry] = desk.offer(signal(), NOW, { bestBid: 100, bestAsk: 100, askDepth });
    // 8 of them between 0 and 5 bps: mean 2.5; 2 of the next 8, between 5 and 6.25: mean 5.625. (8·2.5 + 2·5.625)/10 = 3.125 bps
    expect(entry).toMatchObject({ price: 100.03125, size: 10, slippage: 0.0003125 });
  });
});

describe('an exit', () => {
  it('by TP gets its price for the maker’s fee', () => {
    const exit = exitOf(holding('LONG').see(snapshotAt(NOW + SECOND, 100.52)));
    // fees 0.60006 + 10 × 100.5 × 0.0002 = 0.60006 + 0.201; P&L 10 × (100.5 − 100.01) − 0.80106
    expect(exit).toEqual({ exit: 'TP', price: 100.5, fees: 0.80106, funding: 0, pnl: 4.09894 });
  });

  it('by TP of a SHORT mirrors it', () => {
    const exit = exitOf(holding('SHORT').see(snapshotAt(NOW + SECOND, 99.48)));
    // fees 0.59994 + 10 × 99.5 × 0.0002 = 0.59994 + 0.199; P&L 10 × (99.99 − 99.5) − 0.79894
    expect(exit).toEqual({ exit: 'TP', price: 99.5, fees: 0.79894, funding: 0, pnl: 4.10106 });
  });

  it('by SL pays what the book gives, never more than the SL', () => {
    const exit = exitOf(holding('LONG').see(snapshotAt(NOW + SECOND, 99.51)));
    // The bid is at 99.50: fees 0.60006 + 10 × 99.5 × 0.0006 = 1.19706; P&L 10 × (99.5 − 100.01) − 1.19706
    expect(exit).toEqual({ exit: 'SL', price: 99.5, fees: 1.19706, funding: 0, pnl: -6.29706 });
  });

  it('by SL walks the depth', () => {
    const bidDepth = { bps5: 5, bps10: 10, bps25: 40, bps50: 80 };
    const seen = snapshot({ ts: NOW + SECOND, bestBid: 99.5, bestAsk: 99.5, bidDepth, lastPrice: 99.5 });
    const desk = holding('LONG');
    const [event] = desk.see(seen);
    // 5 at 2.5 bps, 5 at 7.5: 5 bps of 99.5 = 0.04975
    expect(exitOf([event!])).toEqual({
      exit: 'SL',
      price: 99.45025,
      funding: 0,
      // 0.60006 + 10 × 99.45025 × 0.0006 = 0.60006 + 0.5967015
      fees: 1.1967615,
      // 10 × (99.45025 − 100.01) − 1.1967615 = −5.5975 − 1.1967615
      pnl: -6.7942615,
    });
    expect(event?.slippage).toBeCloseTo(0.04975 / 99.5, 12);
    expect(desk.book().equity).toBe(1000.5 - 6.7942615);
  });

  it('that gaps through the SL is filled at the worse price', () => {
    const exit = exitOf(holding('LONG').see(snapshotAt(NOW + SECOND, 98.01)));
    // The bid is at 98: fees 0.60006 + 0.588; P&L 10 × (98 − 100.01) − 1.18806
    expect(exit).toEqual({ exit: 'SL', price: 98, fees: 1.18806, funding: 0, pnl: -21.28806 });
    const short = exitOf(holding('SHORT').see(snapshotAt(NOW + SECOND, 101.99)));
    // The ask is at 102: fees 0.59994 + 0.612; P&L 10 × (99.99 − 102) − 1.21194
    expect(short).toEqual({ exit: 'SL', price: 102, fees: 1.21194, funding: 0, pnl: -21.31194 });
  });

  it('is the SL when one snapshot spans both', () => {
    const both = { lastPrice: 99.4, lastTradeTs: NOW + 900 };
    const exit = exitOf(holding('LONG').see(snapshotAt(NOW + SECOND, 100.6, both)));
    expect(exit).toMatchObject({ exit: 'SL', price: 99.5, pnl: -6.29706 });
    const other = exitOf(holding('SHORT').see(snapshotAt(NOW + SECOND, 99.4, { ...both, lastPrice: 100.6 })));
    expect(other).toMatchObject({ exit: 'SL', price: 100.5 });
  });

  it('at the timeout is at market', () => {
    const desk = holding('LONG');
    expect(desk.see(snapshotAt(NOW + 3_600_000 - 1, 100.1))).toEqual([]);
    const exit = exitOf(desk.see(snapshotAt(NOW + 3_600_000, 100.1)));
    // The bid is at 100.09: fees 0.60006 + 0.60054; P&L 10 × 0.08 − 1.2006
    expect(exit).toEqual({ exit: 'TIMEOUT', price: 100.09, fees: 1.2006, funding: 0, pnl: -0.4006 });
  });

  it('by liquidation costs the margin and the fees', () => {
    const exit = exitOf(holding('LONG').see(snapshotAt(NOW + SECOND, 90)));
    // Margin 100.01 a coin × 10 / 10 = 100.01; the rest at 90.009: fees 0.60006 + 0.540054
    expect(exit).toEqual({
      exit: 'LIQUIDATED',
      price: 90.009,
      fees: 1.140114,
      funding: 0,
      pnl: -101.150114,
    });
    const marked = snapshotAt(NOW + SECOND, 100, { markPrice: 90.5 });
    expect(exitOf(holding('LONG').see(marked)).exit, '100.01 × (1 − 0.1 + 0.005) = 90.50905').toBe(
      'LIQUIDATED',
    );
    const above = snapshotAt(NOW + SECOND, 100, { markPrice: 90.51 });
    expect(holding('LONG').see(above)).toEqual([]);
    const short = snapshotAt(NOW + SECOND, 100, { markPrice: 109.49 });
    expect(exitOf(holding('SHORT').see(short)), '99.99 × 1.095 = 109.48905').toMatchObject({
      exit: 'LIQUIDATED',
      price: 109.989,
    });
  });

  it('from a one-sided book is filled beyond it', () => {
    const oneSided = { bestBid: null, bidDepth: NO_DEPTH, lastPrice: 99.4, lastTradeTs: NOW + 900 };
    const exit = exitOf(holding('LONG').see(snapshot({ ts: NOW + SECOND, bestAsk: 99.41, ...oneSided })));
    // 1 % below the last trade at 99.4
    expect(exit).toMatchObject({ exit: 'SL', price: 98.406 });
  });
});

describe('what cannot end a position', () => {
  it.each<[string, Partial<BookSnapshot>]>([
    ['a snapshot of before it', { ts: NOW - SECOND, bestBid: 90, bestAsk: 90.02 }],
    ['the snapshot it was entered on', { ts: NOW, bestBid: 90, bestAsk: 90.02 }],
    ['a feed that is down', { connected: false, bestBid: 90, bestAsk: 90.02, lastPrice: 90 }],
    ['a book out of sync', { desyncMs: 2001, bestBid: 90, bestAsk: 90.02 }],
    ['a trade of before it', { lastPrice: 90, lastTradeTs: NOW }],
    ['another venue', { venue: 'kraken', bestBid: 90, bestAsk: 90.02 }],
    ['a last trade at the TP, where others queue', { lastPrice: 100.5 }],
    ['a bid a hair below the TP', { bestBid: 100.49, bestAsk: 100.51 }],
    ['a bid a hair above the SL', { bestBid: 99.51, bestAsk: 99.52, lastPrice: 99.51 }],
  ])('%s', (_, seen) => {
    expect(holding('LONG').see(snapshot({ ts: NOW + SECOND, ...seen }))).toEqual([]);
  });

  it.each<[string, Partial<BookSnapshot>, string]>([
    ['a last trade beyond the TP', { lastPrice: 100.51 }, 'TP'],
    ['a bid at the TP', { bestBid: 100.5, bestAsk: 100.52 }, 'TP'],
    ['a last trade at the SL', { lastPrice: 99.5 }, 'SL'],
    ['a trade at the SL while the book is out of sync', { desyncMs: 2001, lastPrice: 99.5 }, 'SL'],
  ])('but %s does', (_, seen, exit) => {
    expect(exitOf(holding('LONG').see(snapshot({ ts: NOW + SECOND, ...seen })))).toMatchObject({ exit });
  });
});

describe('funding', () => {
  const EIGHT = Date.UTC(2024, 4, 1, 8);
  const ENTERED = EIGHT - 10 * MINUTE_MS;
  /** Entered ten minutes before a funding, left one minute after; what the funding's rate was seen to be. */
  function across(side: 'LONG' | 'SHORT', fundingRate: number | null, seenAt = EIGHT - SECOND) {
    const desk = holding(side, { timestamp: ENTERED }, ENTERED);
    const mark = { fundingRate, markPrice: 100.2 };
    desk.see(snapshotAt(seenAt, 100.2, mark));
    desk.see(snapshotAt(EIGHT, 100.2, { fundingRate: 0.5, markPrice: 100.2 }));
    const tp = side === 'LONG' ? 100.52 : 99.48;
    return desk.see(snapshotAt(EIGHT + MINUTE_MS, tp));
  }

  it('is paid by a LONG and received by a SHORT while the rate is positive', () => {
    // 10 × 100.2 × 0.0001 = 0.1002
    expect(exitOf(across('LONG', 0.0001))).toMatchObject({ funding: -0.1002, pnl: 3.99874 });
    expect(exitOf(across('SHORT', 0.0001))).toMatchObject({ funding: 0.1002, pnl: 4.20126 });
  });

  it('turns round with the rate', () => {
    expect(exitOf(across('LONG', -0.0003))).toMatchObject({ funding: 0.3006, pnl: 4.39954 });
    expect(exitOf(across('SHORT', -0.0003))).toMatchObject({ funding: -0.3006, pnl: 3.80046 });
  });

  it('is known to be 0 where the rate was', () => {
    const [event] = across('LONG', 0);
    expect(event).toMatchObject({ funding: 0, fundingKnown: true, pnl: 4.09894 });
  });

  it('is unknown, never 0, where no rate was recorded shortly before', () => {
    const desk = holding('LONG', { timestamp: ENTERED }, ENTERED);
    // The only rate seen is that of the entry, 10 min and 1 ms before another funding at 08:00:00.001.
    const [known] = desk.see(snapshotAt(EIGHT + MINUTE_MS, 100.52));
    expect(known, 'exactly 10 min old').toMatchObject({ fundingKnown: true, funding: -0.1 });
    const early = ENTERED - 1;
    const late = holding('LONG', { timestamp: early }, early);
    const [unknown] = late.see(snapshotAt(EIGHT + MINUTE_MS, 100.52));
    expect(unknown).toMatchObject({ fundingKnown: false, funding: null, pnl: 4.09894 });
    expect(unknown?.reason).toContain('Funding unknown');
  });

  it('is due after the entry, and up to the exit', () => {
    const desk = new TestDesk(TEN_COINS);
    desk.offer(signal({ timestamp: EIGHT, expires_at: EIGHT + 1 }), EIGHT);
    expect(desk.see(snapshotAt(EIGHT + SECOND, 100.52))[0]).toMatchObject({ funding: 0, fundingKnown: true });
    const other = holding('LONG', { timestamp: ENTERED }, ENTERED);
    expect(other.see(snapshotAt(EIGHT, 100.52))[0]).toMatchObject({ funding: -0.1 });
  });
});

describe('a bar', () => {
  const bar = (known: Parameters<typeof row>[0]) =>
    ({ kind: 'features', at: NOW + 2 * MINUTE_MS, row: row({ openTime: NOW, ...known }) }) as const;

  it('that spans both takes the SL', () => {
    const exit = exitOf(holding('LONG').tell(bar({ high: 101, low: 99 })));
    // SL 99.5 less 0.05 %: 99.45025, as above
    expect(exit).toEqual({ exit: 'SL', price: 99.45025, fees: 1.1967615, funding: 0, pnl: -6.7942615 });
  });

  it('that opens beyond the SL is filled at its open', () => {
    const exit = exitOf(holding('LONG').tell(bar({ open: 98, high: 98, low: 97, close: 97 })));
    expect(exit).toMatchObject({ exit: 'SL', price: 97.951 });
  });

  it('takes the TP where it trades through it, not where it touches', () => {
    expect(holding('LONG').tell(bar({ high: 100.5, low: 100 }))).toEqual([]);
    const exit = exitOf(holding('LONG').tell(bar({ high: 100.51, low: 99.51 })));
    expect(exit).toMatchObject({ exit: 'TP', price: 100.5, pnl: 4.09894 });
  });

  it('counts only if all of it came after the entry', () => {
    expect(holding('LONG').tell(bar({ openTime: NOW - 1, low: 50 }))).toEqual([]);
    expect(exitOf(holding('LONG').tell(bar({ low: 50 })))).toMatchObject({ exit: 'LIQUIDATED' });
  });
});

describe('a resting entry', () => {
  const LIMIT = { paper: { entry: 'limit' }, risk: { startEquity: 999.9 } } as const;
  function resting(): TestDesk {
    const desk = new TestDesk(LIMIT);
    expect(desk.offer(signal()).map(({ kind }) => kind)).toEqual(['DECISION']);
    // At the bid, since the signal's 100 is not worse than that.
    expect(desk.book().positions).toMatchObject([{ status: 'WORKING', entry: 99.99, size: 10 }]);
    return desk;
  }

  it('is filled for the maker’s fee once the ask comes to it', () => {
    const desk = resting();
    expect(desk.see(snapshotAt(NOW + SECOND, 99.99))).toEqual([]);
    const [entry] = desk.see(snapshotAt(NOW + 2 * SECOND, 99.98));
    // 10 × 99.99 × 0.0002
    expect(entry).toMatchObject({ kind: 'ENTRY', price: 99.99, fees: 0.19998, liquidity: 'MAKER' });
    const exit = exitOf(desk.see(snapshotAt(NOW + 3 * SECOND, 100.51)));
    // fees 0.19998 + 0.201; P&L 10 × 0.51 − 0.40098
    expect(exit).toMatchObject({ exit: 'TP', fees: 0.40098, pnl: 4.69902 });
  });

  it('is filled where a trade passes it, not where one touches it', () => {
    expect(resting().see(snapshot({ ts: NOW + SECOND, lastPrice: 99.99 }))).toEqual([]);
    expect(resting().see(snapshot({ ts: NOW + SECOND, lastPrice: 99.98 }))).toMatchObject([
      { kind: 'ENTRY' },
    ]);
  });

  it.each([
    ['the signal expires', snapshotAt(NOW + 300_001, 100)],
    ['price leaves the band', snapshotAt(NOW + SECOND, 100.11)],
  ])('is cancelled, at no cost, when %s', (_, seen) => {
    const desk = resting();
    expect(desk.see(seen)).toMatchObject([{ kind: 'EXIT', exit: 'CANCELLED', price: null, pnl: null }]);
    expect(desk.book()).toMatchObject({ positions: [], exits: {}, equity: 999.9 });
  });

  it('is filled and stopped in one bar, but not filled and won', () => {
    const bar = (low: number) =>
      ({ kind: 'features', at: NOW + MINUTE_MS, row: row({ openTime: NOW, low, high: 101 }) }) as const;
    expect(resting().tell(bar(99.98))).toMatchObject([{ kind: 'ENTRY' }]);
    expect(resting().tell(bar(99.5))).toMatchObject([{ kind: 'ENTRY' }, { kind: 'EXIT', exit: 'SL' }]);
    expect(resting().tell(bar(99.99))).toEqual([]);
  });
});
