import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { PREFIX, setup } from './temp-folder.ts';

it('gives tests and their child processes a folder of this run', () => {
  expect(basename(tmpdir())).toMatch(new RegExp(`^${PREFIX}`));
  const child = execFileSync(process.execPath, ['-p', 'os.tmpdir()'], { encoding: 'utf8' });
  expect(child.trim()).toBe(tmpdir());
});

it('leaves nothing of it behind', () => {
  const before = tmpdir();
  const teardown = setup();
  const folder = tmpdir();
  expect([dirname(folder), readdirSync(folder)]).toEqual([before, []]);
  execFileSync(process.execPath, ['-e', 'fs.mkdtempSync(path.join(os.tmpdir(), "left-"))']);
  expect(readdirSync(folder)).toHaveLength(1);
  teardown();
  expect([tmpdir(), existsSync(join(folder))]).toEqual([before, false]);
});
