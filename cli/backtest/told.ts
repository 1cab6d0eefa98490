/** Market time of a backtest: what became known, in the order in which it would have come live. */
import type { DeskInput } from '../../functions/trade-desk/input.ts';
import { pairOfInput } from '../../functions/trade-desk/input.ts';
import type { Candle } from '../../schemas/candle.ts';

export type Told =
  /** Of 5m or longer: what the MACRO engine looks back on. */
  | { readonly kind: 'candle'; readonly at: number; readonly candle: Candle }
  /** The MACRO engine runs for this slot. */
  | { readonly kind: 'slot'; readonly at: number; readonly slot: number }
  | { readonly kind: 'input'; readonly at: number; readonly input: DeskInput };

/**
 * At one instant the clock comes first, so that what expired with it is gone; then bars, which tell of the time before;
 * then the quote, which is of the instant itself; then MACRO, should it be due; then signals, by id. A position that is
 * entered on a signal has so seen all of its own bar, and is left in a later one at the earliest.
 */
const RANKS = {
  timer: 0,
  candle: 1,
  features: 2,
  snapshot: 3,
  slot: 4,
  signal: 5,
} as const;

interface Waiting {
  readonly told: Told;
  readonly rank: number;
  /** Orders what has the same instant and rank. */
  readonly name: string;
}

export class Timeline {
  readonly #take: (told: Told) => void;
  #waiting: Waiting[] = [];
  #now = Number.NEGATIVE_INFINITY;

  /** @param take Told of everything, each thing once, `at` never falling. */
  constructor(take: (told: Told) => void) {
    this.#take = take;
  }

  /** What is told of an instant that has passed, a late revision, happens now. */
  tell(told: Told): void {
    const name = nameOf(told);
    const rank = rankOf(told);
    const isLate = told.at < this.#now;
    this.#waiting.push({ told: isLate ? delayed(told, this.#now) : told, rank, name });
  }

  /** Nothing that is older than this will be told, but what is late. Unit: ms since the epoch. */
  passTo(ms: number): void {
    const due = this.#waiting.filter(({ told }) => told.at <= ms).sort(inOrder);
    if (due.length > 0) this.#waiting = this.#waiting.filter(({ told }) => told.at > ms);
    for (const { told } of due) {
      this.#now = told.at;
      this.#take(told);
    }
    if (Number.isFinite(ms)) this.#now = Math.max(this.#now, ms);
  }
}

function inOrder(a: Waiting, b: Waiting): number {
  if (a.told.at !== b.told.at) return a.told.at - b.told.at;
  if (a.rank !== b.rank) return a.rank - b.rank;
  return a.name < b.name ? -1 : Number(a.name > b.name);
}

function delayed(told: Told, at: number): Told {
  return told.kind === 'input' ? { ...told, at, input: { ...told.input, at } } : { ...told, at };
}

function rankOf(told: Told): number {
  const kind = told.kind === 'input' ? told.input.kind : told.kind;
  return RANKS[kind as keyof typeof RANKS];
}

function nameOf(told: Told): string {
  if (told.kind !== 'input') return '';
  const { input } = told;
  return input.kind === 'signal' ? input.signal.id : (pairOfInput(input) ?? '');
}
