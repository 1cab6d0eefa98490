/** Group commit: what is added while one commit runs goes together into the next. */

interface Waiting {
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export class GroupCommit<T> {
  readonly #commit: (items: T[]) => Promise<void>;
  readonly #dropped: (items: readonly T[]) => void;
  #items: T[] = [];
  #waiting: Waiting[] = [];
  #running: Promise<void> | null = null;

  /** `dropped` hears of the items of a commit that failed, and of those queued behind it: order admits no hole. */
  constructor(commit: (items: T[]) => Promise<void>, dropped: (items: readonly T[]) => void) {
    this.#commit = commit;
    this.#dropped = dropped;
  }

  /** Resolves when the items, and everything added before them, are committed; none may be given to wait for that. */
  add(items: readonly T[]): Promise<void> {
    for (const item of items) this.#items.push(item);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#running ??= Promise.resolve().then(() => this.#run());
    });
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    while (this.#running) await this.#running;
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      const [items, waiting] = [this.#items, this.#waiting];
      [this.#items, this.#waiting] = [[], []];
      try {
        await this.#commit(items);
        for (const { resolve } of waiting) resolve();
      } catch (error) {
        const rejected = [...waiting, ...this.#waiting];
        this.#dropped([...items, ...this.#items]);
        [this.#items, this.#waiting] = [[], []];
        for (const { reject } of rejected) reject(error);
      }
    }
    this.#running = null;
  }
}
