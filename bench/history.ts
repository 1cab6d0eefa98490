/** Rows a second into DuckDB. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDuckDbHistory } from '../connectors/history/duckdb.ts';
import type { Benchmark, Row } from './benchmark.ts';

const ROWS = 400_000;

/** A trade each 5 ms. */
const tick = (number: number) => ({
  id: `bybit:BTCUSDT:${number}`,
  venue: 'bybit',
  symbol: 'BTCUSDT',
  tradeId: String(number),
  seq: number,
  ts: new Date(1_709_251_200_000 + number * 5).toISOString(),
  price: 60_000 + (number % 1000) / 10,
  size: 0.001 * ((number % 50) + 1),
  side: 'BUY',
});

async function measure(batch: number): Promise<Row> {
  const dir = mkdtempSync(join(tmpdir(), 'cst-bench-'));
  const history = await openDuckDbHistory({ path: join(dir, 'history.duckdb') });
  try {
    const start = performance.now();
    for (let from = 0; from < ROWS; from += batch) {
      const rows = Array.from({ length: batch }, (_, i) => tick(from + i));
      await history.insert('ticks', rows);
    }
    const perSecond = (ROWS / (performance.now() - start)) * 1e3;
    return { rows: ROWS.toLocaleString('en-US'), 'rows/s': Math.round(perSecond).toLocaleString('en-US') };
  } finally {
    await history.close();
    rmSync(dir, { recursive: true });
  }
}

export const history: Benchmark = {
  name: 'history',
  about: 'Trades into a DuckDB file: each insert leaves out what is there, and is durable when it returns.',
  cases: [200, 2_000, 10_000].map((batch) => ({
    name: `ticks, ${batch} a batch`,
    run: () => measure(batch),
  })),
};
