/** An fsync every so often while there is something to write through. */
import { systemClock } from '../../clock/system.ts';

/** Unit: ms of the machine's time, whatever the bus's own clock says. */
const EVERY_MS = 50;

export class BackgroundSync {
  readonly #sync: () => Promise<void>;
  readonly #closing = new AbortController();
  #running: Promise<void> | null = null;
  #error: unknown = null;

  constructor(sync: () => Promise<void>) {
    this.#sync = sync;
  }

  soon(): void {
    this.#running ??= systemClock
      .until(systemClock.now() + EVERY_MS, this.#closing.signal)
      .then(this.#sync)
      .catch((error: unknown) => {
        this.#error = error;
      })
      .finally(() => {
        this.#running = null;
      });
  }

  /** Throws, once, what the last one failed with. */
  throwFailure(): void {
    const error = this.#error;
    this.#error = null;
    if (error !== null) throw error;
  }

  /** Does what is due at once. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#running;
  }
}
