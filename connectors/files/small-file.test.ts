import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readSmallFile } from './small-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'small-file-'));

it.each(['', 'a', 'ünïcode 🙂\n', 'x'.repeat(16 << 20)])('is read as it is', (text) => {
  const path = join(folder, 'file');
  writeFileSync(path, text);
  expect(readSmallFile(path) === text).toBe(true);
});

it.each(['/dev/zero', '/dev/urandom'])('is not %s, which does not end', (path) => {
  expect(() => readSmallFile(path)).toThrow('expected at most 16 MB of text, got more');
});

it('is not a byte more than that', () => {
  const path = join(folder, 'large');
  writeFileSync(path, Buffer.alloc((16 << 20) + 1));
  expect(() => readSmallFile(path)).toThrow('got more');
});

it('is not a folder, and not what is not there', () => {
  expect(() => readSmallFile(folder)).toThrow('EISDIR');
  expect(() => readSmallFile(join(folder, 'nothing'))).toThrow('ENOENT');
});
