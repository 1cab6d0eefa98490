/** Ids seen lately, in bounded memory. */
import { IdSet } from './id-set.ts';

export interface RecentIdsOptions {
  /** An id is remembered at least this long (unless `maxIds` come sooner), at most twice as long. Unit: ms. */
  readonly windowMs: number;
  /** Ids held at most; at least the newest half of that many is remembered. */
  readonly maxIds: number;
}

/** Two generations of ids: the older one is forgotten as a whole, which costs nothing per id. */
export class RecentIds {
  readonly #options: RecentIdsOptions;
  #current = new IdSet();
  #previous = new IdSet();
  #currentSinceMs = Number.NEGATIVE_INFINITY;

  constructor(options: RecentIdsOptions) {
    this.#options = options;
  }

  /** False where the id is known already. */
  add(id: string, nowMs: number): boolean {
    this.#age(nowMs);
    if (this.has(id)) return false;
    this.#current.add(id);
    return true;
  }

  has(id: string): boolean {
    return this.#current.has(id) || this.#previous.has(id);
  }

  #age(nowMs: number): void {
    const { windowMs, maxIds } = this.#options;
    const ageMs = nowMs - this.#currentSinceMs;
    if (ageMs < windowMs && this.#current.size < maxIds / 2) return;
    // Nothing was added to this generation after its first window: twice that old, all of it is stale.
    this.#previous = ageMs >= 2 * windowMs ? new IdSet() : this.#current;
    this.#current = new IdSet();
    this.#currentSinceMs = nowMs;
  }

  forget(id: string): void {
    this.#current.delete(id);
    this.#previous.delete(id);
  }
}
