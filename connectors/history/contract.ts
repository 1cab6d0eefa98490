/** What every History keeps to; run against each twin. */
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Candle, candleId } from '../../schemas/candle.ts';
import { LevelSet } from '../../schemas/level-set.ts';
import { ScalpSignal } from '../../schemas/scalp-signal.ts';
import { rowSchema, TABLE_NAMES } from '../../schemas/tables.ts';
import { wireOf } from '../../schemas/wire.arbitrary.ts';
import type { History } from './port.ts';

export interface HistoryUnderTest {
  readonly history: History;
  /** Its SQL of the one query that its dialect spells in its own way; default DuckDB's. */
  readonly parametersSql?: string;
  /** Closes the history and opens it again, on what was kept. */
  reopen(): Promise<History>;
  dispose(): Promise<void>;
}

const START = Date.UTC(2024, 2, 1);
const MINUTE = 60_000;

/** A 1m bar of BTCUSDT, in the program's form. */
export function candle(changes: Partial<Candle> = {}): Candle {
  const bar: Candle = {
    id: '',
    venue: 'bybit',
    symbol: 'BTCUSDT',
    interval: '1m',
    openTime: START,
    open: 61_000.1,
    high: 61_010,
    low: 60_999.9,
    close: 61_000.7,
    volume: 0.1 + 0.2,
    turnover: null,
    buyVolume: 0.1,
    trades: 3,
    vwap: null,
    coverage: 59 / 60,
    filled: false,
    complete: false,
    revision: 62,
    ...changes,
  };
  return { ...bar, id: candleId(bar) };
}

export const wire = (bar: Candle) => z.encode(Candle, bar);

export function testHistoryContract(name: string, open: () => Promise<HistoryUnderTest>): void {
  describe(`History contract: ${name}`, () => {
    const opened: HistoryUnderTest[] = [];
    const make = async () => {
      const made = await open();
      opened.push(made);
      return made;
    };
    const query = {
      venue: 'bybit',
      symbols: ['BTCUSDT'],
      interval: '1m',
      fromMs: START,
      toMs: START + 10 * MINUTE,
    } as const;
    afterEach(async () => {
      for (const made of opened.splice(0)) await made.dispose();
    });

    it('gives candles back as they were, to the last bit', async () => {
      const { history } = await make();
      const bars = [candle(), candle({ openTime: START + MINUTE, turnover: 1e-12, vwap: 123456789.123 })];
      await history.insert('candles', bars.map(wire));
      expect(await history.candles(query)).toEqual(bars);
    });

    it('inserts an id once, within a call and over calls', async () => {
      const { history } = await make();
      const bars = [candle(), candle({ openTime: START + MINUTE })].map(wire);
      await history.insert('candles', [...bars, ...bars]);
      await Promise.all([history.insert('candles', bars), history.insert('candles', bars)]);
      expect(await history.query('SELECT count(*) AS n FROM candles')).toEqual([{ n: 2 }]);
      await history.insert('candles', []);
    });

    it('answers with the highest revision of each bar, by symbol then time', async () => {
      const { history } = await make();
      const best = [
        candle({ symbol: 'ADAUSDT', openTime: START + MINUTE, revision: 9 }),
        candle({ openTime: START, revision: 100, close: 5 }),
        candle({ openTime: START + 9 * MINUTE }),
      ];
      const others = [
        candle({ openTime: START, revision: 99 }),
        candle({ openTime: START - MINUTE }),
        candle({ openTime: START + 10 * MINUTE }),
        candle({ interval: '5m' }),
        candle({ venue: 'kraken' }),
        candle({ symbol: 'XRPUSDT' }),
      ];
      await history.insert('candles', [...others, ...best.toReversed()].map(wire));
      expect(await history.candles({ ...query, symbols: ['BTCUSDT', 'ADAUSDT'] })).toEqual(best);
      expect(await history.candles({ ...query, symbols: [] })).toEqual([]);
    });

    it('gives rows back in wire form: nested, repeated, JSON, null', async () => {
      const { history } = await make();
      const levels = z.encode(LevelSet, {
        id: 'BTCUSDT:1:1',
        venue: 'bybit',
        symbol: 'BTCUSDT',
        pair: 'BTCUSDT',
        asOf: START,
        levels: [
          {
            price: 61_000,
            role: 'SUPPORT',
            strength: 0.5,
            touches: 3,
            recentTouches: 2,
            firstTouch: START - 5 * MINUTE,
            lastTouch: START - MINUTE,
            volume: 12.5,
            flipped: false,
            confluence: ['ROUND_NUMBER'],
          },
        ],
        trendlineHigh: { slope: -1.5, intercept: 61_100, anchor: START, r2: 0.75, swings: 5, lookback: 200 },
        trendlineLow: null,
        trend: 'DOWN',
        pointOfControl: null,
        atr: null,
        atrBaseline: null,
        candles: 120,
        complete: true,
        revision: 7,
      });
      const signal = z.encode(ScalpSignal, {
        ...SIGNAL,
        entry_conditions_met: { near: true, distance: 0.12, reason: "it's “quoted”", none: null },
      });
      await history.insert('levels', [levels]);
      await history.insert('scalp_signals', [signal]);
      expect(await history.query('SELECT * FROM levels')).toEqual([levels]);
      expect(await history.query('SELECT * FROM scalp_signals')).toEqual([signal]);
    });

    it.each(TABLE_NAMES)('takes any message of %s, and gives it back', async (table) => {
      const { history } = await make();
      const schema = rowSchema(table);
      const empty = Object.fromEntries(Object.keys(schema.shape).map((name) => [name, null]));
      const rows = fc
        .sample(wireOf(schema), { numRuns: 20, seed: 6 })
        .map((row, i) => ({ ...empty, ...row, id: `row ${i + 10}` }));
      // No database keeps the sign of a zero.
      const kept = JSON.parse(JSON.stringify(rows));
      await history.insert(table, kept);
      expect(await history.query(`SELECT * FROM ${table} ORDER BY id`)).toEqual(kept);
    });

    it('queries with named parameters: text, number, boolean, null, time, list', async () => {
      const { history, parametersSql } = await make();
      await history.insert('candles', [
        wire(candle()),
        wire(candle({ openTime: START + MINUTE, revision: 2 })),
      ]);
      const duckDb = `
        SELECT "openTime", revision, low > $low AS above, $nothing IS NULL AS empty FROM candles
        WHERE symbol = $symbol AND "openTime" >= $from AND filled = $filled AND revision IN (SELECT unnest($revisions))`;
      const from = new Date(START + 1).toISOString();
      const parameters = {
        low: 60_000.5,
        symbol: 'BTCUSDT',
        from,
        filled: false,
        revisions: [2, 3],
        nothing: null,
      };
      expect(await history.query(parametersSql ?? duckDb, parameters)).toEqual([
        { openTime: '2024-03-01T00:01:00.000Z', revision: 2, above: true, empty: true },
      ]);
    });

    it('refuses rows that do not fit their table, and keeps none of them', async () => {
      const { history } = await make();
      const good = wire(candle());
      for (const bad of [{ close: 'dear' }, { openTime: 'yesterday' }, { volume: null }, { id: null }]) {
        await expect(
          history.insert('candles', [good, { ...good, id: 'x', ...bad }]),
          JSON.stringify(bad),
        ).rejects.toThrow('candles');
      }
      expect(await history.query('SELECT count(*) AS n FROM candles')).toEqual([{ n: 0 }]);
      await expect(history.query('SELECT nonsense FROM nowhere')).rejects.toThrow('nowhere');
    });

    it('keeps rows over a restart', async () => {
      const { history, reopen } = await make();
      await history.insert('candles', [wire(candle())]);
      const again = await reopen();
      await again.insert('candles', [wire(candle()), wire(candle({ openTime: START + MINUTE }))]);
      expect(await again.candles(query)).toEqual([candle(), candle({ openTime: START + MINUTE })]);
    });
  });
}

const SIGNAL: ScalpSignal = {
  id: 'sr-exhaustion:default:BTCUSDT:LONG:1',
  type: 'SCALP',
  strategy: 'sr-exhaustion',
  variant: 'default',
  venue: 'bybit',
  symbol: 'BTCUSDT',
  pair: 'BTCUSDT',
  side: 'LONG',
  entry: 61_000,
  tp: 61_305,
  sl: 60_695,
  support: [60_990, 60_500.5],
  resistance: [],
  trend: { slope: 1, intercept: 2, r2: 0.9 },
  timestamp: START,
  expires_at: START + 5 * MINUTE,
  confidence: 0.7,
  exhaustion_checks: { volume_drop: true, double_wick: false, rsi_extreme: true, order_book_flip: false },
  signal_reason: 'Support held.',
  entry_conditions_met: {},
  atr: 80,
  leverage: 10,
  params_hash: '0123456789abcdef',
  inputs_hash: '0123456789abcdef',
};
