/** Where a bundle's input may be cut: what comes after goes back to the runner. Pure. */
import type { ProcessBundleSplitRequest_DesiredSplit } from 'apache-beam/proto/beam_fn_api';

export interface InputProgress {
  /** Index of the element being processed; -1 before the first. */
  readonly index: number;
  /** Index of the last element of this bundle; Infinity where it was not split yet. */
  readonly last: number;
}

/**
 * Index of the new last element: `fractionOfRemainder` of the way from the current element to the end, moved to the next
 * allowed point. Undefined where that leaves nothing to give back.
 */
export function splitPoint(
  { index, last }: InputProgress,
  desired: ProcessBundleSplitRequest_DesiredSplit,
): number | undefined {
  const end = last === Number.POSITIVE_INFINITY ? Number(desired.estimatedInputElements) - 1 : last;
  if (index >= end) return undefined;
  const target = Math.floor(index + (end - index) * desired.fractionOfRemainder);
  const allowed = desired.allowedSplitPoints.map((point) => Number(point) - 1);
  const point = allowed.length === 0 ? target : Math.min(...allowed.filter((each) => each >= target));
  return point < end ? point : undefined;
}
