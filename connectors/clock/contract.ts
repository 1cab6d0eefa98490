/** What every Clock keeps to; run against each twin. */
import { describe, expect, it } from 'vitest';
import type { Clock } from './port.ts';

export interface ClockUnderTest {
  readonly clock: Clock;
  /** Lets `ms` of the clock's own time pass. */
  pass(ms: number): Promise<void>;
}

const DAY_MS = 86_400_000;

export function testClockContract(name: string, make: () => ClockUnderTest): void {
  describe(`Clock contract: ${name}`, () => {
    it('tells whole milliseconds that never fall', async () => {
      const { clock, pass } = make();
      const before = clock.now();
      await pass(10);
      expect(Number.isInteger(before)).toBe(true);
      expect(clock.now()).toBeGreaterThanOrEqual(before + 10);
    });

    it('resolves at once for a time that has come', async () => {
      const { clock } = make();
      await clock.until(clock.now());
      await clock.until(clock.now() - 1000);
    });

    it('wakes waiters when their time has come, in time order', async () => {
      const { clock, pass } = make();
      const start = clock.now();
      const woken: number[] = [];
      for (const after of [300, 100, 200]) {
        void clock.until(start + after).then(() => {
          expect(clock.now()).toBeGreaterThanOrEqual(start + after);
          woken.push(after);
        });
      }
      await pass(90);
      expect(woken).toEqual([]);
      await pass(120);
      expect(woken).toEqual([100, 200]);
      await pass(100);
      expect(woken).toEqual([100, 200, 300]);
    });

    it('resolves without an error when the signal aborts', async () => {
      const { clock, pass } = make();
      const stop = new AbortController();
      const waiting = clock.until(clock.now() + DAY_MS, stop.signal);
      await pass(1);
      stop.abort();
      await waiting;
      await clock.until(clock.now() + DAY_MS, stop.signal);
    });

    it('waits longer than a timer can (2^31 ms)', async () => {
      const { clock, pass } = make();
      let isWoken = false;
      void clock.until(clock.now() + 60 * DAY_MS).then(() => {
        isWoken = true;
      });
      await pass(59 * DAY_MS);
      expect(isWoken).toBe(false);
      await pass(DAY_MS);
      expect(isWoken).toBe(true);
    });
  });
}
