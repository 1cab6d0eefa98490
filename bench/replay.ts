/** `cst replay` from end to end: a file in, sorted files out. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { realData } from '../test/real-data.ts';
import { type Benchmark, millions, type Row } from './benchmark.ts';
import { newColumns, START, SymbolMarket } from './market.ts';

const CST = resolve(import.meta.dirname, '../cli/main.ts');
const TRADES = 5_000_000;

interface Summary {
  readonly trades: number;
  readonly bars: number;
  readonly features: number;
  readonly elapsedMs: number;
}

async function replay(args: readonly string[]): Promise<Row> {
  const out = mkdtempSync(join(tmpdir(), 'cst-bench-'));
  const summary: Summary = JSON.parse(await runCst(['replay', ...args, '--out', out, '--json']));
  rmSync(out, { recursive: true });
  const { trades, bars, features, elapsedMs } = summary;
  return {
    rows: (trades + bars).toLocaleString('en-US'),
    'symbol-minutes': features.toLocaleString('en-US'),
    elapsed: `${(elapsedMs / 1e3).toFixed(2)} s`,
    'rows/s': millions(((trades + bars) / elapsedMs) * 1e3),
    'µs/symbol-minute': ((elapsedMs * 1e3) / features).toFixed(0),
  };
}

function runCst(args: readonly string[]): Promise<string> {
  return new Promise((done, fail) => {
    const child = spawn(process.execPath, [CST, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (part: string) => {
      text += part;
    });
    child.on('error', fail);
    child.on('exit', (code) =>
      code === 0 ? done(text) : fail(new Error(`cst ${args.join(' ')} ended with exit code ${code}.`)),
    );
  });
}

/** A day of a dense market in Parquet, ids in ascending order. */
async function writeParquet(path: string): Promise<void> {
  const columns = newColumns(TRADES);
  new SymbolMarket('S', TRADES / 86_400, 1, START).take(Number.POSITIVE_INFINITY, columns);
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  await connection.run(
    'CREATE TABLE t (trade_id BIGINT, ts_ms BIGINT, price DOUBLE, size DOUBLE, side VARCHAR)',
  );
  const appender = await connection.createAppender('t');
  for (let i = 0; i < TRADES; i++) {
    appender.appendBigInt(BigInt(columns.seq[i]!));
    appender.appendBigInt(BigInt(columns.ts[i]!));
    appender.appendDouble(columns.price[i]!);
    appender.appendDouble(columns.size[i]!);
    appender.appendVarchar(columns.buy[i] ? 'BUY' : 'SELL');
    appender.endRow();
  }
  appender.closeSync();
  await connection.run(`COPY t TO '${path}' (FORMAT parquet)`);
  connection.closeSync();
}

async function generated(): Promise<Row> {
  const folder = mkdtempSync(join(tmpdir(), 'cst-bench-'));
  const file = join(folder, 'trades.parquet');
  await writeParquet(file);
  const row = await replay([`BTCUSDT=${file}`, '--venue', 'bybit']);
  rmSync(folder, { recursive: true });
  return row;
}

async function real(files: Record<string, string>, flags: readonly string[]): Promise<Row | null> {
  const words = Object.entries(files).map(([symbol, path]) => ({ symbol, path: realData(path) }));
  if (words.some(({ path }) => path === null)) return null;
  return replay([...words.map(({ symbol, path }) => `${symbol}=${path}`), ...flags]);
}

const BARS = Object.fromEntries(
  ['BTC', 'ETH', 'SOL', 'DOGE', 'ADA'].map((coin) => [
    `${coin}USDT`,
    `candles/bybit-linear-${coin.toLowerCase()}usdt-1m-2025-05-30.parquet`,
  ]),
);

export const replays: Benchmark = {
  name: 'replay',
  about:
    '`cst replay` in a process of its own, by its own clock: reading, encoding, the whole graph, sorting, writing. Without the 0.5 s that Node takes to load it.',
  cases: [
    {
      name: 'LTCUSDT, 31 h of real trades',
      run: () => real({ LTCUSDT: 'trades/binance-ltcusdt-2025-06-21.parquet' }, ['--venue', 'binance']),
    },
    {
      name: '5 symbols, 30 days of real 1m bars',
      run: () => real(BARS, ['--venue', 'bybit', '--interval', '1m']),
    },
    { name: 'one symbol, a day of 5 M synthetic trades', run: generated },
  ],
};
