/** Files of bars as they are up to an instant, and another market after it. */
import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { openCandleFile } from '../../connectors/files/candles.ts';
import type { CandleRow } from '../../connectors/files/rows.ts';
import { hash32, Random } from '../../connectors/random.ts';
import type { ReplayFile } from '../../pipelines/replay/stream.ts';

const COLUMNS = ['open_time_ms', 'open', 'high', 'low', 'close', 'volume', 'turnover', 'trades'];
/** Prices after the instant are up to so far off. Unit: share of price. */
const OFF = 0.05;

export interface Perturbation {
  /** Bars that open from here on are others. Unit: ms since the epoch. */
  readonly fromMs: number;
  /** Bars that open from here on are left out. */
  readonly toMs: number;
  readonly seed: number;
  readonly folder: string;
}

/** Writes one file for each; what cannot be read is left out. @throws ConfigError where a file as a whole is wrong. */
export function perturbed(files: readonly ReplayFile[], change: Perturbation): Promise<ReplayFile[]> {
  return Promise.all(
    files.map(async ({ symbol, path }) => {
      const copy = join(change.folder, `${symbol.replaceAll('/', '-')}.csv`);
      await copyOf(path, copy, change, new Random(hash32(change.seed, symbol)));
      return { symbol, path: copy };
    }),
  );
}

async function copyOf(path: string, copy: string, change: Perturbation, random: Random): Promise<void> {
  const file = openSync(copy, 'w');
  try {
    writeSync(file, `${COLUMNS.join()}\n`);
    for await (const { rows } of await openCandleFile(path, '1m')) {
      const kept = rows.filter(({ openTime }) => openTime < change.toMs);
      const told = kept.map((row) => (row.openTime < change.fromMs ? row : otherRow(row, random)));
      writeSync(file, told.map((row) => `${cellsOf(row).join()}\n`).join(''));
    }
  } finally {
    closeSync(file);
  }
}

function cellsOf({ openTime, open, high, low, close, volume, turnover, trades }: CandleRow) {
  return [openTime, open, high, low, close, volume, turnover ?? '', trades ?? ''];
}

/** Another bar in its place. */
function otherRow(row: CandleRow, random: Random): CandleRow {
  const [open, close, up, down] = [1, 2, 3, 4].map(() => random.between(-OFF, OFF)) as [number, ...number[]];
  const prices = { open: row.open * (1 + open), close: row.close * (1 + close!) };
  const volume = row.volume * random.between(0.2, 5);
  return {
    ...row,
    ...prices,
    volume,
    high: Math.max(prices.open, prices.close) * (1 + Math.abs(up!) / 10),
    low: Math.min(prices.open, prices.close) * (1 - Math.abs(down!) / 10),
    turnover: null,
  };
}
