/** What a replay came to, in numbers, and the proof that no trade was lost. */
import { InvariantError } from '../../schemas/errors.ts';
import { INTERVALS, type Interval } from '../../schemas/primitives.ts';
import type { ReplayOutput } from './output.ts';

export interface ReplaySummary {
  /** Good rows within the time range, copies and late ones included; 0 for a replay of candles. */
  readonly trades: number;
  /** Bars read; 0 for a replay of trades. */
  readonly bars: number;
  /** Trades whose id had come before. */
  readonly duplicates: number;
  /** Rows that came after their bar had closed; `droppedLate` are those of them that came too late for a revision. */
  readonly late: number;
  readonly droppedLate: number;
  /** Rows outside the time range. */
  readonly skipped: number;
  readonly deadLetters: number;
  /** Published lines, every revision. */
  readonly candles: Readonly<Record<Interval, number>>;
  readonly levels: number;
  readonly features: number;
  readonly signals: number;
  readonly elapsedMs: number;
  /** Rows by elapsed time. */
  readonly tradesPerSecond: number;
  /** SHA-256 over the topic files in the order of REPLAY_TOPICS. */
  readonly outputSha256: string;
}

interface CandleLine {
  readonly interval: Interval;
  readonly symbol: string;
  readonly openTime: string;
  readonly revision: number;
  readonly trades: number | null;
}

interface Minute {
  readonly revision: number;
  readonly received: number;
  readonly trades: number;
}

/** Published candles by interval, and the final state of each minute. */
export function countCandles(output: ReplayOutput): {
  candles: Record<Interval, number>;
  trades: number;
  received: number;
} {
  const candles = Object.fromEntries(INTERVALS.map((interval) => [interval, 0])) as Record<Interval, number>;
  const minutes = new Map<string, Minute>();
  for (const { record, received } of output.records('market-candles')) {
    const { interval, symbol, openTime, revision, trades } = record as CandleLine;
    candles[interval] += 1;
    if (interval !== '1m') continue;
    const key = `${symbol} ${openTime}`;
    const known = minutes.get(key);
    if (known && known.revision > revision) continue;
    minutes.set(key, { revision, received: Number.isNaN(received) ? 0 : received, trades: trades ?? 0 });
  }
  let [trades, received] = [0, 0];
  for (const minute of minutes.values()) {
    trades += minute.trades;
    received += minute.received;
  }
  return { candles, trades, received };
}

/** Every row is in a final candle, a copy of one that is, or was dropped for lateness. @throws InvariantError */
export function assertNothingLost(
  rows: number,
  inCandles: number,
  duplicates: number,
  dropped: number,
): void {
  const found = inCandles + duplicates + dropped;
  if (rows === found) return;
  throw new InvariantError(
    `Trades lost: read ${rows}, but candles hold ${inCandles}, ${duplicates} were copies and ${dropped} came too late, which is ${found}. Please report it with the file.`,
  );
}
