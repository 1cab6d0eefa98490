import '../../../transforms/sdk.beam.ts';
import type { WindowedValue } from 'apache-beam/values';
import type { Receiver } from 'apache-beam/worker/operators';
import fc from 'fast-check';
import Long from 'long';
import { describe, expect, it } from 'vitest';
import { type GroupEvent, type ModelPane, type ModelResult, modelGroups, windowEnds } from './group.model.ts';
import { GroupOperator } from './group.ts';
import { Ledger } from './receipts.ts';
import { type Windowing, windowEndingAt } from './windowing.ts';

const FIXED: Windowing = {
  sizeMs: 10,
  periodMs: 10,
  offsetMs: 0,
  allowedLatenessMs: 0,
  accumulating: true,
  lateCount: 1,
  closesWithPane: false,
};

interface Outcome extends ModelResult {
  readonly heldAtEnd: number;
  readonly dropped: readonly unknown[];
}

/** `assigns` as in GroupOptions: with it, windows come from timestamps; without it, elements carry them. */
function run(events: readonly GroupEvent[], windowing: Windowing, assigns: boolean): Outcome {
  const panes: ModelPane[] = [];
  const dropped: unknown[] = [];
  const receive = (element: WindowedValue<unknown>) => {
    const { key, value } = element.value as { key: string; value: number[] };
    const { timing, index, onTimeIndex, isFirst, isLast } = element.pane;
    expect([onTimeIndex, isFirst]).toEqual([index, index === 0]);
    const end = element.timestamp.toNumber() + 1;
    expect(element.windows.map((window) => window.maxTimestamp().toNumber() + 1)).toEqual([end]);
    panes.push({
      key,
      end: windowing.sizeMs === Number.POSITIVE_INFINITY ? windowing.sizeMs : end,
      values: [...value].sort((a, b) => a - b),
      timing: timing as 'ON_TIME' | 'LATE',
      index,
      isLast,
    });
    return null;
  };
  const group = new GroupOperator({
    transformId: 'group',
    windowing,
    assigns,
    receiver: { receive } as unknown as Receiver,
    ledger: new Ledger(),
    keyText: String,
    onDropped: (value) => void dropped.push(value),
  });
  for (const event of events) {
    if ('watermark' in event) {
      if (group.rise(event.watermark)) while (group.fireNext());
    } else {
      const { key, ts, value } = event;
      const ends = assigns ? [Number.POSITIVE_INFINITY] : windowEnds(ts, windowing);
      const windows = ends.map((end) => windowEndingAt(end, assigns ? end : windowing.sizeMs));
      const pane = {} as never;
      group.process({ value: { key, value }, windows, pane, timestamp: Long.fromNumber(ts) });
      // Every element is a bundle of its own.
      while (group.fireLate());
    }
  }
  const { late, droppedLate, held } = group;
  return { panes, late, droppedLate, heldAtEnd: held, dropped };
}

const pane = (end: number, values: number[], rest: Partial<ModelPane> = {}): ModelPane => ({
  key: 'k',
  end,
  values,
  timing: 'ON_TIME',
  index: 0,
  isLast: false,
  ...rest,
});
const at = (ts: number, value: number, key = 'k'): GroupEvent => ({ key, ts, value });
const until = (watermark: number): GroupEvent => ({ watermark });

describe('panes of a fixed window', () => {
  it('fires on time exactly when the watermark reaches the end, in order of key text', () => {
    const events = [at(9, 1, 'b'), at(0, 2, 'a'), at(10, 3, 'a'), until(9)];
    expect(run(events, FIXED, true).panes).toEqual([]);
    expect(run([...events, until(10)], FIXED, true).panes).toEqual([
      pane(10, [2], { key: 'a', isLast: true }),
      pane(10, [1], { key: 'b', isLast: true }),
    ]);
  });

  it('takes an element until lateness ends, one ms before it and not at it', () => {
    const windowing = { ...FIXED, allowedLatenessMs: 5 };
    const outcome = run([at(1, 1), until(14), at(2, 2), until(15), at(3, 3)], windowing, true);
    expect(outcome.panes).toEqual([pane(10, [1]), pane(10, [1, 2], { timing: 'LATE', index: 1 })]);
    expect(outcome).toMatchObject({ late: 1, droppedLate: 1, dropped: [{ key: 'k', value: 3 }] });
  });

  it('holds only what is new in a discarding late pane', () => {
    const windowing = { ...FIXED, allowedLatenessMs: 5, accumulating: false };
    const { panes } = run([at(1, 1), until(10), at(2, 2), at(3, 3)], windowing, true);
    expect(panes.map(({ values, index }) => [values, index])).toEqual([
      [[1], 0],
      [[2], 1],
      [[3], 2],
    ]);
  });

  it('waits for as many late elements as the trigger counts, and sends the rest when lateness ends', () => {
    const windowing = { ...FIXED, allowedLatenessMs: 5, lateCount: 2 };
    const late = { timing: 'LATE', isLast: false } as const;
    const events = [at(1, 1), until(10), at(2, 2), at(3, 3), at(4, 4)];
    const { panes } = run([...events, until(15)], windowing, true);
    expect(panes).toEqual([
      pane(10, [1]),
      pane(10, [1, 2, 3], { ...late, index: 1 }),
      pane(10, [1, 2, 3, 4], { ...late, index: 2, isLast: true }),
    ]);
  });

  it('fires a window whose first element is late at once, as late', () => {
    const windowing = { ...FIXED, allowedLatenessMs: 5, lateCount: 3 };
    const { panes } = run([until(10), at(2, 2)], windowing, true);
    expect(panes).toEqual([pane(10, [2], { timing: 'LATE' })]);
  });

  it('says that a pane is the last only where nothing can follow', () => {
    const windowing = { ...FIXED, allowedLatenessMs: 5 };
    expect(run([at(1, 1), until(14)], windowing, true).panes[0]!.isLast).toBe(false);
    expect(run([at(1, 1), until(15)], windowing, true).panes[0]!.isLast).toBe(true);
    const once = { ...windowing, lateCount: Number.POSITIVE_INFINITY };
    expect(run([at(1, 1), until(10)], once, true).panes[0]!.isLast).toBe(true);
  });

  it('puts times before the epoch into the windows they fall in', () => {
    expect(run([at(-1, 1), until(0)], FIXED, true).panes).toEqual([pane(0, [1], { isLast: true })]);
  });

  it('fires the global window at the end of time alone', () => {
    const windowing = { ...FIXED, sizeMs: Number.POSITIVE_INFINITY, periodMs: Number.POSITIVE_INFINITY };
    const events = [at(5, 1), until(1e15), at(-5, 2), until(Number.POSITIVE_INFINITY)];
    expect(run(events, windowing, true).panes).toEqual([
      pane(Number.POSITIVE_INFINITY, [1, 2], { isLast: true }),
    ]);
  });
});

describe('against windows that copy every element', () => {
  const windowings = fc
    .record({
      periodMs: fc.integer({ min: 1, max: 6 }),
      sizeMs: fc.integer({ min: 1, max: 20 }),
      offsetMs: fc.integer({ min: -3, max: 3 }),
      allowedLatenessMs: fc.integer({ min: 0, max: 12 }),
      accumulating: fc.boolean(),
      lateCount: fc.constantFrom(1, 1, 2, 3, Number.POSITIVE_INFINITY),
      closesWithPane: fc.boolean(),
      shape: fc.constantFrom('fixed', 'tiling', 'any', 'global'),
    })
    .map(({ shape, ...windowing }): Windowing => {
      if (shape === 'fixed') return { ...windowing, periodMs: windowing.sizeMs };
      if (shape === 'tiling')
        return { ...windowing, sizeMs: windowing.periodMs * Math.ceil(windowing.sizeMs / 3) };
      if (shape === 'any') return windowing;
      return { ...windowing, sizeMs: Number.POSITIVE_INFINITY, periodMs: Number.POSITIVE_INFINITY };
    });
  /** Elements about a rising clock, some far behind or ahead of it, watermarks that lag or leap. */
  const histories = fc
    .array(
      fc.record({
        pace: fc.integer({ min: 0, max: 8 }),
        skew: fc.oneof(fc.integer({ min: -6, max: 6 }), fc.integer({ min: -60, max: 30 })),
        key: fc.constantFrom('a', 'b', 'c'),
        lag: fc.integer({ min: -2, max: 10 }),
        isWatermark: fc.boolean(),
      }),
      { maxLength: 60 },
    )
    .map((turns): GroupEvent[] => {
      let now = 0;
      return turns.map(({ pace, skew, key, lag, isWatermark }, value) => {
        now += pace;
        return isWatermark ? until(now - lag) : at(now + skew, value, key);
      });
    });

  it.each([
    ['assigning windows', true],
    ['given windows', false],
  ])('gives the same panes and counts, %s', (_name, assigns) => {
    fc.assert(
      fc.property(histories, windowings, fc.boolean(), (events, windowing, endsInTime) => {
        const all = endsInTime ? [...events, until(Number.POSITIVE_INFINITY)] : events;
        const { heldAtEnd, dropped, ...outcome } = run(all, windowing, assigns);
        expect(outcome).toEqual(modelGroups(all, windowing));
        expect(dropped.length).toBeLessThanOrEqual(outcome.droppedLate);
        if (endsInTime) expect(heldAtEnd).toBe(0);
      }),
      { seed: 1, numRuns: 2_000 },
    );
  });
});
