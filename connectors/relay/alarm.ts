/** Rings when a clock has reached a time that may be moved at any moment. */
import type { Clock } from '../clock/port.ts';
import type { Instant } from '../feed/feed-io.ts';

export class Alarm {
  readonly #clock: Clock;
  readonly #ring: () => void;
  readonly #stopping = new AbortController();
  #due = Number.POSITIVE_INFINITY;
  /** What the clock is waited for now; the wait ends early where the alarm is set to less. */
  #awaited = Number.POSITIVE_INFINITY;
  #wake = new AbortController();

  /** @param ring Sets the alarm anew. */
  constructor(clock: Clock, ring: () => void) {
    this.#clock = clock;
    this.#ring = ring;
    void this.#run();
  }

  /** Cheap where the time is the same or later. */
  set(due: number): void {
    this.#due = due;
    // With a reason of its own, since making the default one (an error with its stack) costs more than the wake-up.
    if (due < this.#awaited) this.#wake.abort(true);
  }

  stop(): void {
    this.#stopping.abort(true);
    this.#wake.abort(true);
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      this.#wake = new AbortController();
      this.#awaited = this.#due;
      await this.#clock.until(this.#awaited, this.#wake.signal);
      if (this.#clock.now() < this.#due) continue;
      await frameTurn();
      if (!signal.aborted && this.#clock.now() >= this.#due) this.#ring();
    }
  }
}

/** One alarm a clock. */
export class Alarms {
  readonly #market: Alarm;
  readonly #network: Alarm;

  constructor({ market, network }: Readonly<Record<keyof Instant, Clock>>, ring: () => void) {
    this.#market = new Alarm(market, ring);
    this.#network = new Alarm(network, ring);
  }

  set({ market, network }: Instant): void {
    this.#market.set(market);
    this.#network.set(network);
  }

  stop(): void {
    this.#market.stop();
    this.#network.stop();
  }
}

/** After a stall of the process, timers run before sockets are read: frames that wait in the socket come first. */
async function frameTurn(): Promise<void> {
  await new Promise(setImmediate);
  await new Promise(setImmediate);
}
