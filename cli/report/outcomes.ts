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
  /** Of a level that broke: a later close was back on its side. */
  readonly isFalseBreak: boolean | null;
}

/** @param bars Of the signals' pairs, each pair's in order of time. */
export function outcomesOf(signals: readonly ScalpSignal[], bars: readonly NearBar[]): Outcome[] {
  const byMinute = new Map(bars.map((bar) => [`${bar.pair} ${bar.openTime}`, bar]));
  return signals.map((signal) => {
    const { pair, timestamp } = signal;
    const after = Array.from({ length: HORIZON }, (_, i) =>
      byMinute.get(`${pair} ${timestamp + i * MINUTE_MS}`),
    ).filter((bar) => bar !== undefined);
    return { signal, isReversed: isReversed(signal, after), ...levelOutcome(signal, after) };
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

type LevelOutcome = Pick<Outcome, 'isLevelHeld' | 'isFalseBreak'>;

function levelOutcome(
  { side, entry, entry_conditions_met }: ScalpSignal,
  bars: readonly NearBar[],
): LevelOutcome {
  const level = entry_conditions_met.level_price;
  if (typeof level !== 'number') return { isLevelHeld: null, isFalseBreak: null };
  const sign = side === 'LONG' ? 1 : -1;
  const broken = bars.findIndex(({ close }) => sign * (close / level - 1) < -BREAK);
  const left = bars.findIndex(({ high, low }) => sign * ((side === 'LONG' ? high : low) / entry - 1) >= MOVE);
  if (broken < 0 && left < 0) return { isLevelHeld: null, isFalseBreak: null };
  // Within one bar the break comes first.
  if (broken < 0 || (left >= 0 && left < broken)) return { isLevelHeld: true, isFalseBreak: null };
  const isBack = bars.slice(broken + 1).some(({ close }) => sign * (close - level) > 0);
  return { isLevelHeld: false, isFalseBreak: isBack };
}
