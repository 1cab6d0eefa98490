import { describe, expect, it } from 'vitest';
import { Random } from '../random.ts';
import { ClockOffset } from './clock-offset.ts';

const START = Date.UTC(2026, 2, 1);

interface World {
  readonly ms: number;
  /** What our clock shows beyond the exchange's. */
  readonly aheadMs: number;
}

/** Ten events a second with a delay of 20 ms and more; ends with the estimate and the error of it. */
function run(offset: ClockOffset, ms: number, aheadMs: (ms: number) => number, seed = 1): World[] {
  const random = new Random(seed);
  const seen: World[] = [];
  for (let at = 0; at < ms; at += 100) {
    const delay = 20 - 15 * Math.log(1 - random.next()) + (random.chance(0.01) ? 3_000 : 0);
    offset.add(START + at - delay, START + at + aheadMs(at));
    seen.push({ ms: at, aheadMs: offset.offsetMs! - 20 });
  }
  return seen;
}

describe('ClockOffset', () => {
  it.each([-90_000, -300, 0, 7, 3_600_000])(
    'finds our clock %d ms ahead, up to the shortest delay',
    (ahead) => {
      const offset = new ClockOffset();
      expect(offset.offsetMs).toBeNull();
      expect(offset.exchangeTime(5)).toBe(5);
      const settled = run(offset, 120_000, () => ahead).slice(50);
      for (const { aheadMs } of settled) expect(Math.abs(aheadMs - ahead)).toBeLessThan(5);
      const now = START + 200_000 + ahead;
      expect(Math.abs(offset.exchangeTime(now) - (START + 200_000 - 20))).toBeLessThan(5);
    },
  );

  it('follows clocks that drift apart by 100 ppm, never further behind than the window', () => {
    const seen = run(new ClockOffset(), 3_600_000, (ms) => ms * 1e-4).slice(50);
    for (const { ms, aheadMs } of seen) expect(Math.abs(aheadMs - ms * 1e-4)).toBeLessThan(60 * 0.1 + 5);
  });

  it('is not misled by two events from the future, nor by a burst of late ones', () => {
    const offset = new ClockOffset();
    run(offset, 30_000, () => 500);
    const before = offset.offsetMs!;
    for (let i = 0; i < 2; i++) offset.add(START + 90_000, START + 30_000);
    for (let i = 0; i < 300; i++) offset.add(START, START + 30_000 + i);
    expect(Math.abs(offset.offsetMs! - before)).toBeLessThan(5);
  });

  it('sees a clock that is set back at once, one that is set forward within a minute', () => {
    const jumpAt = 100_000;
    const back = run(new ClockOffset(), 200_000, (ms) => (ms < jumpAt ? 2_000 : -1_000));
    expect(Math.abs(back.find(({ ms }) => ms === jumpAt + 1_000)!.aheadMs + 1_000)).toBeLessThan(30);
    const forward = run(new ClockOffset(), 200_000, (ms) => (ms < jumpAt ? -2_000 : 1_000));
    expect(Math.abs(forward.find(({ ms }) => ms === jumpAt + 70_000)!.aheadMs - 1_000)).toBeLessThan(5);
  });

  it('tells what it has after the first event, and keeps it in silence', () => {
    const offset = new ClockOffset();
    offset.add(START, START + 40);
    expect(offset.offsetMs).toBe(40);
    offset.add(START + 600_000, START + 600_035);
    expect(offset.offsetMs).toBe(35);
  });
});
