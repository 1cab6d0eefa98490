/** Writes the page of a folder of backtests. */
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf, UpstreamError } from '../../schemas/errors.ts';
import type { Run } from './folder.ts';
import { pageOf } from './page.ts';

/** @returns Its path. @throws UpstreamError */
export function writePage(folder: string, runs: readonly Run[]): string {
  const path = join(folder, 'report.html');
  const draft = `${path}.${process.pid}.tmp`;
  const page = pageOf(runs);
  try {
    writeFileSync(draft, page);
    renameSync(draft, path);
  } catch (cause) {
    rmSync(draft, { force: true });
    throw new UpstreamError(`Cannot write ${path}: ${messageOf(cause)}. Check space and permissions.`, {
      cause,
    });
  }
  return path;
}
