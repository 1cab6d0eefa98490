/** Recorded files into history. */
import { INTERVAL_MS, type Interval, type Venue } from '../../../schemas/primitives.ts';
import type { History } from '../port.ts';
import type { Row } from '../rows.ts';
import { type BadLine, barFile, type TableSource, tableFile, tradeFile } from './files.ts';
import { type Verdict, verify } from './verify.ts';

export interface Import {
  readonly history: History;
  /** Without a symbol: named after its table or topic. */
  readonly files: readonly { readonly symbol: string | null; readonly path: string }[];
  /** Of the files with a symbol. */
  readonly venue: Venue;
  readonly interval: Interval;
  readonly trades: boolean;
  /** 0..1 */
  readonly onProgress?: (share: number) => void;
}

export interface ImportResult {
  /** Rows read, those that history had already among them. */
  readonly rows: number;
  /** Rows that could not be read, and the first of them. */
  readonly bad: number;
  readonly firstBad: readonly (BadLine & { readonly path: string })[];
  /** Of files of bars of one symbol. */
  readonly verdicts: readonly Verdict[];
}

const MOST_BAD = 5;

/**
 * Each row once, by its id, however often its file is read. What cannot be read is left out and told.
 * @throws ConfigError where a file as a whole is wrong: before it was begun.
 */
export async function importFiles(options: Import): Promise<ImportResult> {
  const { history, files, venue, interval, onProgress } = options;
  const total = { rows: 0, bad: 0 };
  const firstBad: (BadLine & { path: string })[] = [];
  const verdicts: Verdict[] = [];
  // All are opened first: a mistyped name is told before the work, not after it.
  const sources = await Promise.all(files.map((file) => open(options, file)));
  for (const [i, source] of sources.entries()) {
    const { symbol, path } = files[i]!;
    const times = { first: Number.POSITIVE_INFINITY, last: Number.NEGATIVE_INFINITY };
    for await (const { rows, bad } of source) {
      if (rows.length > 0) await history.insert(source.table, rows);
      total.rows += rows.length;
      total.bad += bad.length;
      for (const line of bad.slice(0, MOST_BAD - firstBad.length)) firstBad.push({ path, ...line });
      if (symbol !== null && source.table === 'candles') widen(times, rows);
      onProgress?.((i + source.progress()) / sources.length);
    }
    if (symbol === null || times.last < times.first) continue;
    const span = { fromMs: times.first, toMs: times.last + INTERVAL_MS[interval] };
    verdicts.push(await verify(history, { venue, interval, symbol, ...span }));
  }
  return { ...total, firstBad, verdicts };
}

function open(
  { venue, interval, trades }: Import,
  { symbol, path }: Import['files'][number],
): Promise<TableSource> {
  if (symbol === null) return tableFile(path);
  return trades ? tradeFile(path, { venue, symbol }) : barFile(path, { venue, interval, symbol });
}

function widen(times: { first: number; last: number }, rows: readonly Row[]): void {
  for (const { openTime } of rows) {
    const ms = Date.parse(String(openTime));
    times.first = Math.min(times.first, ms);
    times.last = Math.max(times.last, ms);
  }
}
