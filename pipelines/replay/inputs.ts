/** Files of a replay as streams of rows within its time range; what cannot be read leaves as dead letters. */
import { basename } from 'node:path';
import { openCandleFile } from '../../connectors/files/candles.ts';
import type { BadRow, RowSource, TradeRows } from '../../connectors/files/rows.ts';
import { openTradeFile } from '../../connectors/files/trades.ts';
import type { DeadLetter } from '../../schemas/dead-letter.ts';
import { ConfigError } from '../../schemas/errors.ts';
import { INTERVAL_MS, type Interval } from '../../schemas/primitives.ts';
import { shortHash } from '../../schemas/pubsub-message.ts';
import type { CandleChunk } from './candle-replay.ts';
import type { TimedRows } from './merge.ts';

/** A recording does not pause for longer; a time that far ahead is a mistake that would close every bar. Unit: ms. */
const MAX_PAUSE_MS = 366 * 86_400_000;

/** Rows in [fromMs, toMs) are replayed. */
export interface TimeRange {
  readonly fromMs: number | undefined;
  readonly toMs: number | undefined;
}

export interface RangedRows<T> {
  readonly rows: AsyncIterable<T>;
  /** Rows left out by the time range so far. */
  skipped(): number;
  /** Share of the file read so far, 0..1. */
  progress(): number;
}

type OnBad = (letter: DeadLetter) => void;

export async function openTrades(
  path: string,
  range: TimeRange,
  onBad: OnBad,
): Promise<RangedRows<TradeRows>> {
  return ranged(path, await openTradeFile(path), (chunk) => {
    letters(path, chunk.bad, onBad);
    return tradesWithin(chunk, range);
  });
}

export async function openCandles(
  path: string,
  interval: Interval,
  { fromMs = 0, toMs = Number.POSITIVE_INFINITY }: TimeRange,
  onBad: OnBad,
): Promise<RangedRows<CandleChunk>> {
  return ranged(path, await openCandleFile(path, interval), (chunk) => {
    letters(path, chunk.bad, onBad);
    const rows = chunk.rows.filter(
      ({ openTime }) => openTime >= fromMs && openTime + INTERVAL_MS[interval] <= toMs,
    );
    const kept = { rows, count: rows.length, ts: Float64Array.from(rows, (row) => row.openTime) };
    return { kept, skipped: chunk.rows.length - rows.length };
  });
}

function ranged<C, K extends TimedRows>(
  path: string,
  source: RowSource<C>,
  keep: (chunk: C) => { readonly kept: K; readonly skipped: number },
): RangedRows<K> {
  let left = 0;
  // NaN before the first row: no comparison holds.
  let newest = Number.NaN;
  async function* rows(): AsyncGenerator<K> {
    for await (const chunk of source) {
      const { kept, skipped } = keep(chunk);
      left += skipped;
      newest = newestOf(path, kept, newest);
      yield kept;
    }
  }
  return { rows: rows(), skipped: () => left, progress: () => source.progress() };
}

/** @throws ConfigError where a time lies so far ahead of those before it that one of them is wrong. */
function newestOf(path: string, { ts, count }: TimedRows, before: number): number {
  let newest = before;
  for (let i = 0; i < count; i++) {
    const t = ts[i]!;
    if (t <= newest) continue;
    if (t - newest > MAX_PAUSE_MS) {
      const [from, to] = [newest, t].map((ms) => new Date(ms).toISOString());
      throw new ConfigError(
        `Expected the rows of one recording in ${path}, got a jump from ${from} to ${to}. Correct the time, or use --from and --to.`,
      );
    }
    newest = t;
  }
  return newest;
}

function tradesWithin(chunk: TradeRows, range: TimeRange): { kept: TradeRows; skipped: number } {
  const { fromMs = 0, toMs = Number.POSITIVE_INFINITY } = range;
  const at: number[] = [];
  for (let i = 0; i < chunk.count; i++) if (chunk.ts[i]! >= fromMs && chunk.ts[i]! < toMs) at.push(i);
  if (at.length === chunk.count) return { kept: chunk, skipped: 0 };
  const column = (values: Float64Array) => Float64Array.from(at, (i) => values[i]!);
  const { ids, buy } = chunk;
  const kept = {
    count: at.length,
    ts: column(chunk.ts),
    price: column(chunk.price),
    size: column(chunk.size),
    seq: column(chunk.seq),
    buy: buy && Uint8Array.from(at, (i) => buy[i]!),
    ids: typeof ids === 'string' ? ids : at.map((i) => ids[i]!),
    bad: chunk.bad,
  };
  return { kept, skipped: chunk.count - at.length };
}

/** The name of the file, not its path: the same file gives the same letters wherever it lies. */
function letters(path: string, bad: readonly BadRow[], onBad: OnBad): void {
  for (const { line, reason, ts, bytes } of bad) {
    const stage = `read:${basename(path)}`;
    const source = `${basename(path)}:${line}`;
    const id = `${stage}:${shortHash(source, reason, bytes)}`;
    const content = Buffer.from(bytes).toString('base64');
    onBad({ id, stage, reason, source, line, eventTime: ts ?? 0, bytes: content });
  }
}
