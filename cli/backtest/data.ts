/** What a backtest reads, and the hash by which another can be told to have read the same. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { type Funding, readFundingFile } from '../../connectors/files/funding.ts';
import { readHistory } from '../../pipelines/replay/history.ts';
import type { ReplayFile } from '../../pipelines/replay/stream.ts';
import type { Candle } from '../../schemas/candle.ts';
import { ConfigError, messageOf } from '../../schemas/errors.ts';
import { assertPairs, fileOf } from '../file-flags.ts';
import type { DataSource } from './options.ts';

/** The files of the pairs asked for; all of them where none was. @throws ConfigError where one has no file. */
export function filesOf(words: readonly string[], pairs: readonly string[] | undefined): ReplayFile[] {
  if (words.length === 0)
    throw new ConfigError('Expected SYMBOL=FILE, e.g. BTCUSDT=candles.parquet, got none.');
  const files = words.map(fileOf);
  assertPairs(files.map(({ symbol }) => symbol));
  const missing = pairs?.find((pair) => !files.some(({ symbol }) => symbol === pair));
  if (missing === undefined) return files.filter(({ symbol }) => pairs?.includes(symbol) ?? true);
  throw new ConfigError(`Expected a file for ${missing} of --pairs, got none. Add ${missing}=FILE.`);
}

export async function fundingsOf(words: readonly string[]): Promise<Map<string, Funding[]>> {
  const files = words.map(fileOf);
  return new Map(
    await Promise.all(files.map(async ({ symbol, path }) => [symbol, await readFundingFile(path)] as const)),
  );
}

/** Candles of an earlier replay, up to the time range: they take the place of what the files have before it. @throws ConfigError */
export async function historyOf(folder: string | undefined, fromMs: number | undefined): Promise<Candle[]> {
  if (folder === undefined) return [];
  if (fromMs !== undefined) return readHistory(folder, fromMs);
  throw new ConfigError('Expected a --timerange that begins somewhere with --history, got none.');
}

/** @throws ConfigError where one cannot be read. */
export function sourcesOf(files: readonly ReplayFile[]): Promise<DataSource[]> {
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
