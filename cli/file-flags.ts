/** Flags that name files and folders, checked where they are read. */
import { mkdir, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { ReplayFile } from '../pipelines/replay/stream.ts';
import { ConfigError, messageOf } from '../schemas/errors.ts';
import { pairOf } from '../schemas/primitives.ts';

const MAX_SYMBOL = 64;

/** Checked here and not by commander, which would name a missing flag before a mistyped one. */
export function needed(value: string | undefined, example: string): string {
  if (value?.trim()) return value;
  throw new ConfigError(`Expected the flag ${example.split(' ')[0]}, e.g. ${example}.`);
}

export function fileOf(word: string): ReplayFile {
  const at = word.indexOf('=');
  const symbol = word.slice(0, Math.max(0, at)).trim();
  const path = word.slice(at + 1);
  if (at > 0 && path !== '' && pairOf(symbol) !== '' && symbol.length <= MAX_SYMBOL) return { symbol, path };
  throw new ConfigError(`Expected SYMBOL=FILE, e.g. BTCUSDT=trades.parquet, got "${word}".`);
}

/** Everything after the candles is told apart by pair. */
export function assertPairs(symbols: readonly string[]): void {
  for (const [i, symbol] of symbols.entries()) {
    const other = symbols.slice(0, i).find((earlier) => pairOf(earlier) === pairOf(symbol));
    if (other === undefined || other === symbol) continue;
    throw new ConfigError(`Expected each pair once, got ${other} and ${symbol}. Leave one of them out.`);
  }
}

/**
 * Told before the work, not after it. Level by level: where a file system makes no folders, such as /proc, Node's own way
 * never ends. @throws ConfigError naming the flag.
 */
export async function makeFolder(path: string, flag = '--dir'): Promise<void> {
  try {
    await makeLevel(resolve(path));
  } catch (cause) {
    throw new ConfigError(`Expected ${flag} to be a folder, or to make it one, got: ${messageOf(cause)}.`, {
      cause,
    });
  }
}

async function makeLevel(path: string): Promise<void> {
  if (await isFolder(path)) return;
  if (dirname(path) !== path) await makeLevel(dirname(path));
  await mkdir(path).catch(async (error: unknown) => {
    // Another process may have been faster.
    if (!(await isFolder(path))) throw error;
  });
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
}
