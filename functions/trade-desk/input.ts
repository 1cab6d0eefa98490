/** Everything that can happen to the desk. */
import type { Fill, Instrument, OrderState, Placing } from '../../connectors/broker/port.ts';
import type { BookSnapshot } from '../../schemas/book-snapshot.ts';
import type { Candle } from '../../schemas/candle.ts';
import type { DeskParams } from '../../schemas/desk-params.ts';
import type { FeatureRow } from '../../schemas/feature-row.ts';
import type { MacroBias, SwingSignal } from '../../schemas/macro.ts';
import type { PositionEvent } from '../../schemas/position-event.ts';
import { MINUTE_MS, pairOf } from '../../schemas/primitives.ts';
import type { ScalpSignal } from '../../schemas/scalp-signal.ts';
import type { PauseFlag } from '../../schemas/state-rows.ts';
import type { Book, Closes, PairFacts } from './state.ts';

/** What the exchange says is open. */
export interface HeldPosition {
  readonly pair: string;
  readonly side: 'LONG' | 'SHORT';
  /** Unit: base. */
  readonly size: number;
}

/** `at` is the clock's time when the desk takes the input. Unit: ms since the epoch. */
export type DeskInput = { readonly at: number } & (
  | { readonly kind: 'signal'; readonly signal: ScalpSignal }
  | { readonly kind: 'snapshot'; readonly snapshot: BookSnapshot }
  | { readonly kind: 'features'; readonly row: FeatureRow }
  /** 1m bars only; others are passed over. */
  | { readonly kind: 'candle'; readonly candle: Candle }
  | { readonly kind: 'bias'; readonly bias: MacroBias }
  | { readonly kind: 'swing'; readonly swing: SwingSignal }
  /** pause: no entries. kill: none, and all is closed at the next price. Of several, the latest `at` holds. */
  | { readonly kind: 'control'; readonly action: 'pause' | 'resume' | 'kill' | 'revive' }
  | { readonly kind: 'timer' }
  /** All that the exchange holds for a book; sent where positions live there. */
  | { readonly kind: 'reconcile'; readonly book: string; readonly held: readonly HeldPosition[] }
  /** What orders in a symbol must be multiples of. */
  | { readonly kind: 'instrument'; readonly instrument: Instrument }
  /** The exchange's answer to an order of a book. */
  | { readonly kind: 'placing'; readonly book: string; readonly clientId: string; readonly outcome: Placing }
  /** The state of one; null where the account has none of the name. */
  | {
      readonly kind: 'order';
      readonly book: string;
      readonly clientId: string;
      readonly state: OrderState | null;
    }
  /** Of the account, in any order, any number of times. */
  | { readonly kind: 'fills'; readonly book: string; readonly fills: readonly Fill[] }
  /** These events have reached the bus. */
  | { readonly kind: 'published'; readonly book: string; readonly ids: readonly string[] }
  /** The same of ends of SWING positions, which are of no book. */
  | { readonly kind: 'swing_published'; readonly pair: string; readonly ids: readonly string[] }
);

/** What a book decides with. */
export interface Context {
  readonly at: number;
  readonly params: DeskParams;
  readonly pairs: Readonly<Record<string, PairFacts>>;
  readonly closes: Readonly<Record<string, Closes>>;
  readonly pauses: Readonly<Record<string, PauseFlag>>;
}

export interface Heard extends Context {
  /** All fills that the exchange tells of are known as of `at`: what is missing long after it was due will not come. */
  readonly hasHeard: boolean;
}

/** The pause in force for a pair that people set in the state store, if any. */
export function pauseOf(pair: string, { pauses }: Context): PauseFlag | undefined {
  return [pauses.all, pauses[pair]].find((flag) => flag?.paused);
}

export interface Step {
  readonly book: Book;
  readonly events: readonly PositionEvent[];
}

/** A closed 1m bar, whoever told of it. */
export interface Bar {
  readonly venue: string;
  readonly pair: string;
  readonly openTime: number;
  readonly closeTime: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly revision: number;
}

/** The 1m bar an input tells of, if any. */
export function barOf(input: DeskInput): Bar | null {
  if (input.kind === 'features') return input.row;
  if (input.kind !== 'candle' || input.candle.interval !== '1m') return null;
  const { candle } = input;
  return { ...candle, pair: pairOf(candle.symbol), closeTime: candle.openTime + MINUTE_MS };
}

/** The pair an input is about, if it is about one. */
export function pairOfInput(input: DeskInput): string | null {
  switch (input.kind) {
    case 'signal':
      return input.signal.pair;
    case 'snapshot':
      return pairOf(input.snapshot.symbol);
    case 'features':
      return input.row.pair;
    case 'candle':
      return pairOf(input.candle.symbol);
    case 'bias':
      return input.bias.pair;
    case 'instrument':
      return pairOf(input.instrument.symbol);
    case 'swing':
      return input.swing.pair;
    case 'swing_published':
      return input.pair;
    default:
      return null;
  }
}
