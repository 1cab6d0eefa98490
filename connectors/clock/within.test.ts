import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from './system.ts';
import { within } from './within.ts';

const LIMIT_MS = 1_000;

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'], now: 0 }));
afterEach(() => void vi.useRealTimers());

/** Work that ends when told to, and the waiting for it. */
function begin() {
  const work = Promise.withResolvers<string>();
  return { work, waiting: within(systemClock, LIMIT_MS, work.promise) };
}

describe('within', () => {
  it('tells that the work is done, and leaves no timer', async () => {
    const { work, waiting } = begin();
    expect(vi.getTimerCount()).toBe(1);
    work.resolve('done');
    expect(await waiting).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('passes on why the work failed, and leaves no timer', async () => {
    const { work, waiting } = begin();
    work.reject(new Error('no disk'));
    await expect(waiting).rejects.toThrow('no disk');
    expect(vi.getTimerCount()).toBe(0);
  });

  it('waits for the whole time, and no longer', async () => {
    const { waiting } = begin();
    const seen: boolean[] = [];
    void waiting.then((isDone) => seen.push(isDone));
    await vi.advanceTimersByTimeAsync(LIMIT_MS - 1);
    expect(seen).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(seen).toEqual([false]);
  });

  it('leaves a failure that comes too late unheard', async () => {
    const { work, waiting } = begin();
    await vi.advanceTimersByTimeAsync(LIMIT_MS);
    work.reject(new Error('no disk'));
    expect(await waiting).toBe(false);
  });

  it('takes work that is done where no time is left', async () => {
    expect(await within(systemClock, 0, Promise.resolve())).toBe(true);
  });
});
