/** Work that many ask for at once, and what to say where it fails. */

/** What was asked for; null until there is an answer. */
export type Loaded<T> = { readonly value: T } | { readonly problem: string } | null;

export class Later {
  readonly #waiting = new Map<string, number>();

  /** Once for all who ask for it within the time. */
  once(name: string, ms: number, work: () => void): void {
    if (this.#waiting.has(name)) return;
    const run = () => {
      this.#waiting.delete(name);
      work();
    };
    this.#waiting.set(name, setTimeout(run, ms));
  }
}

export function messageOf(error: unknown): string {
  // What a browser says of a server that is not there: nothing that helps.
  if (error instanceof TypeError) return 'The server cannot be reached.';
  return error instanceof Error ? error.message : String(error);
}
