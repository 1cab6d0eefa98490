/** The newest lines of a log, for errors that repeat them. */
const TOLD_LINES = 20;

export class Tail {
  readonly #lines: string[] = [];
  #count = 0;

  add(line: string): void {
    this.#count += 1;
    this.#lines.push(line);
    if (this.#lines.length > TOLD_LINES) this.#lines.shift();
  }

  /** Lines there have been. */
  get count(): number {
    return this.#count;
  }

  /** Indented; empty where nothing was said. */
  text(): string {
    return this.#lines.map((line) => `  ${line}`).join('\n');
  }

  /** A sentence to end an error with. */
  told(): string {
    return this.#count > 0 ? `The last it said:\n${this.text()}` : 'It said nothing.';
  }
}
