/** The simulated market is made so that the strategies find something in it: signals within minutes, every hour. */
import { describe, expect, it } from 'vitest';
import { SIMULATED_SYMBOLS } from '../connectors/exchanges/simulated/instruments.ts';
import { klines } from '../connectors/exchanges/simulated/klines.ts';
import { SimulatedMarket, type SymbolMarket } from '../connectors/exchanges/simulated/market.ts';
import type { Candle } from '../schemas/candle.ts';
import { DEFAULT_PARAMS } from '../schemas/params.ts';
import { INTERVAL_MS, type Interval, MINUTE_MS } from '../schemas/primitives.ts';
import { barFeatures } from '../transforms/features/features.ts';
import { joinFacts, type MinuteFact } from '../transforms/features/join.ts';
import { levelSetOf } from '../transforms/levels/level-set.ts';
import { levelsAt } from '../transforms/levels/levels.ts';
import { decide } from '../transforms/strategies/strategies.ts';
import { trendAt } from '../transforms/trend/trend.ts';

const HOUR_MS = 60 * MINUTE_MS;
const QUARTER_MS = 15 * MINUTE_MS;
const SYMBOLS = SIMULATED_SYMBOLS.slice(0, 8);

async function candles(
  market: SymbolMarket,
  interval: Interval,
  fromMs: number,
  toMs: number,
): Promise<Candle[]> {
  const { symbol, tick, lot } = market.instrument;
  const bars = await klines(market, INTERVAL_MS[interval] / MINUTE_MS, fromMs, toMs - 1, toMs);
  return bars.map((bar) => ({
    id: `${symbol}:${interval}:${bar.openTime}`,
    venue: 'bybit',
    symbol,
    interval,
    openTime: bar.openTime,
    open: bar.open * tick,
    high: bar.high * tick,
    low: bar.low * tick,
    close: bar.close * tick,
    volume: bar.lots * lot,
    turnover: null,
    buyVolume: null,
    trades: null,
    vwap: null,
    coverage: 1,
    filled: bar.lots === 0,
    complete: true,
    revision: 1,
  }));
}

/** Minutes (of the hour) in which sr-exhaustion speaks of the symbol; the book is left out. */
async function minutesWithSignal(market: SymbolMarket, startMs: number): Promise<number[]> {
  const endMs = startMs + HOUR_MS;
  const minutes = await candles(market, '1m', startMs - 3 * HOUR_MS, endMs);
  const quarters = await candles(market, '15m', startMs - 31 * HOUR_MS, endMs);
  const hours = await candles(market, '1h', startMs - 201 * HOUR_MS, endMs);
  const known = minutes.map((candle) => ({
    candle,
    book: null,
    lastTradeTs: candle.openTime,
    received: 0,
  }));
  const { levels, trend } = DEFAULT_PARAMS;
  return Array.from({ length: 60 }, (_, minute) => minute).filter((minute) => {
    const openTime = startMs + minute * MINUTE_MS;
    const asOf = Math.floor(openTime / QUARTER_MS) * QUARTER_MS;
    const parts = [levelsAt(quarters, asOf, levels), trendAt(hours, startMs, trend)];
    const set = levelSetOf(
      parts.filter((part) => part !== null),
      levels,
    );
    const features = barFeatures(known, [], openTime + MINUTE_MS, DEFAULT_PARAMS)!;
    const facts: MinuteFact[] = [{ kind: 'features', features }];
    if (set) facts.push({ kind: 'levels', levels: set });
    const { row, levels: joined } = joinFacts(facts)!;
    return decide(row, joined, DEFAULT_PARAMS).some(({ strategy }) => strategy === 'sr-exhaustion');
  });
}

describe('the simulated market', () => {
  it.each(['2026-03-01T12:00Z', '2026-11-21T08:00Z', '2027-06-15T23:00Z'])(
    'gives signals all through the hour from %s',
    async (start) => {
      const market = new SimulatedMarket(1);
      const bySymbol = await Promise.all(
        SYMBOLS.map((symbol) => minutesWithSignal(market.of(symbol), Date.parse(start))),
      );
      const minutes = [...new Set(bySymbol.flat())].sort((a, b) => a - b);
      const gaps = [...minutes, 60].map((minute, i) => minute - (minutes[i - 1] ?? 0));
      expect(minutes.length).toBeGreaterThanOrEqual(15);
      expect(Math.max(...gaps)).toBeLessThanOrEqual(20);
      expect(bySymbol.filter((signals) => signals.length > 0).length).toBeGreaterThanOrEqual(4);
    },
  );
});
