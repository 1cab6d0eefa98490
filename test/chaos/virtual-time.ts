/** Time that passes as fast as it can be computed: what is planned happens in its order, and nothing else moves. */
import type { Clock } from '../../connectors/clock/port.ts';

interface Planned {
  readonly ms: number;
  readonly order: number;
  readonly run: () => void;
}

/** Turns of the event loop after which a chain of promises that waits for nothing else has come to its next wait. */
const TURNS = 4;

export class VirtualTime implements Clock {
  #now: number;
  #order = 0;
  /** A binary heap by (ms, order). */
  readonly #heap: Planned[] = [];
  #isStirred = false;

  constructor(startMs: number) {
    this.#now = startMs;
  }

  now(): number {
    return this.#now;
  }

  /** When the next thing planned happens; Infinity where nothing is. */
  get next(): number {
    return this.#heap[0]?.ms ?? Number.POSITIVE_INFINITY;
  }

  at(ms: number, run: () => void): void {
    const heap = this.#heap;
    heap.push({ ms: Math.max(ms, this.#now), order: this.#order++, run });
    for (let i = heap.length - 1; i > 0; ) {
      const parent = (i - 1) >> 1;
      if (!isBefore(heap[i]!, heap[parent]!)) break;
      [heap[i], heap[parent]] = [heap[parent]!, heap[i]!];
      i = parent;
    }
  }

  after(ms: number, run: () => void): void {
    this.at(this.#now + ms, run);
  }

  until(ms: number, signal?: AbortSignal): Promise<void> {
    if (ms <= this.#now || signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      signal?.addEventListener('abort', () => resolve(), { once: true });
      this.at(ms, () => {
        if (signal?.aborted) return;
        this.stir();
        resolve();
      });
    });
  }

  /** A promise has been settled, or someone begins to wait for one: they go on before time does. */
  stir(): void {
    this.#isStirred = true;
  }

  /** Time is `ms` now: what was planned until then happens. */
  async advanceTo(ms: number): Promise<void> {
    this.#now = ms;
    await this.#settle();
    while (this.next <= ms) {
      this.#pop().run();
      await this.#settle();
    }
  }

  async #settle(): Promise<void> {
    while (this.#isStirred) {
      this.#isStirred = false;
      for (let turn = 0; turn < TURNS; turn++) await new Promise(setImmediate);
    }
  }

  #pop(): Planned {
    const heap = this.#heap;
    const top = heap[0]!;
    const last = heap.pop()!;
    if (heap.length > 0) this.#sink(last);
    return top;
  }

  #sink(moved: Planned): void {
    const heap = this.#heap;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
      if (child >= heap.length || !isBefore(heap[child]!, moved)) break;
      heap[i] = heap[child]!;
      i = child;
    }
    heap[i] = moved;
  }
}

function isBefore(a: Planned, b: Planned): boolean {
  return a.ms < b.ms || (a.ms === b.ms && a.order < b.order);
}
