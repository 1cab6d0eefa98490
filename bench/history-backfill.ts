/** Bars a second into a DuckDB file by a backfill, and by DuckDB's own reader beside it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { systemClock } from '../connectors/clock/system.ts';
import { BackfillCursor } from '../connectors/history/backfill/cursor.ts';
import { exchange } from '../connectors/history/backfill/exchange.fixture.ts';
import { importFiles } from '../connectors/history/backfill/import.ts';
import { backfillKlines } from '../connectors/history/backfill/klines.ts';
import { exportParquet } from '../connectors/history/duckdb/parquet.ts';
import { openDuckDbHistory } from '../connectors/history/duckdb.ts';
import type { Benchmark, Row } from './benchmark.ts';

const FROM = Date.UTC(2024, 0, 1);
/** 180 days of one symbol. */
const BARS = 180 * 1_440;

const inFolder = async <T>(run: (dir: string) => Promise<T>): Promise<T> => {
  const dir = mkdtempSync(join(tmpdir(), 'cst-bench-'));
  try {
    return await run(dir);
  } finally {
    rmSync(dir, { recursive: true });
  }
};

async function fill(dir: string): Promise<number> {
  const history = await openDuckDbHistory({ path: join(dir, 'history.duckdb') });
  const cursor = new BackfillCursor(join(dir, 'backfill.sqlite'));
  const start = performance.now();
  const series = { venue: 'bybit', symbols: ['BTCUSDT'], interval: '1m', target: 'bench' } as const;
  const span = { fromMs: FROM, toMs: FROM + BARS * 60_000, clock: systemClock };
  await backfillKlines({ ...series, ...span, history, cursor, rest: exchange() });
  const elapsedMs = performance.now() - start;
  cursor.close();
  await history.close();
  return elapsedMs;
}

const klines = () => inFolder(async (dir) => rowOf(await fill(dir)));

const parquet = () =>
  inFolder(async (dir) => {
    await fill(dir);
    await exportParquet({ path: join(dir, 'history.duckdb'), out: dir, tables: ['candles'] });
    const history = await openDuckDbHistory({ path: join(dir, 'other.duckdb') });
    const files = [{ symbol: null, path: join(dir, 'candles.parquet') }];
    const start = performance.now();
    await importFiles({ history, files, venue: 'bybit', interval: '1m', trades: false });
    const elapsedMs = performance.now() - start;
    await history.close();
    return rowOf(elapsedMs);
  });

/** Nothing is checked, and nothing left out that is there. */
const reference = () =>
  inFolder(async (dir) => {
    await fill(dir);
    await exportParquet({ path: join(dir, 'history.duckdb'), out: dir, tables: ['candles'] });
    const instance = await DuckDBInstance.create(join(dir, 'reference.duckdb'), { threads: '1' });
    const connection = await instance.connect();
    const start = performance.now();
    await connection.run(
      `CREATE TABLE candles AS SELECT * FROM read_parquet('${join(dir, 'candles.parquet')}')`,
    );
    const elapsedMs = performance.now() - start;
    connection.disconnectSync();
    instance.closeSync();
    return rowOf(elapsedMs);
  });

function rowOf(elapsedMs: number): Row {
  const perSecond = Math.round((BARS / elapsedMs) * 1e3);
  return { bars: BARS.toLocaleString('en-US'), 'bars/s': perSecond.toLocaleString('en-US') };
}

export const backfill: Benchmark = {
  name: 'backfill',
  about:
    'Bars of 1m into a DuckDB file: each insert leaves out what is there, and is durable when it returns; at the end all are counted. The exchange answers at once. Reference: DuckDB copies the same file, unchecked, on one thread.',
  cases: [
    { name: 'pages of an exchange’s klines', run: klines },
    { name: 'Parquet of cst export', run: parquet },
    { name: 'DuckDB, the same Parquet file', run: reference },
  ],
};
