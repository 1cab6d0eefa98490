/**
 * Lease: at most one holder at a time, with a payload that only the holder writes. Twins: SQLite (processes of one
 * machine), an object in Cloud Storage (machines), memory (tests).
 *
 * Time: the holder reckons by its own clock and stops `safetyMs` before the end it was granted; others take the lease
 * over `skewMs` after that end by theirs. So two holders never overlap while the clocks of all are within
 * `skewMs + safetyMs` of one another. A write of a former holder fails whatever the clocks say: epochs only grow.
 */

/** What the lease says, as last written. */
export interface LeaseState {
  readonly holder: string;
  /** Counts the holders; a new one is always higher. */
  readonly epoch: number;
  /** By the holder's clock; 0 where it let go. Unit: ms since the epoch. */
  readonly untilMs: number;
  /** What the holder wrote last, or the one before it where it wrote nothing yet; '' at first. */
  readonly position: string;
}

export interface Acquisition {
  readonly isAcquired: boolean;
  /** Of the new holder where acquired (its `position` is what the one before left), else of the one that holds it. */
  readonly state: LeaseState;
}

export interface Lease {
  /** What it says now; null where nobody has ever held it. */
  read(): Promise<LeaseState | null>;
  /**
   * Takes the lease where nobody holds it. A holder's name must be new in each life of a process: a name that holds it
   * is refused like any other.
   */
  tryAcquire(holder: string, ttlMs: number): Promise<Acquisition>;
  /** Holds it for another `ttlMs` from now, and writes the position; null where another has taken it since. */
  renew(held: LeaseState, ttlMs: number, position: string): Promise<LeaseState | null>;
  /** Writes the position and lets go, so that another need not wait; false where another has taken it since. */
  release(held: LeaseState, position: string): Promise<boolean>;
  close(): Promise<void>;
}

/** What all kinds of lease decide alike. Pure. */
export function nextHolder(
  state: LeaseState | null,
  { holder, ttlMs, nowMs, skewMs }: { holder: string; ttlMs: number; nowMs: number; skewMs: number },
): LeaseState | null {
  if (state && !isFree(state, nowMs, skewMs)) return null;
  const { epoch = 0, position = '' } = state ?? {};
  return { holder, epoch: epoch + 1, untilMs: nowMs + ttlMs, position };
}

/** Nobody holds it, by a clock that may be `skewMs` off. */
export function isFree({ untilMs }: LeaseState, nowMs: number, skewMs: number): boolean {
  return untilMs === 0 || nowMs >= untilMs + skewMs;
}

/** A lease is held by an epoch, and an epoch has one holder. */
export function isSameHold(a: LeaseState | null, b: LeaseState): boolean {
  return a !== null && a.epoch === b.epoch && a.holder === b.holder;
}
