/** What comes while one batch is acted on goes together into the next: one write for all that wait, in their order. */
import { UpstreamError } from '../../schemas/errors.ts';

interface Waiting<T> {
  readonly item: T;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** So that what came first need not wait for a crowd. */
const MAX_ITEMS = 200;

export class Batches<T> {
  readonly #act: (items: readonly T[]) => Promise<void>;
  readonly #waiting: Waiting<T>[] = [];
  #isRunning = false;

  /** `act` must bear being called again with the same items. */
  constructor(act: (items: readonly T[]) => Promise<void>) {
    this.#act = act;
  }

  /** Resolves once it was acted on; rejects with what that failed with. */
  add(item: T): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject });
      if (!this.#isRunning) void this.#run();
    });
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    // All that comes in this turn of the event loop's microtasks belongs to the first batch.
    await null;
    while (this.#waiting.length > 0) await this.#settle(this.#waiting.splice(0, MAX_ITEMS));
    this.#isRunning = false;
  }

  /** One that cannot be acted on fails by itself; what lies outside fails all of them. */
  async #settle(batch: readonly Waiting<T>[]): Promise<void> {
    try {
      await this.#act(batch.map(({ item }) => item));
      for (const { resolve } of batch) resolve();
    } catch (error) {
      if (batch.length > 1 && !(error instanceof UpstreamError)) {
        for (const one of batch) await this.#settle([one]);
      } else {
        for (const { reject } of batch) reject(error);
      }
    }
  }
}
