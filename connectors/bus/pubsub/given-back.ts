/** Messages that went back to the server and will come again: their times still bound the watermark. */

interface Back {
  readonly eventTimeMs: number;
  readonly attempt: number;
  readonly countsUntilMs: number;
}

/** The longest pause of a subscription's retry policy, and some. What has not come by then went elsewhere. Unit: ms. */
const EXPECTED_MS = 120_000;
const MAX_REMEMBERED = 100_000;

export class GivenBack {
  readonly #messages = new Map<string, Back>();

  add(
    message: { readonly id: string; readonly eventTimeMs: number; readonly attempt: number },
    nowMs: number,
  ) {
    const { id, eventTimeMs, attempt } = message;
    this.#messages.delete(id);
    this.#messages.set(id, { eventTimeMs, attempt, countsUntilMs: nowMs + EXPECTED_MS });
    if (this.#messages.size > MAX_REMEMBERED) this.forget(this.#messages.keys().next().value!);
  }

  /** Number of the delivery that has come. */
  arrived(id: string): number {
    const back = this.#messages.get(id);
    if (!back) return 1;
    this.#messages.delete(id);
    return back.attempt + 1;
  }

  forget(id: string): void {
    this.#messages.delete(id);
  }

  /** Smallest event time of what is expected; Infinity where nothing is. */
  oldest(nowMs: number): number {
    let oldest = Number.POSITIVE_INFINITY;
    for (const [id, { eventTimeMs, countsUntilMs }] of this.#messages) {
      if (countsUntilMs <= nowMs) this.#messages.delete(id);
      else oldest = Math.min(oldest, eventTimeMs);
    }
    return oldest;
  }
}
