/** When what a round took may be acknowledged: once it is part of a checkpoint that is complete. Pure. */

export interface RoundTicket {
  readonly begunAt: number;
}

/**
 * Flink finalizes, when a checkpoint is complete, every bundle that has ended by then: also those that ended after the
 * checkpoint was taken and are not part of it. They are part of the next one. So a round that was finalized is safe
 * when one is finalized that began after that: between the two lies a whole checkpoint.
 */
export class Commits {
  #now = 0;
  /** Finalized, not yet safe. */
  #finalized: { readonly at: number; readonly settle: () => void }[] = [];

  begin(): RoundTicket {
    this.#now += 1;
    return { begunAt: this.#now };
  }

  /** `settle` runs when the round is safe. */
  finalized({ begunAt }: RoundTicket, settle: () => void): void {
    const safe = this.#finalized.filter(({ at }) => at < begunAt);
    this.#finalized = this.#finalized.filter(({ at }) => at >= begunAt);
    this.#now += 1;
    this.#finalized.push({ at: this.#now, settle });
    for (const round of safe) round.settle();
  }
}
