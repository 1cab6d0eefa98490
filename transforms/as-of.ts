/**
 * What was known when. A fact told after bars had closed says from which close on it counts; every step makes of a
 * window each version that was ever right: as known at its close, and as known at each later close that brought more.
 * What a decision at a close sees then follows from the messages alone, however late or together an engine fires.
 */
import { MINUTE_MS } from '../schemas/primitives.ts';

/** A fact, or what was made of facts. */
export interface Told {
  /** First close of a minute at which it counts, ms; left out where it was known at the close of its own window. */
  readonly knownFrom?: number;
}

/** Facts of a window as known at one time; `knownFrom` is undefined for the window's own close. */
export interface Version<T> {
  readonly facts: Iterable<T>;
  readonly knownFrom: number | undefined;
}

/** When a fact sent at `sentAt` (market time, ms) first counts: a minute closes `disorderMs` after its end. */
export function firstCloseAfter(sentAt: number, disorderMs: number): number {
  return Math.floor((sentAt - disorderMs) / MINUTE_MS) * MINUTE_MS + MINUTE_MS;
}

/** The value itself where it was known in time, else one that says from when on. @param close Of its own window, ms. */
export function told<V extends object>(value: V, knownFrom: number | undefined, close = -Infinity): V & Told {
  return knownFrom === undefined || knownFrom <= close ? value : { ...value, knownFrom };
}

/** The value without the time it was told: where a bar is looked at as a bar. */
export function untold<V extends object>(value: V & Told): V {
  if (value.knownFrom === undefined) return value;
  const { knownFrom: _knownFrom, ...rest } = value;
  return rest as unknown as V;
}

/**
 * Oldest first; at least one where there is a fact. What is known of a window's close alone is left out of a late
 * firing that has more to tell: it was told by the firing before.
 * @param facts May be read more than once. @param close Of the window, ms.
 */
export function versions<T extends Told>(
  facts: Iterable<T>,
  close: number,
  isLateFiring: boolean,
): Version<T>[] {
  const later = laterCloses(facts, close);
  if (later.length === 0) return [{ facts, knownFrom: undefined }];
  const all = [...facts];
  const asOf = (time: number) => all.filter(({ knownFrom }) => knownFrom === undefined || knownFrom <= time);
  const revised = later.map((knownFrom) => ({ facts: asOf(knownFrom), knownFrom }));
  const inTime = asOf(close);
  return isLateFiring || inTime.length === 0
    ? revised
    : [{ facts: inTime, knownFrom: undefined }, ...revised];
}

/** Distinct, in order. */
function laterCloses(facts: Iterable<Told>, close: number): number[] {
  let later: Set<number> | undefined;
  for (const { knownFrom } of facts) {
    if (knownFrom === undefined || knownFrom <= close) continue;
    later ??= new Set();
    later.add(knownFrom);
  }
  return later ? [...later].sort((a, b) => a - b) : [];
}
