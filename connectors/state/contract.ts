/** What every StateStore keeps to; run against SQLite and against a Bigtable server. */
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import type { ManualClock } from '../clock/manual.ts';
import type { Row, StateStore } from './port.ts';

export interface StoreUnderTest {
  readonly store: StateStore;
  /** What it expires by. */
  readonly clock: ManualClock;
  /** Another client of the same rows. */
  another(): Promise<StateStore>;
  dispose(): Promise<void>;
}

export interface StoreCapabilities {
  /** Runs of each property. */
  readonly runs: number;
}

const row = (key: string, cells: Record<string, string> = { value: key }): Row => ({ key, cells });
const keys = (rows: readonly Row[]) => rows.map(({ key }) => key);

/** Adds one to a counter; the number it became. `step` decides when each call's answer comes. */
async function increment(
  client: StateStore,
  key: string,
  step: <T>(taken: Promise<T>) => Promise<T>,
): Promise<number> {
  for (;;) {
    const before = (await step(client.get(key)))?.count;
    const after = String(Number(before ?? 0) + 1);
    const condition =
      before === undefined ? ({ cell: 'count', absent: true } as const) : { cell: 'count', is: before };
    if (await step(client.compareAndSet(key, condition, { count: after, twin: after }))) return Number(after);
  }
}

export function testStateStoreContract(
  name: string,
  open: () => Promise<StoreUnderTest>,
  { runs }: StoreCapabilities,
): void {
  describe(`StateStore contract: ${name}`, () => {
    const opened: StoreUnderTest[] = [];
    const make = async () => {
      const made = await open();
      opened.push(made);
      return made;
    };
    afterEach(async () => {
      for (const made of opened.splice(0)) await made.dispose();
    });

    describe('rows', () => {
      it('are there as they were put, whatever their text', async () => {
        const { store } = await make();
        const cells = { empty: '', digits: '12345678', long: 'ä€😀'.repeat(1000), odd: 'a\0b\n"\\' };
        await store.put('k#1', cells);
        expect(await store.get('k#1')).toEqual(cells);
        expect(await store.get('k#2')).toBeNull();
        expect(await store.get('k')).toBeNull();
      });

      it('keep the cells that a put does not name', async () => {
        const { store } = await make();
        await store.put('k', { a: '1', b: '2', c: '3' });
        await store.put('k', { b: '4', c: null, d: null });
        expect(await store.get('k')).toEqual({ a: '1', b: '4' });
      });

      it('end with their last cell, and when they are deleted', async () => {
        const { store } = await make();
        await store.put('k1', { a: '1' });
        await store.put('k1', { a: null });
        expect(await store.get('k1')).toBeNull();
        await store.put('k2', { a: '1', b: '2' });
        await store.delete('k2');
        await store.delete('k2');
        expect(await store.get('k2')).toBeNull();
        await store.put('k2', { b: '3' });
        expect(await store.get('k2')).toEqual({ b: '3' });
      });

      it('are written in the order asked for', async () => {
        const { store } = await make();
        for (let i = 0; i < 20; i++) await store.put('k', { a: String(i) });
        expect(await store.get('k')).toEqual({ a: '19' });
      });
    });

    describe('compare-and-set', () => {
      it('writes where a cell is exactly what was expected', async () => {
        const { store } = await make();
        await store.put('k', { a: '1.5', b: 'x' });
        for (const wrong of ['1', '1.50', '1x5', '', '1.5\0'])
          expect(await store.compareAndSet('k', { cell: 'a', is: wrong }, { b: 'y' })).toBe(false);
        expect(await store.compareAndSet('k', { cell: 'c', is: 'x' }, { b: 'y' })).toBe(false);
        expect(await store.compareAndSet('other', { cell: 'a', is: '1.5' }, { b: 'y' })).toBe(false);
        expect(await store.get('k')).toEqual({ a: '1.5', b: 'x' });
        expect(await store.compareAndSet('k', { cell: 'a', is: '1.5' }, { a: '2', b: null })).toBe(true);
        expect(await store.get('k')).toEqual({ a: '2' });
        expect(await store.get('other')).toBeNull();
      });

      it('tells an empty cell from an absent one', async () => {
        const { store } = await make();
        expect(await store.compareAndSet('k', { cell: 'a', is: '' }, { a: '1' })).toBe(false);
        await store.put('k', { a: '' });
        expect(await store.compareAndSet('k', { cell: 'a', absent: true }, { a: '1' })).toBe(false);
        expect(await store.compareAndSet('k', { cell: 'a', is: '' }, { a: '1' })).toBe(true);
        expect(await store.get('k')).toEqual({ a: '1' });
      });

      it('writes where a cell is absent', async () => {
        const { store } = await make();
        expect(await store.compareAndSet('k', { cell: 'a', absent: true }, { a: '1' })).toBe(true);
        expect(await store.compareAndSet('k', { cell: 'a', absent: true }, { a: '2' })).toBe(false);
        expect(await store.compareAndSet('k', { cell: 'b', absent: true }, { b: '3' })).toBe(true);
        expect(await store.get('k')).toEqual({ a: '1', b: '3' });
      });

      it('writes where a cell is absent or below', async () => {
        const { store } = await make();
        const put = (rank: string) =>
          store.compareAndSet('k', { cell: 'rank', absentOrBelow: rank }, { rank, value: `v${rank}` });
        expect(await put('05')).toBe(true);
        expect(await put('05')).toBe(false);
        expect(await put('04')).toBe(false);
        expect(await store.get('k')).toEqual({ rank: '05', value: 'v05' });
        expect(await put('05#1')).toBe(true);
        expect(await put('10')).toBe(true);
        expect(await store.get('k')).toEqual({ rank: '10', value: 'v10' });
      });

      it('compares by bytes of UTF-8', async () => {
        const { store } = await make();
        await store.put('k', { a: '\uffee' });
        // Below it by UTF-16 units, above it by code points.
        expect(await store.compareAndSet('k', { cell: 'a', absentOrBelow: '\u{1f600}' }, { b: '1' })).toBe(
          true,
        );
      });
    });

    describe('expiry', () => {
      it('ends cells at their instant, for reads, scans and conditions', async () => {
        const { store, clock } = await make();
        const end = clock.now() + 1_000;
        await store.put('k', { a: '1' }, { expiresAt: end });
        await store.put('k', { b: '2' });
        await store.put('l', { a: '1' }, { expiresAt: end });
        await clock.advanceTo(end - 1);
        expect(await store.get('l')).toEqual({ a: '1' });
        expect(keys((await store.scan({ prefix: '' })).rows)).toEqual(['k', 'l']);
        expect(await store.compareAndSet('l', { cell: 'a', absent: true }, { a: '9' })).toBe(false);
        await clock.advanceTo(end);
        expect(await store.get('k')).toEqual({ b: '2' });
        expect(await store.get('l')).toBeNull();
        expect((await store.scan({ prefix: '' })).rows).toEqual([row('k', { b: '2' })]);
        expect(await store.compareAndSet('l', { cell: 'a', is: '1' }, { a: '9' })).toBe(false);
        expect(await store.compareAndSet('k', { cell: 'a', absentOrBelow: '0' }, { a: '0' })).toBe(true);
        expect(await store.compareAndSet('l', { cell: 'a', absent: true }, { a: '9' })).toBe(true);
        expect(await store.get('l')).toEqual({ a: '9' });
      });

      it('is set anew by each write: longer, shorter, or never', async () => {
        const { store, clock } = await make();
        const [soon, late] = [clock.now() + 1_000, clock.now() + 9_000];
        const ends: [string, (number | undefined)[]][] = [
          ['longer', [soon, late]],
          ['shorter', [late, soon]],
          ['never', [soon, undefined]],
          ['after all', [undefined, soon]],
        ];
        for (const [value, each] of ends)
          for (const expiresAt of each) await store.put(`k#${value.slice(0, 5)}`, { value }, { expiresAt });
        await clock.advanceTo(soon);
        expect(keys((await store.scan({ prefix: 'k#' })).rows)).toEqual(['k#longe', 'k#never']);
        await clock.advanceTo(late);
        expect(keys((await store.scan({ prefix: 'k#' })).rows)).toEqual(['k#never']);
      });
    });

    describe('scan', () => {
      it('gives the rows of a prefix by key, in pages', async () => {
        const { store } = await make();
        for (const key of ['a#2', 'a#1', 'a#3', 'a', 'a$', 'b#1', 'A#1'])
          await store.put(key, { value: key });
        const first = await store.scan({ prefix: 'a#', limit: 2 });
        expect(first).toEqual({ rows: [row('a#1'), row('a#2')], next: 'a#3' });
        const second = await store.scan({ prefix: 'a#', limit: 2, from: first.next! });
        expect(second).toEqual({ rows: [row('a#3')], next: null });
        expect(keys((await store.scan({ prefix: '' })).rows)).toEqual(
          ['A#1', 'a', 'a#1', 'a#2', 'a#3', 'a$', 'b#1'], //
        );
        expect(await store.scan({ prefix: 'c' })).toEqual({ rows: [], next: null });
      });

      it('gives a range within a prefix', async () => {
        const { store } = await make();
        for (const key of ['a#1', 'a#2', 'a#3', 'a#4', 'b#2']) await store.put(key, { value: key });
        const range = async (from?: string, before?: string) =>
          keys((await store.scan({ prefix: 'a#', from, before })).rows);
        expect(await range('a#2', 'a#4')).toEqual(['a#2', 'a#3']);
        expect(await range('a#3')).toEqual(['a#3', 'a#4']);
        expect(await range('', 'z')).toEqual(['a#1', 'a#2', 'a#3', 'a#4']);
        expect(await range('a#3', 'a#3')).toEqual([]);
        expect(await range('a#4', 'a#1')).toEqual([]);
      });

      it('counts living rows alone', async () => {
        const { store, clock } = await make();
        const expiresAt = clock.now() + 1;
        for (let i = 0; i < 10; i++)
          await store.put(`a#${i}`, { value: '' }, { expiresAt: i % 3 === 0 ? undefined : expiresAt });
        await clock.advanceTo(expiresAt);
        const page = await store.scan({ prefix: 'a#', limit: 2 });
        expect([keys(page.rows), page.next]).toEqual([['a#0', 'a#3'], 'a#6']);
      });
    });

    describe('several clients', () => {
      it('see what another has written', async () => {
        const { store, another } = await make();
        const other = await another();
        await store.put('k', { a: '1' });
        expect(await other.get('k')).toEqual({ a: '1' });
        expect(await other.compareAndSet('k', { cell: 'a', is: '1' }, { a: '2' })).toBe(true);
        expect(await store.get('k')).toEqual({ a: '2' });
      });

      it('win a condition once, however many try at once', async () => {
        const { store, another } = await make();
        const clients = [store, await another(), await another()];
        const tries = Array.from({ length: 30 }, (_, i) =>
          clients[i % 3]!.compareAndSet('k', { cell: 'a', absent: true }, { a: String(i) }),
        );
        const won = (await Promise.all(tries)).flatMap((isMine, i) => (isMine ? [String(i)] : []));
        expect(won).toHaveLength(1);
        expect(await store.get('k')).toEqual({ a: won[0] });
      });

      it('lose no update, in whatever order their steps come', async () => {
        const { store, another } = await make();
        const clients = [store, await another(), await another()];
        const turns = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 2, maxLength: 5 });
        let run = 0;
        await fc.assert(
          fc.asyncProperty(fc.scheduler(), turns, async (scheduler, rounds) => {
            const key = `counter#${run++}`;
            const seen: number[] = [];
            const step = <T>(taken: Promise<T>) => scheduler.schedule(taken);
            const count = async (client: StateStore, times: number) => {
              while (times-- > 0) seen.push(await increment(client, key, step));
            };
            const total = rounds.reduce((sum, times) => sum + times, 0);
            await scheduler.waitFor(Promise.all(rounds.map((times, i) => count(clients[i % 3]!, times))));
            const numbers = Array.from({ length: total }, (_, i) => i + 1);
            // Each count was given once: a lost update would give one twice.
            expect(seen.toSorted((a, b) => a - b)).toEqual(numbers);
            expect(await store.get(key)).toEqual({ count: String(total), twin: String(total) });
          }),
          { seed: 1, numRuns: runs },
        );
      });

      it('make no row older, in whatever order writes come', async () => {
        const { store, another } = await make();
        const clients = [store, await another()];
        const ranks = fc.array(fc.integer({ min: 0, max: 99 }), { minLength: 1, maxLength: 12 });
        let run = 0;
        await fc.assert(
          fc.asyncProperty(ranks, async (numbers) => {
            const key = `newest#${run++}`;
            const writes = numbers.map((number, i) => {
              const rank = String(number).padStart(2, '0');
              return clients[i % 2]!.compareAndSet(key, { cell: 'rank', absentOrBelow: rank }, { rank });
            });
            await Promise.all(writes);
            expect(await store.get(key)).toEqual({ rank: String(Math.max(...numbers)).padStart(2, '0') });
          }),
          { seed: 1, numRuns: runs },
        );
      });
    });

    it('refuses names that the other store would not take', async () => {
      const { store } = await make();
      for (const key of ['', 'a b', 'ä', 'a\n', 'x'.repeat(1025)])
        await expect(store.put(key, { a: '1' })).rejects.toThrow('Expected a key');
      for (const cell of ['', 'A', 'a:b', '__proto__'])
        await expect(store.put('k', { [cell]: '1' })).rejects.toThrow('name of a cell');
      await expect(store.put('k', {})).rejects.toThrow('got none');
      await expect(store.scan({ prefix: '', limit: 0 })).rejects.toThrow('at least one row');
    });

    it('finishes what was asked for when it is closed, and takes no more', async () => {
      const { store, another } = await make();
      const other = await another();
      const writing = store.put('k', { a: '1' });
      await Promise.all([writing, store.close(), store.close()]);
      expect(await other.get('k')).toEqual({ a: '1' });
      await expect(store.put('k', { a: '2' })).rejects.toThrow('closed');
      await expect(store.get('k')).rejects.toThrow('closed');
    });
  });
}
