/** Where those who share a `--dir` keep what is theirs. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** A simulation is begun afresh each time. */
export const SIMULATED = 'simulated';
const LIVE = 'live';
const RELAY = 'relay';

/** Where `cst start` keeps a stack. */
export function stackFolder(dir: string, isLive: boolean): string {
  return join(dir, isLive ? LIVE : SIMULATED);
}

/** `dir` itself first, which may be that of one of them, then theirs in it. */
export function foldersIn(dir: string): string[] {
  return ['', SIMULATED, LIVE, RELAY].map((name) => join(dir, name));
}

/** Those that hold a file or folder of that name. */
export function foldersWith(name: string, dir: string): string[] {
  return foldersIn(dir).filter((folder) => existsSync(join(folder, name)));
}
