/** Where tests and benchmarks find real market data, and how a test says that it is missing. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { TestContext } from 'vitest';

const ROOT = resolve(import.meta.dirname, '..');

/** Folder of the real data: CST_REAL_DATA, or `../shared/data` beside the repository. */
export const REAL_DATA_FOLDER = resolve(ROOT, process.env.CST_REAL_DATA ?? '../shared/data');

/** Absolute path of a file of the real data, or null where it is not there. */
export function realData(path: string): string | null {
  const file = join(REAL_DATA_FOLDER, path);
  return existsSync(file) ? file : null;
}

/**
 * Absolute path of a file of the real data; where it is missing, skips the calling test and says why.
 * Use: `it('…', (context) => { const file = needRealData(context, 'trades/x.parquet'); … })`.
 */
export function needRealData(context: Pick<TestContext, 'skip'>, path: string): string {
  const file = realData(path);
  return file ?? context.skip(`needs ${join(REAL_DATA_FOLDER, path)}: set CST_REAL_DATA to the real data`);
}
