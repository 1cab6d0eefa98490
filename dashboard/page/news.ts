/** Tells of new signals to those who listen to the page: politely, and never faster than one can follow. */
import type { SignalItem } from './wire.ts';

const PAUSE_MS = 4_000;

export class News {
  readonly #host: HTMLElement;
  #waiting: SignalItem[] = [];
  #timer: number | undefined;

  constructor(host: HTMLElement) {
    this.#host = host;
  }

  tell(signal: SignalItem): void {
    this.#waiting.push(signal);
    if (this.#timer === undefined) this.#say();
  }

  #say(): void {
    const [first, ...others] = this.#waiting.splice(0);
    this.#timer = undefined;
    if (first === undefined) return;
    const more = others.length > 0 ? `, and ${others.length} more` : '';
    this.#host.textContent = `Signal: ${first.side} ${first.pair} at ${first.entry}${more}.`;
    this.#timer = setTimeout(() => this.#say(), PAUSE_MS);
  }
}
