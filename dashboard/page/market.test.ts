import { describe, expect, it } from 'vitest';
import { changeOf, Market } from './market.ts';
import type { Overview, PairState } from './wire.ts';

const pairOf = (pair: string, changes: Partial<PairState> = {}): PairState => ({
  pair,
  venue: 'bybit',
  symbol: pair,
  lastPrice: 63_000,
  dayAgo: 60_000,
  bias: null,
  lastSignal: null,
  feedAgeMs: 0,
  connected: true,
  coverage: 1,
  positions: [],
  ...changes,
});
const status = { marketTime: '2026-01-05T09:30:00.000Z' } as Overview['status'];
const marketOf = (...pairs: readonly PairState[]) =>
  new Market(
    {
      eventId: 1,
      version: '',
      status,
      pairs: [...pairs],
      books: [],
      swings: [],
      notices: [],
      source: { title: '', kind: 'live', speed: 1 },
    },
    [],
  );

describe('the change since a day ago', () => {
  it('is of the last price, as it moves', () => {
    const market = marketOf(pairOf('BTCUSDT'));
    expect(changeOf(market.row('BTCUSDT'))).toBeCloseTo(0.05, 12);
    market.price('BTCUSDT', 57_000);
    expect(changeOf(market.row('BTCUSDT'))).toBeCloseTo(-0.05, 12);
    expect(market.row('BTCUSDT')?.move).toBe('down');
  });

  it('is unknown without a price of then, whatever comes, until that is told', () => {
    const market = marketOf(pairOf('BTCUSDT', { lastPrice: null, dayAgo: null }), pairOf('ETHUSDT'));
    market.price('BTCUSDT', 61_000);
    expect([changeOf(market.row('BTCUSDT')), changeOf(market.row('XRPUSDT')), market.knowsDay]).toEqual([
      ...[null, null, false],
    ]);
    expect(market.day([pairOf('ETHUSDT'), pairOf('BTCUSDT', { dayAgo: 61_000 })])).toBe(true);
    expect([changeOf(market.row('BTCUSDT')), market.knowsDay]).toEqual([0, true]);
  });

  it('is not told of other pairs', () => {
    const market = marketOf(pairOf('BTCUSDT'));
    expect(market.day([pairOf('ETHUSDT', { dayAgo: 1 })])).toBe(false);
    expect(market.day([pairOf('BTCUSDT', { dayAgo: 1 }), pairOf('ETHUSDT')])).toBe(false);
    expect(market.row('BTCUSDT')?.dayAgo).toBe(60_000);
  });
});

it('knows from bars how prices are written, and the price before the first trade', () => {
  const market = marketOf(pairOf('BTCUSDT', { lastPrice: null }), pairOf('ETHUSDT', { lastPrice: 2_000 }));
  market.known('BTCUSDT', [{ close: 61_000.25 }, { close: 61_001 }]);
  market.known('ETHUSDT', [{ close: 2_001.5 }]);
  market.known('XRPUSDT', [{ close: 1 }]);
  expect(market.rows.map(({ lastPrice, decimals }) => [lastPrice, decimals])).toEqual([
    [61_001, 2],
    [2_000, 1],
  ]);
});
