import { describe, expect, it } from 'vitest';
import { DAY_SYMBOLS, type Fate, simulatedDay } from './simulated-day.ts';

const HOUR = 3_600_000;
const START = Date.UTC(2026, 2, 3);
const day = simulatedDay({ seed: 1 });

describe('the simulated day', () => {
  it('is the same for the same seed, and another for another', () => {
    const of = (seed: number) => simulatedDay({ seed, lengthMs: HOUR / 4 });
    expect(of(5)).toEqual(of(5));
    expect(of(5)).not.toEqual(of(6));
  });

  it.each(DAY_SYMBOLS)('has of %s every kind of row, in order of arrival', (symbol) => {
    const rows = day.get(symbol)!;
    const fates = Map.groupBy(rows, ({ fate }) => fate);
    for (const fate of ['late', 'tooLate', 'copy', 'lateCopy', 'garbage'] as const) {
      expect(fates.get(fate)?.length, fate).toBeGreaterThan(0);
    }
    expect(rows.every(({ atMs }, i) => atMs >= (rows[i - 1]?.atMs ?? 0))).toBe(true);
    expect(rows.some(({ ts }, i) => ts < (rows[i - 1]?.ts ?? 0))).toBe(true);
  });

  it('delivers what is on time within the allowed disorder, the rest as late as it says', () => {
    const delays = Map.groupBy([...day.values()].flat(), ({ fate }) => fate);
    const bounds = (fate: Fate) => {
      const all = delays.get(fate)!.map(({ atMs, ts }) => atMs - ts);
      return { least: all.reduce((a, b) => Math.min(a, b)), most: all.reduce((a, b) => Math.max(a, b)) };
    };
    expect(bounds('plain').most).toBeLessThan(2_000);
    expect(bounds('late').most).toBeLessThan(600_000);
    expect(bounds('tooLate').least).toBeGreaterThan(60_000 + 600_000 + 2_000);
  });

  it('is silent in one symbol for hours, and in all for minutes', () => {
    const longest = (symbol: string) => {
      const times = day.get(symbol)!.map(({ ts }) => ts);
      const sorted = times.toSorted((a, b) => a - b);
      return Math.max(...sorted.slice(1).map((ts, i) => ts - sorted[i]!));
    };
    expect(longest('SOLUSDT')).toBeGreaterThanOrEqual(3 * HOUR);
    expect(longest('BTCUSDT')).toBeGreaterThan(11 * 60_000);
    expect(longest('BTCUSDT')).toBeLessThan(HOUR);
    const times = day.get('BTCUSDT')!.map(({ ts }) => ts);
    const [first, last] = times.reduce(([a, b], ts) => [Math.min(a, ts), Math.max(b, ts)], [times[0]!, 0]);
    expect([first >= START, last - first > 23.9 * HOUR]).toEqual([true, true]);
  });
});
