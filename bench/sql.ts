/** The SQL backtest on DuckDB, over a month of real bars. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { queries } from '../bq/catalog.ts';
import { statementOfQuery } from '../bq/compose.ts';
import { defaultsOf } from '../bq/params.ts';
import { openDuckDbSql } from '../connectors/sql/duckdb.ts';
import { realData } from '../test/real-data.ts';
import type { Benchmark, Row } from './benchmark.ts';

const COINS = ['btc', 'eth', 'sol', 'doge', 'ada'];
/** One signal in so many minutes of a symbol: as many as both strategies give on these bars. */
const MINUTES_PER_SIGNAL = 93;
const RUNS = 3;

/** A folder of Parquet files, as `cst sql --history` takes it; null where the bars are missing. */
async function historyFolder(): Promise<string | null> {
  const files = COINS.map((coin) => realData(`candles/bybit-linear-${coin}usdt-1m-2025-05-30.parquet`));
  if (files.includes(null)) return null;
  const folder = mkdtempSync(join(tmpdir(), 'cst-bench-'));
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  const bars = files.map((file, i) => {
    const symbol = `${COINS[i]!.toUpperCase()}USDT`;
    return `SELECT '${symbol}' AS symbol, * FROM read_parquet('${file}')`;
  });
  await connection.run(`CREATE TABLE bars AS ${bars.join(' UNION ALL BY NAME ')}`);
  const candle = `SELECT symbol || open_time_ms AS id, 'bybit' AS venue, symbol, '1m' AS "interval",
    make_timestamp(open_time_ms * 1000) AS "openTime", "open", high, low, "close", volume, 1.0::DOUBLE AS coverage,
    false AS filled, true AS complete, 1::BIGINT AS revision FROM bars`;
  const signal = `SELECT symbol || open_time_ms AS id, 'champion' AS strategy, 'default' AS variant, 'bybit' AS venue, symbol,
    symbol AS pair, if(hash(open_time_ms) % 2 = 0, 'LONG', 'SHORT') AS side, "close" AS entry,
    "close" * if(hash(open_time_ms) % 2 = 0, 1.005, 0.995) AS tp, "close" * if(hash(open_time_ms) % 2 = 0, 0.995, 1.005) AS sl,
    make_timestamp(open_time_ms * 1000 + 60000000) AS "timestamp", 0.5::DOUBLE AS confidence, 10.0::DOUBLE AS leverage
    FROM bars WHERE hash(symbol, open_time_ms) % ${MINUTES_PER_SIGNAL} = 0`;
  await connection.run(`COPY (${candle}) TO '${folder}/candles.parquet' (FORMAT parquet)`);
  await connection.run(`COPY (${signal}) TO '${folder}/scalp_signals.parquet' (FORMAT parquet)`);
  connection.disconnectSync();
  instance.closeSync();
  return folder;
}

async function measure(name: string): Promise<Row | null> {
  const folder = await historyFolder();
  if (folder === null) return null;
  const { sql, params } = statementOfQuery(queries().find((query) => query.name === name)!);
  const engine = await openDuckDbSql({ path: folder });
  try {
    const times: number[] = [];
    let rows = 0;
    for (let run = 0; run <= RUNS; run++) {
      const start = performance.now();
      rows = (await engine.query({ sql, params: defaultsOf(params) })).rows.length;
      // The first one loads the translator.
      if (run > 0) times.push(performance.now() - start);
    }
    times.sort((a, b) => a - b);
    return { rows: String(rows), 'median s': (times[RUNS >> 1]! / 1e3).toFixed(2) };
  } finally {
    await engine.close();
    rmSync(folder, { recursive: true });
  }
}

export const sql: Benchmark = {
  name: 'sql',
  about:
    'Queries of bq/ on DuckDB, translation included: 30 days of 1m bars of five perpetuals in Parquet files (216,000) and some 2,300 random signals.',
  cases: [
    { name: 'backtest_summary, one set of barriers', query: 'backtest_summary' },
    { name: 'backtest_sensitivity, 24 sets', query: 'backtest_sensitivity' },
    { name: 'backtest_walk_forward, 12 sets', query: 'backtest_walk_forward' },
    { name: 'signal_quality', query: 'signal_quality' },
    { name: 'feed_quality', query: 'feed_quality' },
  ].map(({ name, query }) => ({ name, run: () => measure(query) })),
};
