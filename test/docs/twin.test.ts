/** The programs of docs/TWIN.md run as they are printed. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { ROOT } from './shell.ts';

const CODE = [...readFileSync(join(ROOT, 'docs/TWIN.md'), 'utf8').matchAll(/^```ts\n([\s\S]*?)^```/gm)];
/** What imports nothing is a fragment. */
const PROGRAMS = CODE.map(([, code]) => code!).filter((code) => code.startsWith('import'));

it.each(PROGRAMS.map((code, i) => [i + 1, code] as const))('program %i of docs/TWIN.md runs', (_, code) => {
  const file = join(mkdtempSync(join(tmpdir(), 'twin-')), 'program.ts');
  // A port that is free, and the folder that it is written for.
  const here = code.replace('port: 7070', 'port: 0').replaceAll("from './", `from '${pathToFileURL(ROOT)}/`);
  writeFileSync(file, here);
  const { status, stderr } = spawnSync(process.execPath, [file], { encoding: 'utf8', timeout: 60_000 });
  expect(stderr).toBe('');
  expect(status).toBe(0);
});
