/** What stacks left, or have, in their folders: whose it is, whether it can be read, and what waits in it. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Clock } from '../../connectors/clock/port.ts';
import { isRunning } from '../observe/status-file.ts';
import { FUNCTION_FILES, foldersIn, SIMULATED } from '../stack-folders.ts';
import { type Finding, ok } from './finding.ts';
import { fileFindings, spillFindings } from './stack-files.ts';
import { endedFindings, runningFindings } from './stack-life.ts';

const KEPT = /^(bus|spill|status\.json|.*\.sqlite|.*\.duckdb)$/;

/** Folders that hold something of a stack. @param dirs Where stacks are. */
export function stackFolders(dirs: readonly string[]): string[] {
  const folders = [...new Set(dirs.flatMap(foldersIn))].filter(isFolder);
  return folders.filter((folder) => readdirSync(folder).some((name) => KEPT.test(name)));
}

function isFolder(path: string): boolean {
  return existsSync(path) && statSync(path).isDirectory();
}

export async function stateFindings(dirs: readonly string[], clock: Clock): Promise<Finding[]> {
  const folders = stackFolders(dirs);
  if (folders.length === 0) return [ok('state', `nothing is kept in ${dirs.join(', ')} yet`)];
  const findings = await Promise.all(folders.map((folder) => folderFindings(folder, clock.now())));
  return findings.flat();
}

/** A lock dies with its holder: what is locked runs, and is left alone. */
async function folderFindings(folder: string, nowMs: number): Promise<Finding[]> {
  if (isRunning(folder)) return runningFindings(folder, nowMs);
  const isTransient = basename(folder) === SIMULATED;
  const stack = { folder, start: startOf(folder) };
  const findings = [
    ...(await fileFindings(folder, isTransient)),
    ...(isTransient ? [] : [...spillFindings(stack), ...endedFindings(stack, nowMs)]),
  ];
  return findings.length > 0 ? findings : [ok('state', `${folder} is sound`)];
}

/** A relay alone has no desk. */
function startOf(folder: string): string {
  const isWhole = existsSync(join(folder, FUNCTION_FILES.state));
  return isWhole ? `cst start --live --dir ${dirname(folder)}` : `cst relay --dir ${folder}`;
}
