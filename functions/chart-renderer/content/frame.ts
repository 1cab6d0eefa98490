/** Which bars a chart shows. A chart of a signal ends with the signal's bar, or a little after its exit: never later. */
import type { ChartTask } from '../../../schemas/chart-task.ts';
import { floorTo, INTERVAL_MS, type Interval } from '../../../schemas/primitives.ts';

/** Times in ms; bars `[open, close)`. */
export interface Frame {
  readonly interval: Interval;
  /** Open of the first place for a bar. */
  readonly from: number;
  /** End of the last place. */
  readonly to: number;
  /** Bars that close after it are not shown. */
  readonly dataTo: number;
}

/** As many bars as the strategies' RSI looks back over (LOOKBACK.features); more would not change its digits. */
export const RSI_BARS = 180;
/** Bars before a signal, and of the market as it is. */
const BEFORE = 90;
const MARKET_BARS = 114;
/** Empty places after a signal, for its TP and SL. */
const AHEAD = 24;
/** Bars shown after the exit. */
const AFTER_EXIT = 8;
/** Of a long position fewer bars come before, and from so many bars on a longer interval is shown. */
const HELD = 84;
const MIN_BEFORE = 60;

const LONGER: Record<'scalp' | 'swing', readonly Interval[]> = {
  scalp: ['1m', '5m', '15m', '1h', '4h'],
  swing: ['15m', '1h', '4h'],
};

/**
 * Frame of a signal; null where the task is of the market as it is.
 * @param now What has not closed by then is not missing yet.
 */
export function signalFrame(
  { scalp, swing, exit }: ChartTask,
  now: number = Number.POSITIVE_INFINITY,
): Frame | null {
  const signal = scalp ?? swing;
  if (signal === null) return null;
  const end = Math.max(signal.timestamp, exit?.ts ?? 0);
  const intervals = LONGER[scalp ? 'scalp' : 'swing'];
  const interval =
    intervals.find((each) => (end - signal.timestamp) / INTERVAL_MS[each] <= HELD) ?? intervals.at(-1)!;
  const length = INTERVAL_MS[interval];
  const at = floorTo(signal.timestamp, length);
  if (exit === null) return { interval, from: at - BEFORE * length, to: at + AHEAD * length, dataTo: at };
  const to = Math.ceil(end / length) * length + AFTER_EXIT * length;
  const before = Math.min(BEFORE, Math.max(MIN_BEFORE, MARKET_BARS + AFTER_EXIT - (to - at) / length));
  const closed = Math.max(at, floorTo(now, length));
  return { interval, from: at - before * length, to, dataTo: Math.min(to, closed) };
}

/** Frame of the market as it is. @param newestClose Close of the newest 1m bar known. */
export function marketFrame(newestClose: number): Frame {
  const length = INTERVAL_MS['1m'];
  const to = Math.ceil(newestClose / length) * length;
  return { interval: '1m', from: to - MARKET_BARS * length, to, dataTo: to };
}
