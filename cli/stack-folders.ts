/** Where those who share a `--dir` keep what is theirs. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** Of a folder of cst start, and those of stacks and relay in it. */
const NAMES = ['', 'simulated', 'live', 'relay'];

/** Where `cst start` keeps a stack. */
export function stackFolder(dir: string, isLive: boolean): string {
  return join(dir, isLive ? 'live' : 'simulated');
}

/** `dir` itself first, then those in it: as many as hold a file or folder of that name. */
export function foldersWith(name: string, dir: string): string[] {
  return NAMES.map((folder) => join(dir, folder)).filter((folder) => existsSync(join(folder, name)));
}
