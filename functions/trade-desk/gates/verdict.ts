/** What a gate is asked and may answer. */
import type { REFUSALS } from '../../../schemas/position-event.ts';
import type { ScalpSignal } from '../../../schemas/scalp-signal.ts';
import type { Context } from '../input.ts';
import type { Book, PairFacts } from '../state.ts';

export type Refusal = (typeof REFUSALS)[number];
export type Numbers = Readonly<Record<string, number | null>>;

export interface Proposal {
  readonly signal: ScalpSignal;
  readonly book: Book;
  readonly context: Context;
  readonly facts: PairFacts | undefined;
  readonly isHalved: boolean;
  /** Unit: base; 0 until EXPOSURE has sized it. */
  readonly size: number;
}

interface Refuse {
  /** One sentence with the numbers. */
  readonly refuse: string;
  readonly numbers: Numbers;
}
interface Pass {
  readonly change?: Partial<Pick<Proposal, 'isHalved' | 'size'>>;
  /** Said where the proposal was changed. */
  readonly note?: string;
  readonly numbers?: Numbers;
}
export type Verdict = Refuse | Pass;
export type Gate = (proposal: Proposal) => Verdict;

export const PASS: Verdict = {};

export function refuse(reason: string, numbers: Numbers = {}): Verdict {
  return { refuse: reason, numbers };
}

export function isRefused(verdict: Verdict): verdict is Refuse {
  return 'refuse' in verdict;
}

/** 0.00123 → "0.123 %". */
export function percent(share: number): string {
  return `${Number((share * 100).toPrecision(4))} %`;
}

export function iso(ms: number): string {
  return new Date(ms).toISOString();
}
