import { describe, expect, it } from 'vitest';
import type { PositionEvent } from '../../schemas/position-event.ts';
import { closedTrades } from './closed-trade.ts';

const event = (over: Partial<PositionEvent>): PositionEvent => ({
  ...{ id: 'x', kind: 'DECISION', signalId: 's1', pair: 'BTCUSDT', side: 'LONG', ts: 1_000, reason: '' },
  ...{ price: null, size: null, refusal: null, exit: null, fees: null, funding: null, pnl: null },
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
  ...{ kind: 'EXIT', ts: 5_000, price: 100.5, size: 2, fees: 0.1602, funding: -0.05, pnl: 0.7898 },
  ...{ exit: 'TP', slippage: 0, fundingKnown: true, book: 'a' },
});

describe('closed trades', () => {
  it('join an exit to its entry, in whatever order and however often they come', () => {
    const [trade, ...others] = closedTrades([exit, entry, exit, event({})]);
    expect(others).toEqual([]);
    expect(trade).toEqual({
      ...{ book: 'a', signalId: 's1', pair: 'BTCUSDT', side: 'LONG', exit: 'TP' },
      ...{ openedAt: 1_000, closedAt: 5_000, entry: 100, price: 100.5, size: 2 },
      ...{ gross: 1, fees: 0.1602, funding: -0.05, isFundingKnown: true, net: 0.7898 },
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
