import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { acceleratedClock } from './accelerated.ts';
import { testClockContract } from './contract.ts';
import { ManualClock } from './manual.ts';
import { systemClock } from './system.ts';

const START = Date.UTC(2024, 2, 1);

describe('with faked timers', () => {
  beforeAll(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'], now: START }));
  afterAll(() => void vi.useRealTimers());

  testClockContract('system', () => ({
    clock: systemClock,
    pass: async (ms) => void (await vi.advanceTimersByTimeAsync(ms)),
  }));
});

testClockContract('manual', () => {
  const clock = new ManualClock(START);
  return { clock, pass: (ms) => clock.advanceTo(clock.now() + ms) };
});

testClockContract('accelerated, a little at a time', () => {
  const base = new ManualClock(1000);
  const clock = acceleratedClock({ start: START, speed: 10, base, mostAtOnceMs: 3_600_000 });
  return { clock, pass: (ms) => base.advanceTo(base.now() + Math.ceil(ms / 10)) };
});

testClockContract('accelerated', () => {
  const base = new ManualClock(1000);
  const clock = acceleratedClock({ start: START, speed: 10, base });
  return { clock, pass: (ms) => base.advanceTo(base.now() + Math.ceil(ms / 10)) };
});

it('waits for real on the system clock', async () => {
  const target = systemClock.now() + 5;
  await systemClock.until(target);
  expect(systemClock.now()).toBeGreaterThanOrEqual(target);
});

describe('acceleratedClock', () => {
  it('runs market time at its speed from its start', async () => {
    const base = new ManualClock(5000);
    const clock = acceleratedClock({ start: START, speed: 60, base });
    await base.advanceTo(6000);
    expect(clock.now()).toBe(START + 60_000);
  });

  it('reaches every target at a speed that does not divide evenly', async () => {
    const base = new ManualClock(7);
    const clock = acceleratedClock({ start: START, speed: 0.3, base });
    for (let ms = START; ms < START + 50; ms++) {
      const waiting = clock.until(ms);
      await base.advanceTo(base.now() + 5);
      await waiting;
      expect(clock.now()).toBeGreaterThanOrEqual(ms);
    }
  });

  it('stands still until it is begun, and so do those who wait for it', async () => {
    const base = new ManualClock(1000);
    const clock = acceleratedClock({ start: START, speed: 60, base, isHeld: true });
    const reached: number[] = [];
    const waiting = clock.until(START + 60).then(() => reached.push(clock.now()));
    const left = new AbortController();
    const leaving = clock.until(START + 60, left.signal);
    await base.advanceTo(5000);
    expect([clock.now(), ...reached]).toEqual([START]);
    left.abort();
    await leaving;
    clock.begin();
    clock.begin();
    await base.advanceTo(5001);
    await waiting;
    expect([clock.now(), ...reached]).toEqual([START + 60, START + 60]);
  });

  it('moves a little at a time where the process stands still, and goes on at its speed', async () => {
    const base = new ManualClock(1000);
    const clock = acceleratedClock({ start: START, speed: 60, base, mostAtOnceMs: 600 });
    const told: number[] = [];
    void clock.until(START + 1_200).then(() => told.push(clock.now() - START));
    // A pause: nobody is woken before it is over.
    vi.spyOn(base, 'now').mockReturnValue(1500);
    expect(clock.now() - START).toBe(600);
    vi.restoreAllMocks();
    await base.advanceTo(1010);
    expect(clock.now() - START).toBe(600);
    await base.advanceTo(1020);
    expect([clock.now() - START, ...told]).toEqual([1_200, 1_200]);
    clock.end();
    await base.advanceTo(2000);
    expect(clock.now() - START).toBe(1_200);
  });

  it('refuses a speed of nothing', () => {
    expect(() => acceleratedClock({ start: 0, speed: 0, base: systemClock })).toThrow('speed above 0');
  });
});

describe('ManualClock', () => {
  it('wakes each waiter at its own time, also those added on the way', async () => {
    const clock = new ManualClock(0);
    const seen: number[] = [];
    void (async () => {
      for (const ms of [10, 20, 30]) {
        await clock.until(ms);
        seen.push(clock.now());
      }
    })();
    await clock.advanceTo(25);
    expect(seen).toEqual([10, 20]);
    expect(clock.now()).toBe(25);
  });

  it('moves at once where nobody waits', () => {
    const clock = new ManualClock(0);
    void clock.advanceTo(10);
    expect(clock.now()).toBe(10);
  });

  it('refuses to go back', async () => {
    await expect(new ManualClock(10).advanceTo(9)).rejects.toThrow('from 10 on');
  });
});
