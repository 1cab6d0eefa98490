/** What became of signals, entered or not, by the bars after them. Pure. */
import { MINUTE_MS } from '../../schemas/primitives.ts';
import type { ScalpSignal } from '../../schemas/scalp-signal.ts';
import type { NearBar } from '../backtest/near-bars.ts';

/** Looked at so long after a signal, as a position is held. Unit: min. */
const HORIZON = 60;
/** Half of the way to TP or SL. Unit: share of price. */
const MOVE = 0.0025;
/** A close this far beyond a level breaks it, as in `levels.wickTolerance`. Unit: share of price. */
const BREAK = 0.0015;

export interface Outcome {
  readonly signal: ScalpSignal;
  /** Price went its way before it went as far against it; null: neither, or bars are missing. */
  readonly isReversed: boolean | null;
  /** The level that was tagged held until price had left it; null as above, or where no level was. */
  readonly isLevelHeld: boolean | null;
}

/** @param bars Of the signals' pairs, each pair's in order of time. */
export function outcomesOf(signals: readonly ScalpSignal[], bars: readonly NearBar[]): Outcome[] {
  const byMinute = new Map(bars.map((bar) => [`${bar.pair} ${bar.openTime}`, bar]));
  return signals.map((signal) => {
    const { pair, timestamp } = signal;
    const after = Array.from({ length: HORIZON }, (_, i) =>
      byMinute.get(`${pair} ${timestamp + i * MINUTE_MS}`),
    ).filter((bar) => bar !== undefined);
    return { signal, isReversed: isReversed(signal, after), isLevelHeld: isLevelHeld(signal, after) };
  });
}

/** Of a bar that goes both ways the worse is taken. */
function isReversed({ side, entry }: ScalpSignal, bars: readonly NearBar[]): boolean | null {
  const sign = side === 'LONG' ? 1 : -1;
  for (const bar of bars) {
    const [best, worst] = side === 'LONG' ? [bar.high, bar.low] : [bar.low, bar.high];
    if (sign * (worst / entry - 1) <= -MOVE) return false;
    if (sign * (best / entry - 1) >= MOVE) return true;
  }
  return null;
}

function isLevelHeld(signal: ScalpSignal, bars: readonly NearBar[]): boolean | null {
  const level = signal.entry_conditions_met.level_price;
  if (typeof level !== 'number') return null;
  const sign = signal.side === 'LONG' ? 1 : -1;
  for (const { high, low, close } of bars) {
    if (sign * (close / level - 1) < -BREAK) return false;
    if (sign * ((signal.side === 'LONG' ? high : low) / signal.entry - 1) >= MOVE) return true;
  }
  return null;
}
