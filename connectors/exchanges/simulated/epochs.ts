/** The coarse grid of a simulated price: epochs of hours, each a range of its own; between them a breakout. */
import { ConfigError } from '../../../schemas/errors.ts';
import { hash32, Random } from '../../random.ts';

const HOUR = 60;
/** First minute of every market: 2022-01-01T00:00Z. Unit: minutes since the epoch. */
const ORIGIN = Date.UTC(2022, 0, 1) / 60_000;
/** Ranges lie at least this far (log price) from the few before, so that their levels are told apart. */
const APART = 0.011;
const REMEMBERED = 4;
/** How far (log price) the market wanders from its base. */
const REACH = 0.1;

/** Minutes [start, end); prices as log distance from the instrument's base. */
export interface Epoch {
  readonly index: number;
  readonly start: number;
  readonly end: number;
  /** Centre of the range before, where the price comes from, and of this one, where it ends. */
  readonly from: number;
  readonly centre: number;
  /** Half the width of the range. */
  readonly half: number;
}

/**
 * Epochs of one market from its origin on: each follows from those before, so the list is grown as asked for. In columns:
 * there are five thousand of them.
 */
export class Epochs {
  readonly #seed: number;
  /** One more than the others: the end of the last. */
  readonly #starts = [ORIGIN];
  readonly #centres: number[] = [];
  readonly #halves: number[] = [];
  #direction = 1;

  constructor(seed: number) {
    this.#seed = seed;
  }

  /** @throws ConfigError for a minute before the market began. */
  at(minute: number): Epoch {
    if (!(minute >= ORIGIN)) {
      throw new ConfigError(
        `Expected a time from 2022 on, where the simulated market begins, got minute ${minute}.`,
      );
    }
    while (this.#starts.at(-1)! <= minute) this.#grow();
    let low = 0;
    let high = this.#centres.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#starts[middle]! <= minute) low = middle;
      else high = middle - 1;
    }
    return this.#epoch(low);
  }

  #epoch(index: number): Epoch {
    const [start, end] = [this.#starts[index]!, this.#starts[index + 1]!];
    const [from, centre] = [this.#centres[index - 1] ?? 0, this.#centres[index]!];
    return { index, start, end, from, centre, half: this.#halves[index]! };
  }

  #grow(): void {
    const random = new Random(hash32(this.#seed, 'epoch', this.#centres.length));
    this.#starts.push(this.#starts.at(-1)! + random.whole(8 * HOUR, 10 * HOUR));
    this.#halves.push(random.between(0.0055, 0.0065));
    this.#centres.push(this.#next(this.#centres.at(-1) ?? 0, random));
  }

  /** A step of 1.3 to 2 %, mostly on in the same direction; a turn leaps over the ranges of the last day or so. */
  #next(from: number, random: Random): number {
    if (random.chance(0.15)) this.#direction *= -1;
    if (Math.abs(from) > REACH) this.#direction = -Math.sign(from);
    const recent = this.#centres.slice(-REMEMBERED);
    let centre = from;
    do centre += this.#direction * random.between(0.013, 0.02);
    while (recent.some((other) => Math.abs(other - centre) < APART));
    return centre;
  }
}
