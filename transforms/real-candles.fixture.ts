/** Real Bybit candles for tests: 30 days of 1m bars, rolled up by SQL. Without the data the calling test is skipped. */
import { DuckDBInstance } from '@duckdb/node-api';
import type { TestContext } from 'vitest';
import type { Candle } from '../schemas/candle.ts';
import { INTERVAL_MS, type Interval } from '../schemas/primitives.ts';
import { needRealData } from '../test/real-data.ts';
import { candle } from './candle.fixture.ts';

/** Symbols with 43,200 minutes each from 2025-05-30 on, without gaps. */
export const REAL_SYMBOLS = ['BTCUSDT', 'ETHUSDT', 'SOLUSDT', 'DOGEUSDT', 'ADAUSDT'] as const;

/** Candles of an interval, oldest first; volumes are summed as decimals, so that no order of adding shows. */
export async function readRealCandles(
  context: Pick<TestContext, 'skip'>,
  symbol: (typeof REAL_SYMBOLS)[number],
  interval: Interval,
): Promise<Candle[]> {
  const file = needRealData(context, `candles/bybit-linear-${symbol.toLowerCase()}-1m-2025-05-30.parquet`);
  const length = INTERVAL_MS[interval];
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  try {
    const result = await connection.runAndReadAll(
      `select (open_time_ms // ${length} * ${length})::double open_time,
        arg_min(open, open_time_ms), max(high), min(low), arg_max(close, open_time_ms),
        sum(volume::decimal(28, 8))::double
      from read_parquet('${file.replaceAll("'", "''")}') group by 1 order by 1`,
    );
    return (result.getRows() as number[][]).map(([openTime, open, high, low, close, volume]) =>
      candle({ symbol, interval, openTime, open, high, low, close, volume } as Partial<Candle>),
    );
  } finally {
    connection.closeSync();
  }
}
