/** Files of a replay as streams of rows within its time range; what cannot be read leaves as dead letters. */
import { basename } from 'node:path';
import { openCandleFile } from '../../connectors/files/candles.ts';
import type { BadRow, CandleRow, CandleRows, RowSource, TradeRows } from '../../connectors/files/rows.ts';
import { openTradeFile } from '../../connectors/files/trades.ts';
import { type DeadLetter, deadLetterFrom } from '../../schemas/dead-letter.ts';
import { ConfigError } from '../../schemas/errors.ts';
import { INTERVAL_MS, type Interval } from '../../schemas/primitives.ts';
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
  const part = (chunk: TradeRows, from: number, to: number) => tradesWithin(slice(chunk, from, to), range);
  return ranged(path, await openTradeFile(path), {
    onBad,
    part,
    times: ({ ts, count }) => ts.subarray(0, count),
  });
}

export async function openCandles(
  path: string,
  interval: Interval,
  { fromMs = 0, toMs = Number.POSITIVE_INFINITY }: TimeRange,
  onBad: OnBad,
): Promise<RangedRows<CandleChunk>> {
  const timesOf = (rows: readonly CandleRow[]) => Float64Array.from(rows, (row) => row.openTime);
  const part = (chunk: CandleRows, from: number, to: number) => {
    const rows = chunk.rows
      .slice(from, to)
      .filter(({ openTime }) => openTime >= fromMs && openTime + INTERVAL_MS[interval] <= toMs);
    const kept = { rows, count: rows.length, ts: timesOf(rows) };
    return { kept, skipped: to - from - rows.length };
  };
  return ranged(path, await openCandleFile(path, interval), {
    onBad,
    part,
    times: ({ rows }) => timesOf(rows),
  });
}

interface Cut<C, K> {
  readonly onBad: OnBad;
  /** Rows [from, to) of the chunk, less those outside the time range. */
  readonly part: (chunk: C, from: number, to: number) => { readonly kept: K; readonly skipped: number };
  readonly times: (chunk: C) => Float64Array;
}

/** A chunk ends where a row was lost, and the next tells of it, so that the loss is known before any later row. */
function ranged<C extends { readonly bad: readonly BadRow[] }, K extends TimedRows>(
  path: string,
  source: RowSource<C>,
  { onBad, part, times }: Cut<C, K>,
): RangedRows<K> {
  let left = 0;
  // NaN before the first row: no comparison holds.
  let newest = Number.NaN;
  let lastGood: number | null = null;
  let early: readonly BadRow[] = [];
  async function* rows(): AsyncGenerator<K> {
    for await (const chunk of source) {
      const ts = times(chunk);
      const bad = chunk.bad.map((row) => ({ ...row, ts: row.ts ?? lastGood }));
      letters(path, bad, onBad);
      for (const { from, to, lost } of spansOf(bad, ts.length)) {
        const { kept, skipped } = part(chunk, from, to);
        left += skipped;
        newest = newestOf(path, kept, newest);
        // A loss whose time nothing tells belongs to the first good row after it.
        const holes = [...early, ...lost].map((row) => row.ts ?? ts[from] ?? null);
        early = holes.some((hole) => hole === null) ? [...early, ...lost] : [];
        yield holes.length === 0 ? kept : { ...kept, holes: holes.filter((hole) => hole !== null) };
      }
      lastGood = ts.at(-1) ?? lastGood;
    }
  }
  return { rows: rows(), skipped: () => left, progress: () => source.progress() };
}

interface Span {
  readonly from: number;
  readonly to: number;
  /** Bad rows right before the first of these. */
  readonly lost: BadRow[];
}

function spansOf(bad: readonly BadRow[], count: number): Span[] {
  const starts: { from: number; lost: BadRow[] }[] = [{ from: 0, lost: [] }];
  for (const row of bad) {
    if (row.at === starts.at(-1)!.from) starts.at(-1)!.lost.push(row);
    else starts.push({ from: row.at, lost: [row] });
  }
  return starts.map(({ from, lost }, i) => ({ from, to: starts[i + 1]?.from ?? count, lost }));
}

function slice(chunk: TradeRows, from: number, to: number): TradeRows {
  if (from === 0 && to === chunk.count) return chunk;
  const { ids, buy } = chunk;
  return {
    count: to - from,
    ts: chunk.ts.subarray(from, to),
    price: chunk.price.subarray(from, to),
    size: chunk.size.subarray(from, to),
    seq: chunk.seq.subarray(from, to),
    buy: buy?.subarray(from, to) ?? null,
    ids: typeof ids === 'string' ? ids : ids.slice(from, to),
    bad: [],
  };
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
    const name = basename(path);
    const source = `${name}:${line}`;
    onBad(deadLetterFrom({ stage: `read:${name}`, reason, source, line, eventTime: ts ?? 0, bytes }));
  }
}
