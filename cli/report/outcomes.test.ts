import { describe, expect, it } from 'vitest';
import { MINUTE_MS } from '../../schemas/primitives.ts';
import type { ScalpSignal } from '../../schemas/scalp-signal.ts';
import type { NearBar } from '../backtest/near-bars.ts';
import { type Outcome, outcomesOf } from './outcomes.ts';

describe('what became of signals', () => {
  const signal = (side: 'LONG' | 'SHORT', level: number | null = null) =>
    ({
      pair: 'A',
      side,
      entry: 100,
      timestamp: 0,
      entry_conditions_met: { level_price: level },
    }) as unknown as ScalpSignal;
  const bar = (minute: number, low: number, high: number, close = 100): NearBar => ({
    pair: 'A',
    openTime: minute * MINUTE_MS,
    open: 100,
    high,
    low,
    close,
    volume: 1,
    isComplete: true,
  });
  const outcome = (told: ScalpSignal, ...bars: NearBar[]) => {
    const [{ isReversed, isLevelHeld, isFalseBreak }] = outcomesOf([told], bars) as [Outcome];
    return [isReversed, isLevelHeld, isFalseBreak];
  };

  it.each([
    [
      'up first, for a LONG',
      signal('LONG'),
      [bar(0, 99.8, 100.2), bar(1, 99.9, 100.3), bar(2, 99, 100)],
      true,
    ],
    [
      'up first, for a SHORT',
      signal('SHORT'),
      [bar(0, 99.8, 100.2), bar(1, 99.9, 100.3), bar(2, 99, 100)],
      false,
    ],
    ['both within a bar', signal('LONG'), [bar(0, 99.7, 100.3)], false],
    ['neither', signal('LONG'), [bar(0, 99.8, 100.2)], null],
    ['too late', signal('LONG'), [bar(60, 100, 101)], null],
  ] as const)('is told of a price that goes %s', (_, told, bars, wanted) => {
    expect(outcome(told, ...bars)[0]).toBe(wanted);
  });

  it('is told of levels: broken by a close beyond, held once price has left', () => {
    const support = signal('LONG', 99.9);
    expect(outcome(support, bar(0, 99.5, 100, 99.8), bar(1, 99.8, 100.26))[1]).toBe(true);
    expect(outcome(support, bar(0, 99.5, 100, 99.74), bar(1, 99.8, 100.3))[1]).toBe(false);
    expect(outcome(support, bar(0, 99.8, 100.1))[1]).toBeNull();
    expect(outcome(support, bar(0, 99.5, 100, 99.74), bar(1, 99.7, 100, 99.89))[2]).toBe(false);
    expect(outcome(support, bar(0, 99.5, 100, 99.74), bar(1, 99.7, 100, 99.91))[2]).toBe(true);
    expect(outcome(support, bar(0, 99.8, 100.3))[2]).toBeNull();
    expect(outcome(signal('LONG'), bar(0, 99, 101))[1]).toBeNull();
    const resistance = signal('SHORT', 100.1);
    expect(outcome(resistance, bar(0, 100, 100.5, 100.26))[1]).toBe(false);
    expect(outcome(resistance, bar(0, 99.74, 100))[1]).toBe(true);
  });
});
