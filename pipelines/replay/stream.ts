/** Recorded files through the graph, as fast as it goes: what it publishes is handed over as it comes. */
import type { Candle } from '../../schemas/candle.ts';
import type { DeadLetter } from '../../schemas/dead-letter.ts';
import { ConfigError } from '../../schemas/errors.ts';
import type { SignalParams } from '../../schemas/params.ts';
import type { Interval, Venue } from '../../schemas/primitives.ts';
import { toMessage } from '../../transforms/publish/publish.ts';
import { compileSignals } from '../compile.ts';
import type { SourceChunk, SourceReader } from '../runners/embedded/edges.ts';
import { CandleReplay } from './candle-replay.ts';
import { EMBEDDED_ENGINE, type ReplayEnds, type ReplayEngine } from './engine.ts';
import { openCandles, openTrades, type RangedRows, type TimeRange } from './inputs.ts';
import { TradeReplay } from './trade-replay.ts';

export interface ReplayFile {
  readonly symbol: string;
  readonly path: string;
}

export interface StreamOptions extends TimeRange {
  readonly files: readonly ReplayFile[];
  readonly venue: Venue;
  /** Given: the files hold bars of this length, not trades. */
  readonly interval: Interval | undefined;
  readonly params: SignalParams;
  /** Closed candles from before. */
  readonly history: readonly Candle[];
  /** Share of the input read so far, 0..1. */
  readonly onProgress?: (share: number) => void;
  /** What runs the graph; the embedded runner where left out. */
  readonly engine?: ReplayEngine;
  /** Signals of bars that closed by then are computed, not emitted. Unit: ms since the epoch. */
  readonly emitAfterMs: number;
  /** Other records of what closed by then are not published; `emitAfterMs` where left out. Unit: ms since the epoch. */
  readonly publishAfterMs?: number;
  /** Takes what the graph publishes, and dead letters of rows that cannot be read; copies of a record may come. */
  readonly take: ReplayEnds['take'];
  /**
   * Event time has come so far: of the bars that closed by then all has been taken but later revisions. Told by engines
   * that read a source only once all that followed from the read before is published, as the embedded one does.
   * Unit: ms since the epoch.
   */
  readonly onTime?: (watermarkMs: number) => void;
}

/** Rows of the files, counted. */
export interface Streamed {
  readonly rows: number;
  /** Rows that came after their bar had closed; `dropped` are those of them that came too late for a revision. */
  readonly late: number;
  readonly dropped: number;
  /** Rows outside the time range. */
  readonly skipped: number;
}

/** A source that counts what passed. */
type Replay = SourceReader & { readonly rows: number; readonly late: number; readonly dropped: number };

interface Source {
  readonly replay: Replay;
  readonly inputs: readonly RangedRows<unknown>[];
}

/**
 * The same files and options publish the same records in the same order, run for run.
 * @throws ConfigError where a file as a whole is wrong.
 */
export async function streamFiles(options: StreamOptions): Promise<Streamed> {
  const onBad = (letter: DeadLetter) => options.take('dead-letters', toMessage('dead-letters', letter));
  const source = options.interval ? await candleSource(options, onBad) : await tradeSource(options, onBad);
  await run(options, source);
  const { rows, late, dropped } = source.replay;
  return { rows, late, dropped, skipped: source.inputs.reduce((sum, input) => sum + input.skipped(), 0) };
}

async function tradeSource(options: StreamOptions, onBad: (letter: DeadLetter) => void): Promise<Source> {
  const { files, venue, params, fromMs, toMs } = options;
  const inputs = await openAll(files, ({ path }) => openTrades(path, options, onBad));
  const streams = inputs.map(({ rows }, i) => ({ venue, symbol: files[i]!.symbol, rows }));
  return { inputs, replay: new TradeReplay(streams, { ...params.market, fromMs, endMs: toMs }) };
}

async function candleSource(options: StreamOptions, onBad: (letter: DeadLetter) => void): Promise<Source> {
  const { files, venue, params } = options;
  const interval = options.interval!;
  const inputs = await openAll(files, ({ path }) => openCandles(path, interval, options, onBad));
  const streams = inputs.map(({ rows }, i) => ({ venue, symbol: files[i]!.symbol, rows }));
  return { inputs, replay: new CandleReplay(streams, { ...params.market, interval }) };
}

/** Opens every file before the first row is read, so that a wrong one is told at once. */
async function openAll<T>(
  files: readonly ReplayFile[],
  open: (file: ReplayFile) => Promise<T>,
): Promise<T[]> {
  const symbols = files.map(({ symbol }) => symbol);
  const twice = symbols.find((symbol, i) => symbols.indexOf(symbol) !== i);
  if (twice) throw new ConfigError(`Expected each symbol once, got ${twice} twice. Join its files first.`);
  return Promise.all(files.map(open));
}

async function run(options: StreamOptions, source: Source): Promise<void> {
  const { venue, params, history, emitAfterMs, publishAfterMs = emitAfterMs, take } = options;
  const windows = { emitAfterMs, publishAfterMs };
  const pipeline = compileSignals({ project: 'replay', params, leadVenue: venue, ...windows, history });
  const reader = watched(source, options);
  await (options.engine ?? EMBEDDED_ENGINE).run(pipeline, {
    // Snapshots were not recorded: the batches themselves vouch for the time they cover.
    openSource: (name) => (name === 'raw-tick-data' ? reader : ENDED),
    take,
  });
  options.onTime?.(Number.POSITIVE_INFINITY);
}

function watched({ replay, inputs }: Source, { onProgress, onTime }: StreamOptions): SourceReader {
  let watermarkMs = Number.NEGATIVE_INFINITY;
  const seen = (chunk: SourceChunk | undefined) => {
    if (chunk) watermarkMs = chunk.watermarkMs;
    return chunk;
  };
  return {
    read: () => {
      onProgress?.(inputs.reduce((sum, input) => sum + input.progress(), 0) / inputs.length);
      if (Number.isFinite(watermarkMs)) onTime?.(watermarkMs);
      const chunk = replay.read();
      return chunk instanceof Promise ? chunk.then(seen) : seen(chunk);
    },
    close: () => replay.close(),
  };
}

const ENDED: SourceReader = { read: () => undefined, close: () => undefined };
