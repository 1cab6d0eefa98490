/** `node test/smoke.ts`: replays real Kraken trades by the command line, twice, and compares every bar with the exchange's. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { REAL_DATA_FOLDER, realData } from './real-data.ts';

const ROOT = resolve(import.meta.dirname, '..');
const TRADES = 'trades/kraken-btcusdt-2023-11-17.parquet';
const INTERVALS = ['1m', '5m', '15m', '1h'];

interface Summary {
  readonly outputSha256: string;
  readonly trades: number;
  readonly deadLetters: number;
  readonly elapsedMs: number;
}

function replay(trades: string, out: string): Summary {
  const run = spawnSync(
    process.execPath,
    ['cli/main.ts', 'replay', `BTCUSDT=${trades}`, '--venue', 'kraken', '--out', out, '--json'],
    { cwd: ROOT, encoding: 'utf8', maxBuffer: 1 << 28 },
  );
  if (run.status !== 0) throw new Error(`cst replay exited with ${run.status}: ${run.stderr}`);
  return JSON.parse(run.stdout);
}

/** Bars of the exchange, of ours, and how many of either have no equal on the other side. */
function comparison(candles: string, expected: string, interval: string): string {
  return `
    WITH ours AS (
      SELECT epoch_ms(openTime) AS t, arg_max(open, revision) AS o, arg_max(high, revision) AS h,
        arg_max(low, revision) AS l, arg_max(close, revision) AS c, arg_max(volume, revision) AS v,
        arg_max(filled, revision) AS filled
      FROM read_ndjson('${candles}') WHERE interval = '${interval}' GROUP BY openTime
    ), theirs AS (SELECT * FROM read_parquet('${expected}'))
    SELECT (SELECT count(*) FROM theirs)::INT AS expected,
      (SELECT count(*) FROM ours WHERE NOT filled)::INT AS got,
      (SELECT count(*) FROM theirs e LEFT JOIN ours a ON a.t = e.open_time_ms AND NOT a.filled
        AND (a.o, a.h, a.l, a.c) = (e.open, e.high, e.low, e.close) AND abs(a.v - e.volume) < 1e-9
       WHERE a.t IS NULL)::INT AS different`;
}

/** Exit code by which a check says that it could not run here. */
const SKIPPED = 77;

async function smoke(): Promise<number> {
  const trades = realData(TRADES);
  if (trades === null) {
    console.log(`skipped: no ${TRADES} at ${REAL_DATA_FOLDER}`);
    return SKIPPED;
  }
  const folder = mkdtempSync(join(tmpdir(), 'cst-smoke-'));
  try {
    const first = replay(trades, join(folder, 'first'));
    const second = replay(trades, join(folder, 'second'));
    console.log(`${first.trades} trades in ${first.elapsedMs} ms, ${first.deadLetters} dead letters`);
    const same = first.outputSha256 === second.outputSha256 && first.deadLetters === 0;
    console.log(`second run ${same ? 'equals' : 'differs from'} the first`);
    const equal = await compareAll(join(folder, 'first', 'market-candles.ndjson'), trades);
    return equal && same ? 0 : 1;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function compareAll(candles: string, trades: string): Promise<boolean> {
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  let equal = true;
  for (const interval of INTERVALS) {
    const expected = trades.replace('.parquet', `.candles-${interval}.parquet`);
    const result = await connection.runAndReadAll(comparison(candles, expected, interval));
    const row = result.getRowObjectsJson()[0];
    console.log(`${interval}: ${JSON.stringify(row)}`);
    equal &&= row?.different === 0 && row.got === row.expected;
  }
  connection.closeSync();
  return equal;
}

process.exitCode = await smoke();
