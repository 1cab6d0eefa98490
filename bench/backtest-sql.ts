/** The rule of backtest-rule.ts by bq/backtest on DuckDB. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { queries } from '../bq/catalog.ts';
import { statementOfQuery } from '../bq/compose.ts';
import { defaultsOf } from '../bq/params.ts';
import { openDuckDbSql } from '../connectors/sql/duckdb.ts';
import { entryOf, RULE, type RuleTrade } from './backtest-rule.ts';
import type { Stopwatch } from './benchmark.ts';

const NO_COSTS = { entry_slippage: 0, exit_slippage: 0, cooldown_min: 0 };

/** Its time: the query, translation included, on Parquet files that are there before. */
export async function tradedBySql(
  files: ReadonlyMap<string, string>,
  watch: Stopwatch,
): Promise<RuleTrade[]> {
  const folder = mkdtempSync(join(tmpdir(), 'cst-bench-'));
  await writeHistory(folder, files);
  const trades = statementOfQuery(queries().find(({ name }) => name === 'backtest_trades')!);
  const given = { ...NO_COSTS, maker_fee: RULE.fee, taker_fee: RULE.fee, timeouts_min: [RULE.minutes] };
  const engine = await openDuckDbSql({ path: folder });
  try {
    watch.resume();
    const { rows } = await engine.query({ sql: trades.sql, params: defaultsOf(trades.params, given) });
    watch.pause();
    return rows.map(({ symbol, entry_ms, exit_ms, net_return }) => {
      return {
        symbol: String(symbol),
        openedAt: Number(entry_ms),
        closedAt: Number(exit_ms),
        net: Number(net_return),
      };
    });
  } finally {
    await engine.close();
    rmSync(folder, { recursive: true });
  }
}

/** A folder as `cst sql --history` takes it. */
async function writeHistory(folder: string, files: ReadonlyMap<string, string>): Promise<void> {
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  const bars = [...files].map(
    ([symbol, path]) =>
      `SELECT '${symbol}' AS symbol, ${entryOf(symbol)} AS direction, * FROM read_parquet('${path}')`,
  );
  await connection.run(`CREATE TABLE bars AS ${bars.join(' UNION ALL BY NAME ')}`);
  const candle = `SELECT symbol || open_time_ms AS id, 'bybit' AS venue, symbol, '1m' AS "interval",
    make_timestamp(open_time_ms * 1000) AS "openTime", "open", high, low, "close", volume, 1.0::DOUBLE AS coverage,
    false AS filled, true AS complete, 1::BIGINT AS revision FROM bars`;
  const signal = `SELECT symbol || open_time_ms AS id, 'champion' AS strategy, 'default' AS variant, 'bybit' AS venue,
    symbol, symbol AS pair, if(direction = 1, 'LONG', 'SHORT') AS side, "close" AS entry,
    "close" * (1 + direction * ${RULE.barrier}::DOUBLE) AS tp, "close" * (1 - direction * ${RULE.barrier}::DOUBLE) AS sl,
    make_timestamp(open_time_ms * 1000 + 60000000) AS "timestamp", 0.5::DOUBLE AS confidence, 10.0::DOUBLE AS leverage
    FROM bars WHERE direction != 0`;
  await connection.run(`COPY (${candle}) TO '${folder}/candles.parquet' (FORMAT parquet)`);
  await connection.run(`COPY (${signal}) TO '${folder}/scalp_signals.parquet' (FORMAT parquet)`);
  connection.disconnectSync();
}
