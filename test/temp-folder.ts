/** Runs once before all tests: one folder for whatever they and their child processes leave, removed after the last. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const PREFIX = 'cst-tests-';

export function setup(): () => void {
  const before = process.env.TMPDIR;
  const folder = mkdtempSync(join(tmpdir(), PREFIX));
  process.env.TMPDIR = folder;
  // Dozens of tests start the command line: from the second on it need not be compiled.
  const isFirst = process.env.NODE_COMPILE_CACHE === undefined;
  if (isFirst) process.env.NODE_COMPILE_CACHE = join(folder, 'compiled');
  return () => {
    if (isFirst) delete process.env.NODE_COMPILE_CACHE;
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
    rmSync(folder, { recursive: true, force: true });
  };
}
