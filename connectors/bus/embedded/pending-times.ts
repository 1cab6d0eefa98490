/** The smallest event time of a queue of messages, exact at every moment: a monotonic queue, O(1) amortised. */

export class PendingTimes {
  /** Rising times with rising offsets: an entry covers those before it that are not smaller. 16 bytes each. */
  #offsets: number[] = [];
  #times: number[] = [];
  #head = 0;

  push(offset: number, timeMs: number): void {
    if (Number.isNaN(timeMs)) return;
    while (this.#times.length > this.#head && this.#times.at(-1)! >= timeMs) {
      this.#times.pop();
      this.#offsets.pop();
    }
    this.#times.push(timeMs);
    this.#offsets.push(offset);
  }

  /** The messages before `offset` have left the queue. */
  dropBefore(offset: number): void {
    while (this.#head < this.#offsets.length && this.#offsets[this.#head]! < offset) this.#head++;
    if (this.#head > 1024 && this.#head * 2 > this.#offsets.length) {
      this.#offsets = this.#offsets.slice(this.#head);
      this.#times = this.#times.slice(this.#head);
      this.#head = 0;
    }
  }

  smallest(): number | undefined {
    return this.#times[this.#head];
  }
}
