/** Clock: the only way to read the time or to wait. Twins: system, accelerated, manual. */

export interface Clock {
  /** Unit: ms since the epoch, UTC. */
  now(): number;
  /** Resolves when `now()` ≥ ms, or early, with no error, when the signal aborts. */
  until(ms: number, signal?: AbortSignal): Promise<void>;
}
