/** Which format a file of recorded market data has, by its name. */
import { open, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { ConfigError, messageOf } from '../../schemas/errors.ts';
import { openCsv } from './csv.ts';
import { openNdjson } from './ndjson.ts';
import type { Columns, RawTable } from './rows.ts';

type TextFormat = 'csv' | 'ndjson';

const FORMATS: readonly (readonly [string, 'parquet' | TextFormat])[] = [
  ['.parquet', 'parquet'],
  ['.csv', 'csv'],
  ['.csv.gz', 'csv'],
  ['.ndjson', 'ndjson'],
  ['.ndjson.gz', 'ndjson'],
];

/** @throws ConfigError where the name has no known ending, or there is no readable, non-empty file. */
export async function formatOf(path: string): Promise<'parquet' | TextFormat> {
  const format = FORMATS.find(([ending]) => basename(path).toLowerCase().endsWith(ending))?.[1];
  if (!format) {
    const known = FORMATS.map(([ending]) => ending).join(', ');
    throw new ConfigError(`Expected a file ending in ${known}, got ${path}.`);
  }
  await assertReadable(path);
  return format;
}

async function assertReadable(path: string): Promise<void> {
  try {
    await (await open(path, 'r')).close();
  } catch (cause) {
    throw new ConfigError(`Cannot read ${path}: ${messageOf(cause)}. Check the path and its permissions.`, {
      cause,
    });
  }
  const { size, isFile } = await stat(path).then((s) => ({ size: s.size, isFile: !s.isDirectory() }));
  if (!isFile) throw new ConfigError(`Expected a file, got the folder ${path}.`);
  if (size === 0) throw new ConfigError(`Expected rows in ${path}, the file is empty. Export it again.`);
}

export function openText(path: string, format: TextFormat, columns: Columns): Promise<RawTable> {
  return format === 'csv' ? openCsv(path, columns) : openNdjson(path, columns);
}
