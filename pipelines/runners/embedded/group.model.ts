/** Oracle of group.ts: every element is copied into each of its windows, every window keeps all it ever got. */
import type { Windowing } from './windowing.ts';

export type GroupEvent =
  | { readonly key: string; readonly ts: number; readonly value: number }
  | { readonly watermark: number };

export interface ModelPane {
  readonly key: string;
  readonly end: number;
  /** Ascending. */
  readonly values: readonly number[];
  readonly timing: 'ON_TIME' | 'LATE';
  readonly index: number;
  readonly isLast: boolean;
}

export interface ModelResult {
  readonly panes: readonly ModelPane[];
  /** Elements that a closed window took. */
  readonly late: number;
  /** Pairs of element and window that came too late. */
  readonly droppedLate: number;
}

/** Ends of all windows that hold `ts`, ascending. */
export function windowEnds(ts: number, { sizeMs, periodMs, offsetMs }: Windowing): number[] {
  if (sizeMs === Number.POSITIVE_INFINITY) return [sizeMs];
  const ends: number[] = [];
  const nearest = Math.round((ts - offsetMs) / periodMs);
  const reach = Math.ceil(sizeMs / periodMs) + 2;
  for (let k = nearest - reach; k <= nearest + reach; k += 1) {
    const start = offsetMs + k * periodMs;
    if (start <= ts && ts < start + sizeMs) ends.push(start + sizeMs);
  }
  return ends;
}

interface ModelWindow {
  readonly key: string;
  readonly end: number;
  readonly values: number[];
  fresh: number[];
  panes: number;
  isOver: boolean;
}

export function modelGroups(events: readonly GroupEvent[], windowing: Windowing): ModelResult {
  const { allowedLatenessMs, accumulating, lateCount, closesWithPane } = windowing;
  const finishes = lateCount === Number.POSITIVE_INFINITY;
  const windows = new Map<string, ModelWindow>();
  const panes: ModelPane[] = [];
  let watermark = Number.NEGATIVE_INFINITY;
  let late = 0;
  let droppedLate = 0;
  const fire = (window: ModelWindow, timing: 'ON_TIME' | 'LATE') => {
    const values = (accumulating ? window.values : window.fresh).slice().sort((a, b) => a - b);
    const { key, end, panes: index } = window;
    const isLast = finishes || end + allowedLatenessMs <= watermark;
    panes.push({ key, end, values, timing, index, isLast });
    window.panes += 1;
    window.fresh = [];
  };
  const add = (key: string, end: number, value: number): boolean => {
    const window = windows.get(`${end} ${key}`) ?? {
      key,
      end,
      values: [],
      fresh: [],
      panes: 0,
      isOver: false,
    };
    if (end + allowedLatenessMs <= watermark || (finishes && window.panes > 0)) {
      droppedLate += 1;
      return false;
    }
    windows.set(`${end} ${key}`, window);
    window.values.push(value);
    window.fresh.push(value);
    const isLate = end <= watermark;
    if (isLate && (window.panes === 0 || window.fresh.length >= lateCount)) fire(window, 'LATE');
    return isLate;
  };
  const close = (window: ModelWindow, sentLast: boolean) => {
    window.isOver = true;
    if (!sentLast && !finishes && (window.fresh.length > 0 || closesWithPane)) fire(window, 'LATE');
  };
  const rise = () => {
    const sorted = [...windows.values()].sort((a, b) => a.end - b.end || (a.key < b.key ? -1 : 1));
    const due = sorted.filter((window) => window.end <= watermark && window.panes === 0);
    const over = sorted.filter((window) => window.end + allowedLatenessMs <= watermark && !window.isOver);
    const actions = [
      ...due.map((window) => ({ time: window.end, act: () => fire(window, 'ON_TIME') })),
      ...over.map((window) => ({
        time: window.end + allowedLatenessMs,
        act: () => close(window, due.includes(window)),
      })),
    ];
    for (const { act } of actions.sort((a, b) => a.time - b.time)) act();
  };
  for (const event of events) {
    if ('watermark' in event) {
      watermark = Math.max(watermark, event.watermark);
      rise();
    } else {
      const ends = windowEnds(event.ts, windowing);
      if (ends.map((end) => add(event.key, end, event.value)).includes(true)) late += 1;
    }
  }
  return { panes, late, droppedLate };
}
