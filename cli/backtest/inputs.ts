/** What was recorded, through the graph and into the market of a backtest. */
import { streamFrames } from '../../pipelines/replay/frames-replay.ts';
import { streamFiles } from '../../pipelines/replay/stream.ts';
import { DAY_MS } from '../../schemas/primitives.ts';
import type { Market } from './market.ts';
import type { BacktestOptions, FilesInput, FramesInput } from './options.ts';

/** Rows or frames; of rows those that came after their bar had closed, too late for a revision, or outside the time range. */
export interface Read {
  readonly rows: number;
  readonly late: number;
  readonly dropped: number;
  readonly skipped: number;
  /** Of a journal: a torn tail, or damage. */
  readonly damagedBytes: number;
}

/** @throws ConfigError where a file as a whole is wrong. */
export async function fromFiles(options: BacktestOptions, input: FilesInput, market: Market): Promise<Read> {
  const { files, interval, fromMs, toMs } = input;
  const { venue, params, history } = options;
  const read = await streamFiles({
    files,
    interval,
    venue,
    params,
    history,
    fromMs: readFrom(options, input),
    toMs,
    emitAfterMs: fromMs ?? 0,
    publishAfterMs: 0,
    ...(options.onProgress ? { onProgress: options.onProgress } : {}),
    take: taking(options, market),
    onTime: (watermarkMs) => market.passTo(watermarkMs),
  });
  return { ...read, damagedBytes: 0 };
}

/** History that is given stands for what the files have before the time range. */
function readFrom({ history, assumptions }: BacktestOptions, { fromMs }: FilesInput): number | undefined {
  if (fromMs === undefined) return undefined;
  return history.length > 0 ? fromMs : fromMs - assumptions.warmUpDays * DAY_MS;
}

/** @throws UpstreamError, WireFormatError where the journal cannot be read. */
export async function fromFrames(
  options: BacktestOptions,
  input: FramesInput,
  market: Market,
): Promise<Read> {
  let damagedBytes = 0;
  const { frames } = await streamFrames({
    journal: input.journal,
    params: options.params,
    history: options.history,
    publishAfterMs: 0,
    ...(options.onProgress ? { onProgress: options.onProgress } : {}),
    onMessages({ topic, messages }) {
      if (topic === 'book-snapshots') for (const { data } of messages) market.snapshot(data);
    },
    onOther({ topic, messages }) {
      for (const { data } of messages) market.line(topic, Buffer.from(data).toString());
    },
    onDamage: (bytes) => {
      damagedBytes += bytes;
    },
    take: taking(options, market),
    onTime: (watermarkMs) => market.passTo(watermarkMs),
  });
  return { rows: frames, late: 0, dropped: 0, skipped: 0, damagedBytes };
}

function taking(
  { onPublished }: BacktestOptions,
  market: Market,
): (topic: string, bytes: Uint8Array) => void {
  return (topic, bytes) => {
    onPublished?.(topic, bytes);
    market.take(topic, bytes);
  };
}
