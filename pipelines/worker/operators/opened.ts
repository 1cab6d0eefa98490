/** Things that are opened once for the whole process, when first asked for. */

export class Opened<T> {
  readonly #byKey = new Map<string, Promise<T>>();

  /** Opened where it is not. What could not be opened is opened again by the next who asks. @throws what `open` throws. */
  get(key: string, open: () => Promise<T>): Promise<T> {
    const known = this.#byKey.get(key);
    if (known) return known;
    const opening = open();
    this.#byKey.set(key, opening);
    opening.catch(() => this.#byKey.delete(key));
    return opening;
  }
}
