/**
 * What was known when. A fact told after bars had closed says from which close on it counts; every step makes of a
 * window each version that was ever right: as known at its close, and as known at each later close that brought more.
 * What a decision at a close sees then follows from the messages alone, however late or together an engine fires.
 */
import { isDeepStrictEqual } from 'node:util';
import { closeAfter, MINUTE_MS } from '../schemas/primitives.ts';

/** A fact, or what was made of facts. */
export interface Told {
  /** First close of a minute at which it counts, ms; left out where it was known at the close of its own window. */
  readonly knownFrom?: number;
}

/** When a fact sent at `sentAt` (market time, ms) first counts: a minute closes `disorderMs` after its end. */
export function firstCloseAfter(sentAt: number, disorderMs: number): number {
  return closeAfter(sentAt - disorderMs, MINUTE_MS);
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
 * What `make` makes of a window as known at its close, and of it at each later close that changed something, in order.
 * A late firing that has more to tell leaves out what was known at the close: the firing before told it.
 * @param facts May be read more than once. @param close Of the window, ms.
 */
export function* versions<T extends Told, V extends object>(
  facts: Iterable<T>,
  close: number,
  isLateFiring: boolean,
  make: (facts: Iterable<T>) => V | null,
): Iterable<V & Told> {
  const later = laterCloses(facts, close);
  if (later.length === 0) {
    const only = make(facts);
    if (only !== null) yield only;
    return;
  }
  const all = [...facts];
  const asOf = (time: number) =>
    make(all.filter(({ knownFrom }) => knownFrom === undefined || knownFrom <= time));
  let before = asOf(close);
  if (before !== null && !isLateFiring) yield before;
  for (const knownFrom of later) {
    const value = asOf(knownFrom);
    if (value !== null && !isDeepStrictEqual(value, before)) yield told(value, knownFrom);
    before = value;
  }
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
