/** A replay: recorded files through the graph, as fast as it goes, into one file a topic. */
import type { Clock } from '../../connectors/clock/port.ts';
import { ReplayOutput, type Revisions } from './output.ts';
import { type StreamOptions, streamFiles } from './stream.ts';
import { assertNothingLost, countCandles, type ReplaySummary } from './summary.ts';

export interface ReplayOptions
  extends Omit<StreamOptions, 'take' | 'onTime' | 'emitAfterMs' | 'publishAfterMs'> {
  /** Folder for the output files. */
  readonly out: string;
  readonly clock: Clock;
  /** Which revisions of a record are written; all where left out. Only `last` is the same on every engine. */
  readonly revisions?: Revisions;
}

/**
 * The same files and options give the same bytes in `out`, run for run.
 * @throws ConfigError where a file as a whole is wrong. @throws InvariantError where a trade was lost.
 */
export async function replay(options: ReplayOptions): Promise<ReplaySummary> {
  const startedMs = options.clock.now();
  const output = new ReplayOutput(options.revisions);
  const { rows, late, dropped, skipped } = await streamFiles({
    ...options,
    emitAfterMs: options.fromMs ?? 0,
    take: (topic, bytes) => output.take(topic, bytes),
  });
  output.end();
  const { candles, trades, received } = countCandles(output);
  const duplicates = options.interval ? 0 : received - trades;
  if (!options.interval) assertNothingLost(rows, trades, duplicates, dropped);
  const outputSha256 = await output.write(options.out);
  const elapsedMs = Math.max(1, options.clock.now() - startedMs);
  return {
    trades: options.interval ? 0 : rows,
    bars: options.interval ? rows : 0,
    duplicates,
    late,
    droppedLate: dropped,
    skipped,
    deadLetters: output.count('dead-letters'),
    candles,
    levels: output.count('market-levels'),
    features: output.count('market-features'),
    signals: output.count('trade-signals-micro'),
    elapsedMs,
    tradesPerSecond: Math.round((rows / elapsedMs) * 1_000),
    outputSha256,
  };
}
