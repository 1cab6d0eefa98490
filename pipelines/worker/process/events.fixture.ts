/** Things that happen elsewhere, for tests that wait for them. */

/** What happens, in order; `next` waits for the next thing that is not yet taken. */
export class Events<T> {
  readonly all: T[] = [];
  #taken = 0;
  #wake: () => void = () => undefined;
  readonly add = (event: T): void => {
    this.all.push(event);
    this.#wake();
  };
  async next(): Promise<T> {
    while (this.all.length <= this.#taken) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.all[this.#taken++]!;
  }
}
