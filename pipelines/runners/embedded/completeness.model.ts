/** The naive oracle of completeness: all that was published is known, in order; a second is complete or it is not. */
import type { Evidence } from './completeness.ts';

/**
 * End of the last second of which, and of all before it from the first one received on, every message has been received:
 * the smallest over all keys. -Infinity where a key's first second is later than `sinceMs`.
 */
export function modelUntilMs(
  published: readonly Evidence[],
  received: ReadonlySet<Evidence>,
  sinceMs: number,
): number {
  const keys = [...new Set(published.map(({ key }) => key))];
  return Math.min(
    ...keys.map((key) =>
      ofKey(
        published.filter((e) => e.key === key),
        received,
        sinceMs,
      ),
    ),
  );
}

function ofKey(published: readonly Evidence[], received: ReadonlySet<Evidence>, sinceMs: number): number {
  const snapshots = published.filter(({ kind }) => kind === 'snapshot');
  const begin = snapshots.findIndex((snapshot) => received.has(snapshot));
  if (begin < 0 || snapshots[begin]!.eventTimeMs > sinceMs) return Number.NEGATIVE_INFINITY;
  let until = snapshots[begin]!;
  for (const snapshot of snapshots.slice(begin + 1)) {
    const between = published.slice(published.indexOf(until), published.indexOf(snapshot) + 1);
    if (!between.every((evidence) => received.has(evidence))) break;
    until = snapshot;
  }
  return until.eventTimeMs;
}
