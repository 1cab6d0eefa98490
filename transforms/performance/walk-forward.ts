/** Windows in which parameters are chosen and then tested on what comes after, and what the tests come to together. */
import { ConfigError } from '../../schemas/errors.ts';
import { DAY_MS } from '../../schemas/primitives.ts';
import { figuresOf } from './figures.ts';

/** Unit: ms since the epoch. */
export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

export interface WalkWindow {
  readonly train: Span;
  readonly test: Span;
}

export interface WindowOptions extends Span {
  readonly trainMs: number;
  readonly testMs: number;
  /** Training begins with the time range each time, and grows; else it rolls on. */
  readonly isAnchored: boolean;
}

/**
 * One test after the other, without a gap and within the range; a rest that is shorter than a test is left out.
 * @throws ConfigError where not even one fits.
 */
export function walkWindows({ fromMs, toMs, trainMs, testMs, isAnchored }: WindowOptions): WalkWindow[] {
  const windows: WalkWindow[] = [];
  for (let at = fromMs + trainMs; at + testMs <= toMs; at += testMs) {
    const train = { fromMs: isAnchored ? fromMs : at - trainMs, toMs: at };
    windows.push({ train, test: { fromMs: at, toMs: at + testMs } });
  }
  if (windows.length > 0) return windows;
  const days = (ms: number) => (ms / DAY_MS).toFixed(1);
  throw new ConfigError(
    `Expected a time range of at least --train and --test, ${days(trainMs + testMs)} days, got ${days(toMs - fromMs)}.`,
  );
}

export interface Earned {
  readonly net: number;
  readonly trades: number;
  /** What it was earned in. Unit: ms. */
  readonly spanMs: number;
}

/**
 * What a day out of sample earns over what a day in sample did, for the parameters chosen: 1 is as good, below 0.5 is
 * commonly called overfitted. Null where too few trades were made, or nothing was earned in sample.
 * R. Pardo, "The Evaluation and Optimization of Trading Strategies", 2008: walk-forward efficiency.
 */
export function walkForwardEfficiency(train: Earned, test: Earned, minTrades: number): number | null {
  if (Math.min(train.trades, test.trades) < minTrades || train.net <= 0) return null;
  return test.net / test.spanMs / (train.net / train.spanMs);
}

export function added(parts: readonly Earned[]): Earned {
  const { net } = figuresOf(parts.map((part) => part.net));
  const total = (of: (part: Earned) => number) => parts.reduce((sum, part) => sum + of(part), 0);
  return { net, trades: total(({ trades }) => trades), spanMs: total(({ spanMs }) => spanMs) };
}
