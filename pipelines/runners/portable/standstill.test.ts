import { describe, expect, it, vi } from 'vitest';
import { ManualClock } from '../../../connectors/clock/manual.ts';
import { standsStill } from './standstill.ts';

async function watched(look: (nowMs: number) => string) {
  const clock = new ManualClock();
  const over = new AbortController();
  const told = vi.fn();
  const watch = { clock, limitMs: 60_000, signal: over.signal };
  const watching = standsStill(async () => look(clock.now()), watch).then(told);
  // It waits for the first time once it has looked.
  await new Promise(setImmediate);
  return { clock, over, told, watching };
}

describe('a watch', () => {
  it('tells of a standstill once it has lasted for the limit', async () => {
    const { clock, told } = await watched(() => 'same');
    await clock.advanceTo(59_999);
    expect(told).not.toHaveBeenCalled();
    await clock.advanceTo(60_000);
    expect(told).toHaveBeenCalledExactlyOnceWith(true);
  });

  it('begins anew with whatever is new', async () => {
    const { clock, told } = await watched((ms) => (ms < 55_000 ? 'before' : 'after'));
    await clock.advanceTo(114_999);
    expect(told).not.toHaveBeenCalled();
    await clock.advanceTo(115_000);
    expect(told).toHaveBeenCalledExactlyOnceWith(true);
  });

  it('takes no sleep of the machine for a standstill', async () => {
    // A clock that has jumped by hours with each wait.
    let ms = 0;
    let looks = 0;
    const clock = {
      now: () => ms,
      until: async () => {
        ms += 3_600_000;
      },
    };
    const look = async () => String(Math.min(11, ++looks));
    await standsStill(look, { clock, limitMs: 60_000, signal: new AbortController().signal });
    expect(looks).toBe(23);
  });

  it('ends with what it watches', async () => {
    const { over, told, watching } = await watched(() => 'same');
    over.abort();
    await watching;
    expect(told).toHaveBeenCalledExactlyOnceWith(false);
  });
});
