/** Identity of the code that a trial ran with: its version is that of many states of it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { shortHash } from '../../schemas/hash.ts';

const ROOT = resolve(import.meta.dirname, '../..');
/** What results depend on. */
const FOLDERS = [
  'schemas',
  'transforms',
  'connectors/files',
  'pipelines',
  'functions',
  'cli/backtest',
  'cli/tune',
];
const TESTS = /\.(test|model|fixture|arbitrary|contract)\.ts$/;

/** Of the source files' names and content. */
export function codeHash(): string {
  const paths = FOLDERS.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && !TESTS.test(name))
      .map((name) => join(folder, name)),
  ).sort();
  return shortHash(...paths.flatMap((path) => [path, readFileSync(join(ROOT, path))]));
}
