import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';

const PATH = resolve(import.meta.dirname, 'lean-heap.ts');

/** V8 says so on stderr, and goes on, where it does not know a flag. */
const said = (script: string) =>
  spawnSync(process.execPath, ['--expose-gc', '--input-type=module', '--eval', script], { encoding: 'utf8' })
    .stderr;

it('V8 knows the flags that keep the heap small', () => {
  expect(said(`(await import('node:v8')).setFlagsFromString('--no-such-flag=30')`)).not.toBe('');
  // One turn after each collection it is heard of; every fifth sets another flag.
  const collect = 'for (let i = 0; i < 7; i++) await new Promise((done) => { gc(); setTimeout(done, 1); });';
  expect(said(`(await import('${PATH}')).keepHeapSmall(); ${collect}`)).toBe('');
});
