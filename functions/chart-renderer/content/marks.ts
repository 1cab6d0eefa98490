/** What a strategy saw, as marks: which checks held, and at which bars. */
import { DEFAULT_PARAMS } from '../../../schemas/params.ts';
import type { ScalpSignal } from '../../../schemas/scalp-signal.ts';
import { doubleWick } from '../../../transforms/exhaustion/exhaustion.ts';
import type { ChartBar, ChartMark } from './chart.ts';

/** @param bars Up to the signal's bar, oldest first; empty where that bar is not known: then nothing is marked. */
export function marksOf(signal: ScalpSignal, bars: readonly ChartBar[]): ChartMark[] {
  const checks = checkMarks(signal, bars);
  if (signal.strategy === 'sr-exhaustion') return checks;
  return [...championMarks(signal, bars), ...checks.filter((mark) => mark.holds)];
}

function checkMarks(signal: ScalpSignal, bars: readonly ChartBar[]): ChartMark[] {
  const { volume_drop, double_wick, rsi_extreme, order_book_flip } = signal.exhaustion_checks;
  const at = lastBar(bars);
  const rsi = digits(signal, 'rsi7', 1);
  const volume = digits(signal, 'volume_ratio', 2);
  return [
    { letter: 'V', text: `Volume${volume && ` ${volume}×`}`, holds: volume_drop, pane: 'volume', bars: at },
    { letter: 'W', text: 'Wicks', holds: double_wick, pane: 'price', bars: wicks(signal, bars) },
    { letter: 'R', text: `RSI${rsi && ` ${rsi}`}`, holds: rsi_extreme, pane: 'rsi', bars: at },
    { letter: 'B', text: 'Book flip', holds: order_book_flip, pane: 'price', bars: at },
  ];
}

function championMarks(signal: ScalpSignal, bars: readonly ChartBar[]): ChartMark[] {
  const spike = digits(signal, 'volume_spike', 1);
  const at = lastBar(bars);
  return [
    { letter: 'D', text: 'RSI divergence', holds: true, pane: 'price', bars: at },
    { letter: 'S', text: `Spike${spike && ` ${spike}×`}`, holds: true, pane: 'volume', bars: at },
  ];
}

/** The two of the last three bars that rejected the same extreme; the signal's own where the rule had other numbers. */
function wicks({ side }: ScalpSignal, bars: readonly ChartBar[]): number[] {
  const last = bars.slice(-3);
  for (const [i, a] of last.entries()) {
    for (const b of last.slice(i + 1)) {
      if (doubleWick([a, b], side, DEFAULT_PARAMS.exhaustion)) return [a.openTime, b.openTime];
    }
  }
  return lastBar(bars);
}

function lastBar(bars: readonly ChartBar[]): number[] {
  return bars.slice(-1).map((bar) => bar.openTime);
}

/** A number that the signal was decided on; nothing where it was not known. */
function digits(signal: ScalpSignal, name: string, decimals: number): string {
  const value = signal.entry_conditions_met[name];
  return typeof value === 'number' ? value.toFixed(decimals) : '';
}
