/** What a backtest reads, and what each file of it holds. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { formatOf } from '../../connectors/files/formats.ts';
import { type Funding, readFundingFile } from '../../connectors/files/funding.ts';
import { openJournal } from '../../connectors/journal/reader.ts';
import { readHistory } from '../../pipelines/replay/history.ts';
import type { ReplayFile } from '../../pipelines/replay/stream.ts';
import type { Candle } from '../../schemas/candle.ts';
import { ConfigError, messageOf } from '../../schemas/errors.ts';
import type { Venue } from '../../schemas/primitives.ts';
import { assertPairs, fileOf } from '../file-flags.ts';
import type { BacktestOptions, DataSource } from './options.ts';
import { timerangeOf } from './timerange.ts';

export interface DataFlags {
  readonly timerange?: string;
  readonly pairs?: readonly string[];
  readonly venue?: Venue;
  readonly trades?: boolean;
  readonly frames?: string;
  readonly funding?: readonly string[];
  readonly history?: string;
}

type Data = Pick<BacktestOptions, 'input' | 'venue' | 'history' | 'data'>;

/** @throws ConfigError naming the flag or file. */
export async function filesRead(words: readonly string[], flags: DataFlags): Promise<Data> {
  const range = timerangeOf(flags.timerange);
  const { venue = 'bybit' } = flags;
  const files = filesOf(words, flags.pairs);
  // Before their hash is taken: of /dev/zero that would never end.
  for (const { path } of files) await formatOf(path);
  const [fundings, history, data] = await Promise.all([
    fundingsOf(flags.funding ?? []),
    historyOf(flags.history, range.fromMs),
    sourcesOf(files),
  ]);
  const interval = flags.trades ? undefined : ('1m' as const);
  return { input: { kind: 'files', files, interval, ...range, fundings }, venue, history, data };
}

/** @throws ConfigError naming the flag or file. */
export async function framesRead(words: readonly string[], flags: DataFlags): Promise<Data> {
  if (words.length > 0) throw new ConfigError(`Expected SYMBOL=FILE or --frames, got both: "${words[0]}".`);
  for (const name of ['timerange', 'pairs', 'trades', 'funding'] as const) {
    if (flags[name] !== undefined) throw new ConfigError(`Expected --${name} with files, got --frames.`);
  }
  const dir = flags.frames!;
  const journal = await openJournal(dir, flags.venue);
  const history = await historyOf(flags.history, journal.runs[0]!.header.at.market);
  const names = (await readdir(dir, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  const data = await sourcesOf(names.map((path) => ({ symbol: null, path })));
  return { input: { kind: 'frames', journal }, venue: journal.venue, history, data };
}

/** The files of the pairs asked for; all of them where none was. @throws ConfigError where one has no file. */
function filesOf(words: readonly string[], pairs: readonly string[] | undefined): ReplayFile[] {
  if (words.length === 0)
    throw new ConfigError('Expected SYMBOL=FILE, e.g. BTCUSDT=candles.parquet, got none.');
  const files = words.map(fileOf);
  assertPairs(files.map(({ symbol }) => symbol));
  const missing = pairs?.find((pair) => !files.some(({ symbol }) => symbol === pair));
  if (missing === undefined) return files.filter(({ symbol }) => pairs?.includes(symbol) ?? true);
  throw new ConfigError(`Expected a file for ${missing} of --pairs, got none. Add ${missing}=FILE.`);
}

async function fundingsOf(words: readonly string[]): Promise<Map<string, Funding[]>> {
  const files = words.map(fileOf);
  return new Map(
    await Promise.all(files.map(async ({ symbol, path }) => [symbol, await readFundingFile(path)] as const)),
  );
}

/** Candles of an earlier replay, up to the time range: they take the place of what the files have before it. @throws ConfigError */
async function historyOf(folder: string | undefined, fromMs: number | undefined): Promise<Candle[]> {
  if (folder === undefined) return [];
  if (fromMs !== undefined) return readHistory(folder, fromMs);
  throw new ConfigError('Expected a --timerange that begins somewhere with --history, got none.');
}

/** @throws ConfigError where one cannot be read. */
function sourcesOf(
  files: readonly { readonly symbol: string | null; readonly path: string }[],
): Promise<DataSource[]> {
  return Promise.all(
    files.map(async ({ symbol, path }) => ({ symbol, name: basename(path), sha256: await sha256Of(path) })),
  );
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  try {
    for await (const block of createReadStream(path)) hash.update(block as Buffer);
  } catch (cause) {
    throw new ConfigError(`Cannot read ${path}: ${messageOf(cause)}. Check the path and its permissions.`, {
      cause,
    });
  }
  return hash.digest('hex');
}
