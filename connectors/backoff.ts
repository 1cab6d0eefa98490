/** How long to wait before trying again: doubling, capped, with jitter so that many clients do not return at once. */

export interface Backoff {
  readonly firstMs: number;
  readonly maxMs: number;
}

/** Waiting time after `failures` (≥ 1) failures; `chance` is uniform in [0, 1). Between half and all of the doubled time. */
export function backoffMs(failures: number, { firstMs, maxMs }: Backoff, chance: number): number {
  const full = Math.min(maxMs, firstMs * 2 ** Math.min(30, failures - 1));
  return Math.round(full * (0.5 + 0.5 * chance));
}
