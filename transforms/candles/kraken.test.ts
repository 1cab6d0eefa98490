import { DuckDBInstance } from '@duckdb/node-api';
import { describe, expect, it } from 'vitest';
import type { Candle } from '../../schemas/candle.ts';
import { INTERVAL_MS, type Interval, MINUTE_MS } from '../../schemas/primitives.ts';
import { encodeTradeColumns } from '../../schemas/trade-batch.ts';
import { needRealData } from '../../test/real-data.ts';
import { decodeTradeMessage } from '../decode/decode.ts';
import { candlesOf } from './candles.fixture.ts';
import { exactSum } from './candles.model.ts';

const FILE = 'trades/kraken-btcusdt-2023-11-17';

async function rowsOf(file: string, columns: string): Promise<number[][]> {
  const connection = await (await DuckDBInstance.create()).connect();
  const rows = (await connection.runAndReadAll(`SELECT ${columns} FROM '${file}' ORDER BY 1, 2`)).getRows();
  connection.closeSync();
  return rows.map((row) => row.map(Number));
}

/** As a replay publishes them: batches in order, each vouching for the whole seconds since the one before. */
function replay(trades: readonly number[][], batchSize: number): Candle[] {
  const column = (n: number) => Float64Array.from(trades, (row) => row[n]!);
  const [ts, seq, price, size, buy] = [column(0), column(1), column(2), column(3), column(4)];
  const parts = [];
  let fromMs = Math.floor(ts[0]! / MINUTE_MS) * MINUTE_MS;
  for (let from = 0; from < ts.length; from += batchSize) {
    const to = Math.min(ts.length, from + batchSize);
    const toMs =
      to < ts.length ? Math.floor(ts[to]! / 1000) * 1000 : Math.ceil(ts[to - 1]! / MINUTE_MS) * MINUTE_MS;
    const last = from === 0 ? null : { ts: ts[from - 1]!, seq: seq[from - 1]!, price: price[from - 1]! };
    const batch = {
      venue: 'bybit',
      symbol: 'BTCUSDT',
      claim: toMs > fromMs ? { fromMs, toMs } : null,
      last,
    } as const;
    const bytes = encodeTradeColumns({ ...batch, from, to, ts, seq, price, size, buy, ids: 'seq' });
    parts.push(...decodeTradeMessage(bytes).parts);
    fromMs = toMs;
  }
  return candlesOf(parts);
}

describe('5.4 days of Kraken trades', () => {
  it('become the candles that came with them, and filled ones between', async (context) => {
    const trades = await rowsOf(
      needRealData(context, `${FILE}.parquet`),
      "ts_ms, trade_id, price, size, CASE side WHEN 'BUY' THEN 1 ELSE 0 END",
    );
    const candles = replay(trades, 200);
    for (const interval of ['1m', '5m', '15m', '1h'] as const) {
      const file = needRealData(context, `${FILE}.candles-${interval}.parquet`);
      const expected = await rowsOf(file, 'open_time_ms, open, high, low, close, volume');
      const made = candles.filter((candle) => candle.interval === interval && !candle.filled);
      expect(made.map((c) => [c.openTime, c.open, c.high, c.low, c.close])).toEqual(
        expected.map((row) => row.slice(0, 5)),
      );
      made.forEach((c, i) => {
        expect(Math.abs(c.volume / expected[i]![5]! - 1)).toBeLessThan(1e-9);
      });
      expectNoHoles(candles, interval);
    }
    const minutes = candles.filter(({ interval }) => interval === '1m');
    expect(minutes.filter(({ filled }) => !filled)).toHaveLength(5_388);
    expect(minutes.every(({ complete }) => complete)).toBe(true);
    expectExactSums(minutes, trades);
  });

  it('give the same candles whatever the size of their batches', async (context) => {
    const file = needRealData(context, `${FILE}.parquet`);
    const trades = (await rowsOf(file, 'ts_ms, trade_id, price, size, 1')).slice(0, 6_000);
    const [one, ...others] = [1, 37, 2_000].map((size) => replay(trades, size));
    for (const other of others) expect(other).toEqual(one);
  });
});

function expectNoHoles(candles: readonly Candle[], interval: Interval): void {
  const times = candles.filter((candle) => candle.interval === interval).map(({ openTime }) => openTime);
  times.forEach((openTime, i) => {
    expect(openTime).toBe(times[0]! + i * INTERVAL_MS[interval]);
  });
}

function expectExactSums(minutes: readonly Candle[], trades: readonly number[][]): void {
  const byMinute = Map.groupBy(trades, ([ts]) => ts! - (ts! % MINUTE_MS));
  for (const candle of minutes.filter(({ filled }) => !filled)) {
    const rows = byMinute.get(candle.openTime) ?? [];
    expect(candle.trades).toBe(rows.length);
    expect(candle.volume).toBe(exactSum(rows.map((row) => [row[3]!])));
    expect(candle.turnover).toBe(exactSum(rows.map((row) => [row[2]!, row[3]!])));
    expect(candle.buyVolume).toBe(exactSum(rows.filter((row) => row[4] === 1).map((row) => [row[3]!])));
  }
}
