import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, expect, it } from 'vitest';
import { queries } from '../../bq/catalog.ts';
import { statementOfQuery } from '../../bq/compose.ts';
import { openDuckDbSql } from '../../connectors/sql/duckdb.ts';
import { rowSchema } from '../../schemas/tables.ts';
import { duckDbColumns } from '../../schemas/to-duckdb.ts';
import { needRealData } from '../real-data.ts';
import { withParams } from './engines.ts';

const CST = resolve(import.meta.dirname, '../../cli/cst.js');
const COINS = ['btc', 'eth', 'sol', 'doge', 'ada'];
const folder = mkdtempSync(join(tmpdir(), 'cst-equal-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Rules that look across pairs, or at the book, are out of reach: SQL has none of them. */
const DESK = {
  book: 'default',
  rules: { maxConcurrent: 1_000, dailyCap: 1_000_000, dailyLossHalt: 10, onSwing: 'halve' },
  risk: {
    maxMargin: 10,
    maxOpenRisk: 10,
    correlation: 1,
    correlationMinReturns: 1,
    startEquity: 1_000_000,
    margin: 0.01,
    marginHalved: 0.01,
  },
  funding: { maxShareOfTp: 10 },
  liquidity: { maxSlippage: 0.01 },
};
/** The signals that MACRO or a funding forbade are left out of the SQL's, too. */
const NOT_OF_SQL = ['MACRO_BIAS', 'FUNDING_WINDOW'];

type Line = Readonly<Record<string, unknown>>;
const linesOf = (name: string): Line[] =>
  readFileSync(join(folder, 'out', name), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
const json = (name: string, value: unknown) => {
  writeFileSync(join(folder, name), JSON.stringify(value));
  return join(folder, name);
};

/** A month as the event backtest lived it: without a made-up spread, since SQL sees bars alone. */
function runEventBacktest(files: readonly string[]): void {
  const pairs = files.map((file, i) => `${COINS[i]!.toUpperCase()}USDT=${file}`);
  const flags = [
    '--desk',
    json('desk.json', { books: [DESK] }),
    '--assumptions',
    json('assumed.json', { assumedSpread: 0 }),
  ];
  const words = [CST, 'backtest', ...pairs, ...flags, '--out', join(folder, 'out'), '--json'];
  const { status, stderr } = spawnSync(process.execPath, words, { encoding: 'utf8', maxBuffer: 1e9 });
  expect([status, stderr]).toEqual([0, '']);
}

async function writeParquet(files: readonly string[], forbidden: ReadonlySet<unknown>): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  const bars = files.map(
    (file, i) => `SELECT '${COINS[i]!.toUpperCase()}USDT' AS symbol, * FROM read_parquet('${file}')`,
  );
  const candles = `SELECT symbol || open_time_ms AS id, 'bybit' AS venue, symbol, '1m' AS "interval",
    make_timestamp(open_time_ms * 1000) AS "openTime", "open", high, low, "close", volume, 1::BIGINT AS revision
    FROM (${bars.join(' UNION ALL BY NAME ')})`;
  await connection.run(`COPY (${candles}) TO '${join(folder, 'candles.parquet')}' (FORMAT parquet)`);
  const kept = linesOf('trade-signals-micro.ndjson').filter(({ id }) => !forbidden.has(id));
  writeFileSync(join(folder, 'kept.ndjson'), kept.map((line) => JSON.stringify(line)).join('\n'));
  const columns = duckDbColumns(rowSchema('scalp_signals')).map(({ name, type }) => `'${name}': '${type}'`);
  const signals = `SELECT * FROM read_json('${join(folder, 'kept.ndjson')}', columns = {${columns.join(', ')}})`;
  await connection.run(`COPY (${signals}) TO '${join(folder, 'scalp_signals.parquet')}' (FORMAT parquet)`);
  connection.disconnectSync();
  instance.closeSync();
}

it('is the event backtest, trade for trade: 30 days of five perpetuals', async (context) => {
  const files = COINS.map((coin) =>
    needRealData(context, `candles/bybit-linear-${coin}usdt-1m-2025-05-30.parquet`),
  );
  runEventBacktest(files);
  const decisions = linesOf('position-events.ndjson').filter(({ kind }) => kind === 'DECISION');
  const forbidden = decisions.filter(({ refusal }) => NOT_OF_SQL.includes(String(refusal)));
  await writeParquet(files, new Set(forbidden.map(({ signalId }) => signalId)));
  const engine = await openDuckDbSql({ path: folder });
  const query = statementOfQuery(queries().find(({ name }) => name === 'backtest_trades')!);
  const { rows } = await engine.query(withParams(query));
  await engine.close();

  const events = linesOf('trades.ndjson');
  const trades = rows.filter(({ exit_kind }) => exit_kind !== null);
  const ofSql = trades.map((row) => [
    row.signal_id,
    row.entry_at,
    row.exit_at,
    row.exit_kind,
    row.is_funding_known,
  ]);
  const ofDesk = events.map((row) => [
    row.signalId,
    row.openedAt,
    row.closedAt,
    row.exit,
    row.isFundingKnown,
  ]);
  expect(ofSql.map(String).sort()).toEqual(ofDesk.map(String).sort());
  const prices = new Map(events.map(({ signalId, price }) => [signalId, Number(price)]));
  const apart = trades.map((row) => Math.abs(Number(row.exit_price) / prices.get(row.signal_id)! - 1));
  expect(Math.max(...apart)).toBeLessThan(1e-9);
  expect(trades.length).toBeGreaterThan(1_000);
});
