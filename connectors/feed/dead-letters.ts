/** Frames that could not be read: kept whole as dead letters as far as they are few, and counted by reason in any case. */

import type { FeedOut } from './feed-out.ts';
import { deadLetterMessage } from './messages.ts';

/** Letters in a span of time; a storm of garbage must not fill memory or bus. */
const MOST_LETTERS = 1_000;
const SPAN_MS = 60_000;
const MOST_REASONS = 50;
const OTHERS = 'others';

export class DeadLetters {
  readonly #source: string;
  readonly #out: FeedOut;
  readonly #byReason = new Map<string, number>();
  #spanStart = Number.NEGATIVE_INFINITY;
  #inSpan = 0;
  count = 0;

  /** @param source Where the frames come from. */
  constructor(source: string, out: FeedOut) {
    this.#source = source;
    this.#out = out;
  }

  get byReason(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#byReason);
  }

  /** @param group What it is counted under: the reason without what differs from frame to frame. */
  refuse(frame: string, reason: string, group: string, market: number): void {
    this.counted(group);
    if (market < this.#spanStart || market >= this.#spanStart + SPAN_MS) {
      this.#spanStart = market;
      this.#inSpan = 0;
    }
    if (this.#inSpan++ >= MOST_LETTERS) return;
    this.#out.message('dead-letters', deadLetterMessage(frame, reason, this.#source, market));
  }

  /** Refused, and worth no letter. */
  counted(group: string): void {
    this.count++;
    const known = this.#byReason.has(group) || this.#byReason.size < MOST_REASONS;
    const name = known ? group : OTHERS;
    this.#byReason.set(name, (this.#byReason.get(name) ?? 0) + 1);
  }
}
