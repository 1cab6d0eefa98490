import { expect, it, vi } from 'vitest';
import { z } from 'zod';
import { ManualClock } from '../clock/manual.ts';
import { OwnedRows } from './owned.ts';
import { openSqliteStore } from './sqlite.ts';

const Row = z.object({ n: z.number() });

it('takes a row apart once, however often it is read, and again when others have written it', async (test) => {
  const store = await openSqliteStore({ path: ':memory:', clock: new ManualClock(0) });
  test.onTestFinished(() => store.close());
  const [ours, theirs] = [0, 1].map(() => new OwnedRows(store, 'pause', Row));
  const parse = vi.spyOn(Row, 'parse');
  test.onTestFinished(() => parse.mockRestore());
  const reads = async () => {
    const { value, version } = (await ours!.read('all'))!;
    return [value.n, version, parse.mock.calls.length];
  };
  await ours!.replace(['all'], 0, { n: 1 });
  expect([await reads(), await reads()]).toEqual([
    [1, 1, 0],
    [1, 1, 0],
  ]);
  await theirs!.replace(['all'], 1, { n: 2 });
  expect([await reads(), await reads()]).toEqual([
    [2, 2, 1],
    [2, 2, 1],
  ]);
  // The same text again, under a version of its own.
  await theirs!.replace(['all'], 2, { n: 2 });
  expect(await reads()).toEqual([2, 3, 1]);
  expect(await ours!.replace(['all'], 2, { n: 5 })).toBe(false);
  expect(await reads()).toEqual([2, 3, 1]);
});
