/** The lookahead check: one history whole, and the same cut or changed after an instant. */
import { Random } from '../../connectors/random.ts';
import { type Difference, firstDifference, type KnownRecord } from '../../transforms/lookahead/lookahead.ts';

/** `cut`: bars from `at` on are not there. `changed`: they are others. Unit: ms since the epoch. */
export type Change = { readonly kind: 'whole' } | { readonly kind: 'cut' | 'changed'; readonly at: number };

export interface CheckOptions {
  /** What was known when, of the history after the change. */
  readonly run: (change: Change) => Promise<readonly KnownRecord[]>;
  /** Instants to cut at. */
  readonly cuts: number;
  readonly seed: number;
  /** Decisions are looked at from here on. Unit: ms since the epoch. */
  readonly fromMs: number;
  /** Share of the runs that are done, 0..1. */
  readonly onProgress?: (share: number) => void;
}

export interface CheckedCut {
  readonly kind: 'cut' | 'changed';
  /** Unit: ms since the epoch. */
  readonly at: number;
  /** Records known by then that were held together. */
  readonly records: number;
  readonly difference: Difference | null;
}

export async function lookaheadCheck(options: CheckOptions): Promise<CheckedCut[]> {
  const { run, onProgress } = options;
  const whole = await run({ kind: 'whole' });
  const instants = instantsOf(whole, options);
  const total = 1 + 2 * instants.length;
  const checked: CheckedCut[] = [];
  onProgress?.(1 / total);
  for (const at of instants) {
    for (const kind of ['cut', 'changed'] as const) {
      const other = await run({ kind, at });
      const records = whole.filter((record) => record.at <= at).length;
      checked.push({ kind, at, records, difference: firstDifference(whole, other, at) });
      onProgress?.((1 + checked.length) / total);
    }
  }
  return checked;
}

/**
 * Each within its own part of the history, where a signal was made: who looks one bar ahead is caught at the very last
 * bar alone. Where there was none, at any minute.
 */
function instantsOf(whole: readonly KnownRecord[], { cuts, seed, fromMs }: CheckOptions): number[] {
  const traded = whole.filter(({ at }) => at > fromMs);
  const timesOf = (topic: KnownRecord['topic']) =>
    [...new Set(traded.filter((record) => record.topic === topic).map(({ at }) => at))].sort((a, b) => a - b);
  const minutes = timesOf('market-features');
  const [first = fromMs, last = fromMs] = [minutes[0], minutes.at(-1)];
  const signals = timesOf('trade-signals-micro').filter((at) => at < last);
  const random = new Random(seed);
  const instants = Array.from({ length: cuts }, (_, i) => {
    const [from, to] = [i, i + 1].map((part) => first + ((last - first) * part) / cuts) as [number, number];
    const near = (times: readonly number[]) => times.filter((at) => at >= from && at < to);
    const choice = near(signals).length > 0 ? near(signals) : near(minutes);
    return choice[Math.floor(random.next() * choice.length)];
  });
  return instants.filter((at) => at !== undefined);
}
