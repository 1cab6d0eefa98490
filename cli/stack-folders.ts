/** Where those who share a `--dir` keep what is theirs, and what a stack's own folder holds. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** A simulation is begun afresh each time. */
export const SIMULATED = 'simulated';
const LIVE = 'live';
const RELAY = 'relay';

/** Files of the functions in the stack’s folder. */
export const FUNCTION_FILES = { state: 'state.sqlite', tasks: 'tasks.sqlite', outbox: 'outbox.sqlite' };
/** Messages and pictures of the console's own chat. */
export const ALERTS = 'alerts';
/** What the relay could not publish; see connectors/outbox/outbox.ts. */
export const SPILL = 'spill';

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
