import { describe, expect, it } from 'vitest';
import { row } from '../../functions/trade-desk/trade-desk.fixture.ts';
import { BacktestAssumptions } from '../../schemas/backtest-assumptions.ts';
import { Quotes } from './quotes.ts';

const T = Date.UTC(2025, 5, 1, 8);
const MINUTE = 60_000;
const bar = (closeTime: number, known = {}) =>
  row({ openTime: closeTime - MINUTE, closeTime, close: 200, volume: 3, volumeEma20: 50, ...known });

describe('a quote made of a bar', () => {
  const assumptions = BacktestAssumptions.parse({ assumedSpread: 0.001, assumedDepth: 0.1 });

  it('lies round the close, as deep as is assumed', () => {
    expect(new Quotes(assumptions, new Map()).atClose(bar(T))).toMatchObject({
      id: `bybit:BTCUSDT:${T}`,
      ts: T,
      bestBid: 199.9,
      bestAsk: 200.1,
      lastPrice: 200,
      connected: true,
      bidDepth: { bps5: 5, bps10: 10, bps25: 25, bps50: 50 },
      lastTradeTs: T - 1,
      lastTradeAgeMs: 1,
      fundingRate: null,
    });
  });

  it('has the last trade in the last bar with volume, and is down where the bar is not whole', () => {
    const quotes = new Quotes(assumptions, new Map());
    expect(quotes.atClose(bar(T, { volume: 0 })).lastTradeTs).toBeNull();
    quotes.atClose(bar(T + MINUTE));
    const silent = quotes.atClose(bar(T + 3 * MINUTE, { volume: 0, coverage: 0.5 }));
    expect(silent).toMatchObject({ lastTradeTs: T + MINUTE - 1, connected: false });
  });

  it('knows a funding shortly before it falls due, and no other', () => {
    const fundings = [
      { ts: T, rate: 0.0001 },
      { ts: T + 8 * 60 * MINUTE, rate: -0.0002 },
    ];
    const quotes = new Quotes(assumptions, new Map([['BTCUSDT', fundings]]));
    const rateAt = (ts: number) => quotes.atClose(bar(ts)).fundingRate;
    expect([rateAt(T - 11 * MINUTE), rateAt(T - 10 * MINUTE), rateAt(T - MINUTE), rateAt(T)]).toEqual([
      ...[null, 0.0001, 0.0001, null],
    ]);
    expect(rateAt(T + 8 * 60 * MINUTE - 1)).toBe(-0.0002);
    expect(quotes.atClose(bar(T - MINUTE, { symbol: 'ETHUSDT' })).fundingRate).toBeNull();
  });
});
