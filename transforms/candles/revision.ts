/** Revisions of 1m bars: counts of facts, arranged so that whoever knows more has the higher one. */
import type { Candle } from '../../schemas/candle.ts';
import { INTERVAL_MS } from '../../schemas/primitives.ts';
import { withRevision } from './new-candle.ts';

/**
 * A minute with trades starts here, so that it outranks the same minute filled:
 * the fill counts the facts of all minutes it looked back over, usually more than the few late trades that undo it.
 */
const TRADED = 1_000_000;

export function tradedRevision(facts: number): number {
  return TRADED + facts;
}

export function filledRevision(facts: number): number {
  return Math.min(facts, TRADED - 1);
}

/** Revision of a bar someone else made; an exchange numbers its own differently. */
export function knownRevision({ filled, revision }: Candle): number {
  return filled || revision >= TRADED ? revision : TRADED + revision;
}

/** Facts that a known bar stands for. */
export function knownFacts(known: Candle): number {
  return (known.trades ?? 0) + Math.round((known.coverage * INTERVAL_MS[known.interval]) / 1000);
}

/**
 * Best of the different bars told of one span, by traded, complete, revision; then by content, so that order never
 * decides. Each further one is a fact: it may have made another the best, and raises the revision.
 */
export function bestOf(candles: readonly Candle[]): Candle | null {
  const best = candles.reduce<Candle | null>(
    (better, next) => (better && compareKnown(better, next) >= 0 ? better : next),
    null,
  );
  return best && candles.length > 1 ? withRevision(best, best.revision + candles.length - 1) : best;
}

function compareKnown(a: Candle, b: Candle): number {
  return (
    Number(b.filled) - Number(a.filled) ||
    Number(a.complete) - Number(b.complete) ||
    a.revision - b.revision ||
    compareContent(a, b)
  );
}

/** Any total order on plain data built with its fields in one order. */
export function compareContent(a: object, b: object): number {
  const left = JSON.stringify(a);
  const right = JSON.stringify(b);
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
