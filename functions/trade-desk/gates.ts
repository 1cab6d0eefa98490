/** The gates a scalp must pass, each a small question; asked in the order of REFUSALS, the first that refuses decides. */
import { REFUSALS } from '../../schemas/position-event.ts';
import type { ScalpSignal } from '../../schemas/scalp-signal.ts';
import { FEED_GATES } from './gates/feed.ts';
import { RISK_GATES } from './gates/risk.ts';
import { RULE_GATES } from './gates/rules.ts';
import { type Gate, isRefused, type Numbers, type Proposal, type Refusal } from './gates/verdict.ts';
import type { Context } from './input.ts';
import type { Book } from './state.ts';

const GATES: Record<Refusal, Gate> = { ...FEED_GATES, ...RULE_GATES, ...RISK_GATES };

export interface Refused {
  readonly refusal: Refusal;
  readonly reason: string;
  readonly numbers: Numbers;
}
/** What may be entered, and what was said on the way. */
export interface Allowed {
  readonly refusal: null;
  readonly size: number;
  readonly isHalved: boolean;
  readonly notes: readonly string[];
  readonly numbers: Numbers;
}

export function ask(signal: ScalpSignal, book: Book, context: Context): Refused | Allowed {
  let proposal: Proposal = {
    signal,
    book,
    context,
    facts: context.pairs[signal.pair],
    isHalved: false,
    size: 0,
  };
  const notes: string[] = [];
  const numbers: Record<string, number | null> = {};
  for (const refusal of REFUSALS) {
    const verdict = GATES[refusal](proposal);
    if (isRefused(verdict)) return { refusal, reason: verdict.refuse, numbers: verdict.numbers };
    proposal = { ...proposal, ...verdict.change };
    if (verdict.note !== undefined) notes.push(verdict.note);
    Object.assign(numbers, verdict.numbers);
  }
  return { refusal: null, size: proposal.size, isHalved: proposal.isHalved, notes, numbers };
}
