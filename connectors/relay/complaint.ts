/** What fails now, told to people when it begins; where it comes and goes, once a minute at most. */
import type { Clock } from '../clock/port.ts';

const TELL_EVERY_MS = 60_000;

export class Complaint {
  readonly #clock: Clock;
  readonly #tell: (line: string) => void;
  #toldMs = Number.NEGATIVE_INFINITY;
  /** Null while all is well. */
  text: string | null = null;

  constructor(clock: Clock, tell: (line: string) => void) {
    this.#clock = clock;
    this.#tell = tell;
  }

  raise(text: string): void {
    const isNew = this.text === null;
    this.text = text;
    const now = this.#clock.now();
    if (!isNew || now - this.#toldMs < TELL_EVERY_MS) return;
    this.#toldMs = now;
    this.#tell(text);
  }

  settle(): void {
    this.text = null;
  }
}
