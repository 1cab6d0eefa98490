/** A replay: recorded files through the graph, as fast as it goes, into one file a topic. */
import type { Clock } from '../../connectors/clock/port.ts';
import type { Candle } from '../../schemas/candle.ts';
import type { DeadLetter } from '../../schemas/dead-letter.ts';
import { ConfigError } from '../../schemas/errors.ts';
import type { SignalParams } from '../../schemas/params.ts';
import type { Interval, Venue } from '../../schemas/primitives.ts';
import { toMessage } from '../../transforms/publish/publish.ts';
import { compileSignals } from '../compile.ts';
import type { SourceReader } from '../runners/embedded/edges.ts';
import { CandleReplay } from './candle-replay.ts';
import { EMBEDDED_ENGINE, type ReplayEngine } from './engine.ts';
import { openCandles, openTrades, type RangedRows, type TimeRange } from './inputs.ts';
import { ReplayOutput, type Revisions } from './output.ts';
import { assertNothingLost, countCandles, type ReplaySummary } from './summary.ts';
import { TradeReplay } from './trade-replay.ts';

export interface ReplayFile {
  readonly symbol: string;
  readonly path: string;
}

export interface ReplayOptions extends TimeRange {
  readonly files: readonly ReplayFile[];
  readonly venue: Venue;
  /** Given: the files hold bars of this length, not trades. */
  readonly interval: Interval | undefined;
  readonly params: SignalParams;
  /** Closed candles from before. */
  readonly history: readonly Candle[];
  /** Folder for the output files. */
  readonly out: string;
  readonly clock: Clock;
  /** Share of the input read so far, 0..1. */
  readonly onProgress?: (share: number) => void;
  /** Which revisions of a record are written; all where left out. Only `last` is the same on every engine. */
  readonly revisions?: Revisions;
  /** What runs the graph; the embedded runner where left out. */
  readonly engine?: ReplayEngine;
}

/** A source that counts what passed. */
type Replay = SourceReader & { readonly rows: number; readonly late: number; readonly dropped: number };

interface Source {
  readonly replay: Replay;
  readonly inputs: readonly RangedRows<unknown>[];
}

/**
 * The same files and options give the same bytes in `out`, run for run.
 * @throws ConfigError where a file as a whole is wrong. @throws InvariantError where a trade was lost.
 */
export async function replay(options: ReplayOptions): Promise<ReplaySummary> {
  const startedMs = options.clock.now();
  const output = new ReplayOutput(options.revisions);
  const onBad = (letter: DeadLetter) => output.take('dead-letters', toMessage('dead-letters', letter));
  const source = options.interval ? await candleSource(options, onBad) : await tradeSource(options, onBad);
  await run(options, source, output);
  output.end();
  const { replay } = source;
  const { candles, trades, received } = countCandles(output);
  const duplicates = options.interval ? 0 : received - trades;
  if (!options.interval) assertNothingLost(replay.rows, trades, duplicates, replay.dropped);
  const outputSha256 = await output.write(options.out);
  const elapsedMs = Math.max(1, options.clock.now() - startedMs);
  return {
    trades: options.interval ? 0 : replay.rows,
    bars: options.interval ? replay.rows : 0,
    duplicates,
    late: replay.late,
    droppedLate: replay.dropped,
    skipped: source.inputs.reduce((sum, input) => sum + input.skipped(), 0),
    deadLetters: output.count('dead-letters'),
    candles,
    levels: output.count('market-levels'),
    features: output.count('market-features'),
    signals: output.count('trade-signals-micro'),
    elapsedMs,
    tradesPerSecond: Math.round((replay.rows / elapsedMs) * 1_000),
    outputSha256,
  };
}

async function tradeSource(options: ReplayOptions, onBad: (letter: DeadLetter) => void): Promise<Source> {
  const { files, venue, params, fromMs, toMs } = options;
  const inputs = await openAll(files, ({ path }) => openTrades(path, options, onBad));
  const streams = inputs.map(({ rows }, i) => ({ venue, symbol: files[i]!.symbol, rows }));
  return { inputs, replay: new TradeReplay(streams, { ...params.market, fromMs, endMs: toMs }) };
}

async function candleSource(options: ReplayOptions, onBad: (letter: DeadLetter) => void): Promise<Source> {
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

async function run(options: ReplayOptions, source: Source, output: ReplayOutput): Promise<void> {
  const { venue, params, fromMs, history } = options;
  const pipeline = compileSignals({
    project: 'replay',
    params,
    leadVenue: venue,
    emitAfterMs: fromMs ?? 0,
    history,
  });
  const reader = watched(source, options.onProgress);
  await (options.engine ?? EMBEDDED_ENGINE).run(pipeline, {
    // Snapshots were not recorded: the batches themselves vouch for the time they cover.
    openSource: (name) => (name === 'raw-tick-data' ? reader : ENDED),
    take: (topic, bytes) => output.take(topic, bytes),
  });
}

function watched({ replay, inputs }: Source, onProgress?: (share: number) => void): SourceReader {
  return {
    read: () => {
      onProgress?.(inputs.reduce((sum, input) => sum + input.progress(), 0) / inputs.length);
      return replay.read();
    },
    close: () => replay.close(),
  };
}

const ENDED: SourceReader = { read: () => undefined, close: () => undefined };
