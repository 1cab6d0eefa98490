/** One firing of a window: what is remembered of it, and the element it sends on. */
import type { Timing, Window, WindowedValue } from 'apache-beam/values';
import type { Slices } from './slices.ts';

/** A window that has fired and may fire again. */
export interface Pane {
  readonly state: Slices;
  nextIndex: number;
  /** Late elements since the last pane. */
  fresh: unknown[];
  /** Its last pane has been sent. */
  isDone: boolean;
}

export function paneElement<T>(
  value: T,
  window: Window,
  timing: Timing,
  index: number,
  isLast: boolean,
): WindowedValue<T> {
  // There are no early panes, so the index among the panes that are not early is the index.
  const pane = { timing, index, onTimeIndex: index, isFirst: index === 0, isLast };
  return { value, windows: [window], timestamp: window.maxTimestamp(), pane };
}
