/** Every document whose commands a test can follow is followed: those without a test of their own here. */
import { expect, it } from 'vitest';
import { canFollow, DOCUMENTS, shellOf } from './shell.ts';
import { walk } from './walk.ts';

const OWN = ['README.md', 'bq/README.md', 'docs/TRADER.md', 'docs/QUANT.md', 'docs/ENGINEER.md'];
const OTHERS = DOCUMENTS.filter((path) => !OWN.includes(path) && shellOf(path).some(canFollow));

it.each(OTHERS)('%s shows commands that run', async (path) => {
  const { code, output } = await walk(path);
  expect(code, output).toBe(0);
});
