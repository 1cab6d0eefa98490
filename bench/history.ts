/** `node bench/history.ts`: rows a second into DuckDB, insert-if-absent, each insert durable. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDuckDbHistory } from '../connectors/history/duckdb.ts';

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

for (const batch of [200, 2_000, 10_000]) {
  const dir = mkdtempSync(join(tmpdir(), 'cst-bench-'));
  const history = await openDuckDbHistory({ path: join(dir, 'history.duckdb') });
  const start = performance.now();
  for (let from = 0; from < ROWS; from += batch) {
    await history.insert(
      'ticks',
      Array.from({ length: batch }, (_, i) => tick(from + i)),
    );
  }
  const rate = Math.round((ROWS / (performance.now() - start)) * 1000);
  console.log(`ticks, ${batch} a batch: ${rate} rows/s`);
  await history.close();
  rmSync(dir, { recursive: true });
}
