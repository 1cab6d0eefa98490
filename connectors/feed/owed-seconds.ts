/** Seconds that were told unproven, or not at all, and may yet be vouched for. */
import { closeAfter, MINUTE_MS } from '../../schemas/primitives.ts';
import type { Claim } from '../../schemas/trade-batch.ts';
import type { Continuity } from './continuity.ts';
import { SecondSpans } from './second-spans.ts';

const SECOND = 1_000;

export class OwedSeconds {
  /** To be vouched for once they are proven. */
  readonly #open = new SecondSpans();
  /** Proven when they were told, but nobody was reached. */
  readonly #sure = new SecondSpans();

  add(from: number, to: number): void {
    this.#open.add(from, to);
  }

  addProven(from: number, to: number): void {
    this.#sure.add(from, to);
  }

  /** Claims for all that is proven by now, each within one minute; it is owed no more. */
  take(continuity: Continuity): Claim[] {
    if (!this.#open.isEmpty) this.#prove(continuity);
    if (this.#sure.isEmpty) return [];
    const claims = this.#sure.all.flatMap(({ from, to }) => byMinute(from, to));
    this.#sure.remove(Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY);
    return claims;
  }

  /** What is lost for good is owed no more. */
  forget(from: number, to: number): void {
    this.#open.remove(from, to);
  }

  #prove(continuity: Continuity): void {
    const proven = new SecondSpans();
    for (const { from, to } of this.#open.all) proven.add(from, Math.min(to, continuity.frontier));
    for (const { from, to } of continuity.unproven()) proven.remove(from, to);
    for (const { from, to } of proven.all) {
      const [first, end] = [Math.ceil(from / SECOND) * SECOND, Math.floor(to / SECOND) * SECOND];
      this.#sure.add(first, end);
      this.#open.remove(first, end);
    }
  }
}

function byMinute(from: number, to: number): Claim[] {
  const claims: Claim[] = [];
  for (let fromMs = from; fromMs < to; ) {
    const toMs = Math.min(to, closeAfter(fromMs, MINUTE_MS));
    claims.push({ fromMs, toMs });
    fromMs = toMs;
  }
  return claims;
}
