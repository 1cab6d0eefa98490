/** Do two pairs move as one? Pearson's ρ of their 1m returns over the same minutes. */
import type { DeskParams } from '../../schemas/desk-params.ts';
import { MINUTE_MS } from '../../schemas/primitives.ts';
import type { Bar } from './input.ts';
import type { Closes } from './state.ts';

type Params = Pick<DeskParams['risk'], 'correlationMinutes' | 'correlationMinReturns'>;

/** The closes with one more bar; the same object where it tells nothing new. The highest revision of a bar holds. */
export function withBar(closes: Closes | undefined, bar: Bar, { correlationMinutes }: Params): Closes {
  const minute = Math.floor(bar.openTime / MINUTE_MS);
  const known = closes ?? { pair: bar.pair, lastMinute: minute, bars: [null] };
  const back = known.lastMinute - minute;
  // One close more than returns.
  if (back > correlationMinutes) return known;
  const held = back >= 0 ? known.bars.at(-1 - back) : undefined;
  if (held && held[1] >= bar.revision) return known;
  if (back === -1)
    return { pair: known.pair, lastMinute: minute, bars: appended(known.bars, bar, correlationMinutes) };
  const lastMinute = Math.max(known.lastMinute, minute);
  const bars = Array.from(
    { length: Math.min(correlationMinutes + 1, Math.max(known.bars.length + Math.max(0, -back), back + 1)) },
    (_, i) => known.bars.at(-1 - (i - (lastMinute - known.lastMinute))) ?? null,
  );
  for (let i = 0; i < lastMinute - known.lastMinute && i < bars.length; i++) bars[i] = null;
  bars[lastMinute - minute] = [bar.close, bar.revision];
  return { pair: known.pair, lastMinute, bars: bars.reverse() };
}

/** The next minute, which a bar nearly always is: worth a way of its own, since each bar copies a day of them. */
function appended(bars: Closes['bars'], { close, revision }: Bar, most: number): Closes['bars'] {
  const kept = bars.slice(-most);
  kept.push([close, revision]);
  return kept;
}

export interface Correlation {
  /** Null with too few common returns, or where a price never moved. */
  readonly rho: number | null;
  readonly returns: number;
}

/** Over the minutes that closed by `at`, of which both pairs know this bar and the one before. */
export function correlationOf(
  a: Closes | undefined,
  b: Closes | undefined,
  at: number,
  params: Params,
): Correlation {
  const last = Math.floor(at / MINUTE_MS) - 1;
  const xs: number[] = [];
  const ys: number[] = [];
  for (let minute = last; minute > last - params.correlationMinutes; minute--) {
    const [x, y] = [returnAt(a, minute), returnAt(b, minute)];
    if (x === null || y === null) continue;
    xs.push(x);
    ys.push(y);
  }
  const returns = xs.length;
  return { rho: returns < params.correlationMinReturns ? null : pearson(xs, ys), returns };
}

function returnAt(closes: Closes | undefined, minute: number): number | null {
  const [now, before] = [closeAt(closes, minute), closeAt(closes, minute - 1)];
  return now === null || before === null ? null : now / before - 1;
}

function closeAt(closes: Closes | undefined, minute: number): number | null {
  const back = closes ? closes.lastMinute - minute : -1;
  return back < 0 ? null : (closes?.bars.at(-1 - back)?.[0] ?? null);
}

function pearson(xs: readonly number[], ys: readonly number[]): number | null {
  const mean = (values: readonly number[]) => values.reduce((sum, v) => sum + v, 0) / values.length;
  const [mx, my] = [mean(xs), mean(ys)];
  let [xx, yy, xy] = [0, 0, 0];
  xs.forEach((x, i) => {
    const [dx, dy] = [x - mx, ys[i]! - my];
    xx += dx * dx;
    yy += dy * dy;
    xy += dx * dy;
  });
  // Below the noise of its own rounding a variance is none.
  const isFlat = (squares: number) => squares / xs.length < 1e-24;
  return isFlat(xx) || isFlat(yy) ? null : xy / Math.sqrt(xx * yy);
}
