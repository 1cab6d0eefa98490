import { describe, expect, it } from 'vitest';
import type { PositionEvent } from '../../schemas/position-event.ts';
import { closedTrades } from './closed-trade.ts';
import { performanceOf } from './performance.ts';

const event = (over: Partial<PositionEvent>): PositionEvent => ({
  id: 'x',
  kind: 'DECISION',
  signalId: 's1',
  pair: 'BTCUSDT',
  side: 'LONG',
  ts: 1_000,
  reason: '',
  price: null,
  size: null,
  refusal: null,
  exit: null,
  fees: null,
  funding: null,
  pnl: null,
  ...over,
});
const entry = event({
  kind: 'ENTRY',
  ts: 1_000,
  price: 100,
  size: 2,
  fees: 0.12,
  slippage: 0.0001,
  book: 'a',
});
const exit = event({
  kind: 'EXIT',
  ts: 5_000,
  price: 100.5,
  size: 2,
  fees: 0.1602,
  funding: -0.05,
  pnl: 0.7898,
  exit: 'TP',
  slippage: 0,
  fundingKnown: true,
  book: 'a',
});

describe('closed trades', () => {
  it('join an exit to its entry, in whatever order and however often they come', () => {
    const [trade, ...others] = closedTrades([exit, entry, exit, event({})]);
    expect(others).toEqual([]);
    expect(trade).toEqual({
      book: 'a',
      signalId: 's1',
      pair: 'BTCUSDT',
      side: 'LONG',
      exit: 'TP',
      openedAt: 1_000,
      closedAt: 5_000,
      entry: 100,
      price: 100.5,
      size: 2,
      gross: 1,
      fees: 0.1602,
      funding: -0.05,
      isFundingKnown: true,
      net: 0.7898,
      slippageCost: expect.closeTo(0.02, 12),
    });
  });

  it('keep the books apart, which may trade the same signal', () => {
    const other = [
      { ...entry, book: 'b' },
      { ...exit, book: 'b', ts: 4_000 },
    ];
    expect(closedTrades([entry, exit, ...other]).map(({ book }) => book)).toEqual(['b', 'a']);
  });

  it('tell funding that is not known from none', () => {
    const unknown = {
      ...exit,
      funding: null,
      fundingKnown: false,
      numbers: { entry: 100, knownFunding: -0.01 },
    };
    expect(closedTrades([entry, unknown])[0]).toMatchObject({ funding: -0.01, isFundingKnown: false });
  });

  it('are none of an order that was never filled', () => {
    expect(closedTrades([event({ kind: 'EXIT', exit: 'CANCELLED' })])).toEqual([]);
  });
});

describe('performance of a book', () => {
  const DAY = 86_400_000;
  const trades = closedTrades([entry, exit]);

  it('adds its trades up, and is silent where two of them say nothing', () => {
    const options = { startEquity: 1_000, fromMs: 0, toMs: 2 * DAY, pairs: 5, random: () => 0.5 };
    expect(performanceOf(trades, options)).toMatchObject({
      trades: 1,
      net: 0.7898,
      gross: 1,
      fees: 0.1602,
      funding: -0.05,
      fundingUnknown: 0,
      endEquity: expect.closeTo(1_000.7898, 9),
      netReturn: expect.closeTo(0.0007898, 12),
      tradesPerPairAndDay: 0.1,
      sharpe: null,
      sortino: null,
      deflatedSharpe: null,
      expectancyInterval: null,
      exposure: 4_000 / (2 * DAY),
    });
  });

  it('is that of a whole span of days, those without a trade too', () => {
    const many = Array.from({ length: 40 }, (_, i) => ({
      ...trades[0]!,
      openedAt: i * DAY,
      closedAt: i * DAY + 1,
      net: i % 2 === 0 ? 2 : -1,
    }));
    const options = { startEquity: 1_000, fromMs: 0, toMs: 80 * DAY, pairs: 1, random: () => 0.5 };
    const told = performanceOf(many, options);
    const half = performanceOf(many, { ...options, toMs: 40 * DAY });
    expect(told.sharpe).toBeLessThan(half.sharpe!);
    expect(told.deflatedSharpe).toBeGreaterThan(0.9);
    const tried = performanceOf(many, { ...options, trials: { count: 1_000, variance: 0.05 } });
    expect(tried.deflatedSharpe).toBeLessThan(0.1);
  });
});
