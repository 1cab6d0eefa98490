import { describe, expect, it } from 'vitest';
import type { FeaturePoint, SignalItem } from '../wire.ts';
import { marksOf } from './marks.ts';

const COLORS = { LONG: 'long', SHORT: 'short', refused: 'refused', exhaustion: 'exhaustion' };
const CHECKS = { volume_drop: true, double_wick: true, rsi_extreme: false, order_book_flip: false };
const NONE = { ...CHECKS, volume_drop: false, double_wick: false };
const at = (minute: number) => `2026-11-22T02:${String(minute).padStart(2, '0')}:00.000Z`;
const seconds = (minute: number) => Date.parse(at(minute)) / 1_000;
/** Fired at the close of a bar. */
const signal = (minute: number, state: 'REFUSED' | 'OPEN' | null = 'OPEN', side: 'LONG' | 'SHORT' = 'LONG') =>
  ({
    id: `${side} ${minute}`,
    side,
    timestamp: at(minute),
    exhaustion_checks: CHECKS,
    outcomes: state === null ? [] : [{ state }],
  }) as unknown as SignalItem;
const feature = (minute: number, changes: Partial<FeaturePoint> = {}) =>
  ({
    openTime: at(minute),
    checksLong: CHECKS,
    checksShort: NONE,
    voided: false,
    ...changes,
  }) as FeaturePoint;
const brief = (marks: ReturnType<typeof marksOf>) =>
  marks.map(({ time, color, text }) => [(time - seconds(0)) / 60, color, text]);

describe('marks at bars of a minute', () => {
  it('stand at the bar that a signal fired on, with the checks that held, oldest first', () => {
    const marks = marksOf([signal(20), signal(10, null, 'SHORT')], [feature(2)], '1m', COLORS);
    expect(brief(marks)).toEqual([
      [2, 'exhaustion', 'VW'],
      [9, 'short', 'VW'],
      [19, 'long', 'VW'],
    ]);
    expect(marks.map(({ shape, position }) => [shape, position])).toEqual([
      ['circle', 'belowBar'],
      ['arrowDown', 'aboveBar'],
      ['arrowUp', 'belowBar'],
    ]);
  });

  it('are grey and small where every book refused', () => {
    const [mark] = marksOf([signal(5, 'REFUSED')], [], '1m', COLORS);
    expect(mark).toMatchObject({ color: 'refused', text: '', size: 1 });
  });

  it('of exhaustion are none where a signal stands, it is void, or one check held alone', () => {
    const features = [
      feature(4),
      feature(20, { voided: true }),
      feature(30, { checksLong: { ...NONE, rsi_extreme: true } }),
    ];
    expect(brief(marksOf([signal(5)], features, '1m', COLORS))).toEqual([[4, 'long', 'VW']]);
  });

  it('leave out the text that would lie on that of a neighbour: a signal keeps its own', () => {
    const features = [3, 5, 6, 9].map((minute) => feature(minute));
    const short = feature(5, { checksLong: NONE, checksShort: CHECKS });
    expect(brief(marksOf([signal(5)], [...features, short], '1m', COLORS))).toEqual([
      [3, 'exhaustion', ''],
      [4, 'long', 'VW'],
      [5, 'exhaustion', ''],
      [5, 'exhaustion', 'VW'],
      [6, 'exhaustion', ''],
      [9, 'exhaustion', 'VW'],
    ]);
  });
});

it('marks at longer bars are one a side, that of a signal which was taken, with their number', () => {
  const signals = [signal(1, 'REFUSED'), signal(2), signal(3, 'REFUSED'), signal(20, 'REFUSED')];
  const marks = marksOf([...signals, signal(3, 'OPEN', 'SHORT')], [feature(1)], '15m', COLORS);
  expect(brief(marks)).toEqual([
    [0, 'long', '×3'],
    [0, 'short', ''],
    [15, 'refused', ''],
  ]);
  expect(marks[0]!.id).toBe('LONG 2');
});
