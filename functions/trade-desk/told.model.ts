/** All that was ever told to the naive desk, and the questions it asks of that. */
import type { BookSnapshot } from '../../schemas/book-snapshot.ts';
import type { DeskParams } from '../../schemas/desk-params.ts';
import type { FeatureRow } from '../../schemas/feature-row.ts';
import type { MacroBias, SwingSignal } from '../../schemas/macro.ts';
import type { ScalpSignal } from '../../schemas/scalp-signal.ts';
import type { DeskInput } from './input.ts';
import { pricesAfter } from './swings.model.ts';

/** The first of the greatest. */
function newest<T>(things: readonly T[], ...by: ((thing: T) => number)[]): T | undefined {
  const isAfter = (a: T, b: T) => {
    const key = by.find((of) => of(a) !== of(b));
    return key !== undefined && key(a) > key(b);
  };
  return things.reduce<T | undefined>(
    (best, thing) => (!best || isAfter(thing, best) ? thing : best),
    undefined,
  );
}

export class Told {
  readonly #venue: string;
  readonly #inputs: DeskInput[] = [];

  constructor(venue: string) {
    this.#venue = venue;
  }

  add(input: DeskInput): void {
    this.#inputs.push(input);
  }

  #snapshots(pair: string): BookSnapshot[] {
    return this.#inputs
      .flatMap((input) => (input.kind === 'snapshot' ? [input.snapshot] : []))
      .filter(({ symbol, venue }) => symbol === pair && venue === this.#venue);
  }

  #rows(pair: string): FeatureRow[] {
    return this.#inputs
      .flatMap((input) => (input.kind === 'features' ? [input.row] : []))
      .filter((row) => row.pair === pair && row.venue === this.#venue);
  }

  quote(pair: string): BookSnapshot | undefined {
    return newest(this.#snapshots(pair), ({ ts }) => ts);
  }

  flaws(signal: ScalpSignal): readonly string[] {
    const row = newest(
      this.#rows(signal.pair),
      ({ closeTime }) => closeTime,
      ({ revision }) => revision,
    );
    return row && row.closeTime >= signal.timestamp ? row.suppressions : [];
  }

  bias(pair: string): MacroBias | undefined {
    const told = this.#inputs.flatMap((input) => (input.kind === 'bias' ? [input.bias] : []));
    return newest(
      told.filter((bias) => bias.pair === pair),
      ({ timestamp }) => timestamp,
    );
  }

  isSwingOpen(pair: string, at: number, hours: number): boolean {
    const told = this.#inputs.flatMap((input, index) =>
      input.kind === 'swing' && input.swing.pair === pair && input.at <= input.swing.expires_at
        ? [{ swing: input.swing, index }]
        : [],
    );
    const last = newest(told, ({ swing }) => swing.timestamp);
    if (!last || at >= last.swing.timestamp + hours * 3_600_000) return false;
    return !this.#inputs.slice(last.index).some((input) => this.#touches(input, last.swing));
  }

  #touches(input: DeskInput, swing: SwingSignal): boolean {
    const [top, bottom] = [Math.max(swing.tp, swing.sl), Math.min(swing.tp, swing.sl)];
    return pricesAfter(swing, input, this.#venue).some((price) => price >= top || price <= bottom);
  }

  isCorrelated(a: string, b: string, at: number, risk: DeskParams['risk']): boolean {
    const now = Math.floor(at / 60_000) * 60_000;
    const close = (pair: string, closeTime: number) =>
      newest(
        this.#rows(pair).filter((row) => row.closeTime === closeTime),
        ({ revision }) => revision,
      )?.close;
    const moves: [number, number][] = [];
    for (let minute = 0; minute < risk.correlationMinutes; minute++) {
      const time = now - minute * 60_000;
      const [a1, a0, b1, b0] = [
        close(a, time),
        close(a, time - 60_000),
        close(b, time),
        close(b, time - 60_000),
      ];
      if (a1 && a0 && b1 && b0) moves.push([a1 / a0 - 1, b1 / b0 - 1]);
    }
    if (moves.length < risk.correlationMinReturns) return true;
    const mean = (of: (move: [number, number]) => number) =>
      moves.reduce((sum, move) => sum + of(move), 0) / moves.length;
    const [ma, mb] = [mean(([x]) => x), mean(([, y]) => y)];
    const cov = mean(([x, y]) => (x - ma) * (y - mb));
    const [va, vb] = [mean(([x]) => (x - ma) ** 2), mean(([, y]) => (y - mb) ** 2)];
    if (va < 1e-24 || vb < 1e-24) return true;
    return cov / Math.sqrt(va * vb) > risk.correlation - 1e-9;
  }

  /** The newest rate seen in the funding period that ends at `time`. */
  rateFor(
    pair: string,
    time: number,
    { hours, maxRateAgeMs }: DeskParams['funding'],
  ): { rate: number; price: number } | undefined {
    const seen = this.#snapshots(pair).flatMap((snapshot) => {
      const { connected, fundingRate, markPrice, lastPrice, bestBid, bestAsk, ts } = snapshot;
      const mid = bestBid === null || bestAsk === null ? null : (bestBid + bestAsk) / 2;
      const price = markPrice ?? mid ?? lastPrice;
      const isOf = ts < time && fundingTimes(ts, time - 1, hours).length === 0;
      return connected && fundingRate !== null && price !== null && isOf
        ? [{ rate: fundingRate, price, ts }]
        : [];
    });
    const last = newest(seen, ({ ts }) => ts);
    return last && time - last.ts <= maxRateAgeMs ? last : undefined;
  }
}

/** Fundings after `from`, up to and at `to`. */
export function fundingTimes(from: number, to: number, hours: readonly number[]): number[] {
  const times: number[] = [];
  for (let hour = Math.floor(from / 3_600_000) * 3_600_000; hour <= to; hour += 3_600_000) {
    if (hour > from && hours.includes(new Date(hour).getUTCHours())) times.push(hour);
  }
  return times;
}
