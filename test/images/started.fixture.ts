/** What an image would run, started without one. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { environmentOf, lastOf, layOut, linkPackages } from './recipe.ts';

const folders = new Map<string, string>();

/** What the image has in its WORKDIR, with the packages of this checkout; each once. */
export function folderOf(target: string): string {
  const known = folders.get(target);
  if (known !== undefined) return known;
  const folder = join(mkdtempSync(join(tmpdir(), 'image-')), target);
  mkdirSync(folder);
  layOut(target, folder, linkPackages);
  folders.set(target, folder);
  return folder;
}

/** Runs a command of the image to its end, with the Node of this process. */
export async function run(target: string, command: readonly string[], env: Record<string, string> = {}) {
  const folder = folderOf(target);
  const [, ...words] = command.map((word) => word.replace(`${lastOf(target, 'WORKDIR')}/`, `${folder}/`));
  const options = { cwd: folder, env: { ...environmentOf(target), ...env }, timeout: 60_000 };
  const child = spawn(process.execPath, words, options);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes) => (output += bytes));
  const [status] = await once(child, 'close');
  return { status, output };
}
