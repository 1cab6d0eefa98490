import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../connectors/clock/system.ts';
import { replay } from '../pipelines/replay/replay.ts';
import { Candle } from '../schemas/candle.ts';
import { DEFAULT_PARAMS } from '../schemas/params.ts';
import { INTERVAL_MS, INTERVALS, type Interval } from '../schemas/primitives.ts';
import { needRealData } from './real-data.ts';

const TRADES = 'trades/binance-ltcusdt-2025-06-21.parquet';

/** Bars with trades as SQL sees them: exact decimals, order by (ts, id). Times in ms. */
const BARS = (path: string, length: number) => `
  WITH trades AS (
    SELECT ts_ms, trade_id::BIGINT AS id, price, size::DECIMAL(18, 8) AS size, side FROM '${path}'
  )
  SELECT (ts_ms // ${length} * ${length})::DOUBLE AS "openTime",
    arg_min(price, (ts_ms, id)) AS open, max(price) AS high, min(price) AS low, arg_max(price, (ts_ms, id)) AS close,
    sum(size)::DOUBLE AS volume, coalesce(sum(size) FILTER (side = 'BUY'), 0)::DOUBLE AS "buyVolume",
    count(*)::DOUBLE AS trades
  FROM trades GROUP BY 1 ORDER BY 1`;

/** The longest pause between two trades. Times in ms. */
const GAP = (path: string) => `
  SELECT "before"::DOUBLE AS "before", ts_ms::DOUBLE AS after, price FROM (
    SELECT ts_ms, lag(ts_ms) OVER w AS "before", lag(price) OVER w AS price
    FROM '${path}' WINDOW w AS (ORDER BY ts_ms, trade_id::BIGINT)
  ) WHERE "before" IS NOT NULL ORDER BY ts_ms - "before" DESC LIMIT 1`;

async function rowsOf(sql: string): Promise<Record<string, number>[]> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  try {
    return (await connection.runAndReadAll(sql)).getRowObjectsJS() as Record<string, number>[];
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

async function replayed(path: string): Promise<Candle[]> {
  const out = mkdtempSync(join(tmpdir(), 'ltc-'));
  await replay({
    files: [{ symbol: 'LTCUSDT', path }],
    venue: 'binance',
    params: DEFAULT_PARAMS,
    history: [],
    out,
    interval: undefined,
    clock: systemClock,
    fromMs: undefined,
    toMs: undefined,
  });
  const lines = readFileSync(join(out, 'market-candles.ndjson'), 'utf8').trim().split('\n');
  return lines.map((line) => Candle.parse(JSON.parse(line)));
}

function numbersOf({ openTime, open, high, low, close, volume, buyVolume, trades }: Candle) {
  return { openTime, open, high, low, close, volume, buyVolume, trades };
}

describe('31 hours of LTCUSDT', () => {
  it('give the bars that SQL makes of the same trades, in every interval', async (context) => {
    const path = needRealData(context, TRADES);
    const candles = await replayed(path);
    for (const interval of INTERVALS as readonly Interval[]) {
      const bars = candles.filter((candle) => candle.interval === interval && !candle.filled);
      expect(bars.map(numbersOf)).toEqual(await rowsOf(BARS(path, INTERVAL_MS[interval])));
    }
  });

  it('have filled bars, and no other, where nobody traded: the gap above all', async (context) => {
    const path = needRealData(context, TRADES);
    const minutes = (await replayed(path)).filter(({ interval }) => interval === '1m');
    const opens = minutes.map(({ openTime }) => openTime);
    const span = (opens.at(-1)! - opens[0]!) / 60_000 + 1;
    expect(new Set(opens).size).toBe(opens.length);
    expect(opens.length).toBe(span);
    const [gap] = await rowsOf(GAP(path));
    const within = minutes.filter(
      ({ openTime }) => openTime > gap!.before! && openTime + 60_000 <= gap!.after!,
    );
    expect(within.length).toBe(Math.floor(gap!.after! / 60_000) - Math.floor(gap!.before! / 60_000) - 1);
    for (const candle of within) {
      const { price } = gap!;
      expect(candle).toMatchObject({
        open: price,
        high: price,
        low: price,
        close: price,
        volume: 0,
        filled: true,
      });
    }
    expect(within.length).toBeGreaterThan(0);
  });
});
