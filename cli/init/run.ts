/** What `cst init` does: writes what is not there yet, and nothing else. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { messageOf, UpstreamError } from '../../schemas/errors.ts';
import { jsonSchemaOf } from '../config/schema.ts';
import { makeFolder } from '../file-flags.ts';
import { print } from '../print.ts';
import { scaffoldOf, uncovered } from './files.ts';

export interface InitFlags {
  readonly json?: boolean;
}

/** @throws ConfigError where the folder cannot be made; UpstreamError where a file cannot be written. */
export async function runInit(program: Command, dir: string, flags: InitFlags): Promise<void> {
  await makeFolder(dir, 'the folder');
  const files = scaffoldOf(jsonSchemaOf(program)).map(({ name, text }) => {
    const path = join(dir, name);
    return { path, isNew: writeNew(path, text) };
  });
  const gitignore = join(dir, '.gitignore');
  const missing = uncovered(readFileSync(gitignore, 'utf8'));
  if (flags.json) return print(JSON.stringify({ dir, files, notIgnored: missing }));
  for (const { path, isNew } of files) print(`${isNew ? 'made' : 'kept'}  ${path}`);
  if (missing.length > 0)
    print(`Add to ${gitignore}: ${missing.join(' and ')}. Else secrets and state may be committed.`);
  print(`Next: ${dir === '.' ? '' : `cd ${dir} && `}cst doctor, then cst start. README.md tells more.`);
}

/** False where there is one: what somebody wrote is never written over. */
function writeNew(path: string, text: string): boolean {
  try {
    writeFileSync(path, text, { flag: 'wx' });
    return true;
  } catch (cause) {
    if ((cause as { code?: unknown }).code === 'EEXIST') return false;
    throw new UpstreamError(`Cannot write ${path}: ${messageOf(cause)}.`, { cause });
  }
}
