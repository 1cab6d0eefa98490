/** Whether a chart may be sent: decided before, and remembered after each attempt, so that a task that comes again knows. */
import { z } from 'zod';
import type { Outcome } from '../../connectors/messenger/port.ts';

/** A row of the state store, by the id of the task. */
export const Sending = z.object({
  /** FREE: the last attempt sent nothing. SENDING: one is under way, or died on its way. OVER: nothing is to be done. */
  state: z.enum(['FREE', 'SENDING', 'OVER']),
  /** A SENDING attempt is dead from then on. Unit: ms. */
  until: z.number().int(),
  /** Attempts of which nobody knows whether they sent it. */
  doubts: z.number().int().nonnegative(),
});
export type Sending = z.output<typeof Sending>;

/** Longer than any call of a messenger takes. Unit: ms. */
const ATTEMPT_MS = 120_000;
/** A chart that may come twice is better than none; one that may come more often is not. */
const MOST_DOUBTS = 2;

/** What a row says to who wants to send now: nothing more is to be done, later, or with this row in its place. */
export function claim(row: Sending | null, now: number): 'over' | 'busy' | Sending {
  const doubts = row?.doubts ?? 0;
  if (row?.state === 'OVER') return 'over';
  if (row?.state === 'SENDING' && now < row.until) return 'busy';
  const isDead = row?.state === 'SENDING';
  const doubted = doubts + Number(isDead);
  if (doubted >= MOST_DOUBTS) return 'over';
  return { state: 'SENDING', until: now + ATTEMPT_MS, doubts: doubted };
}

/** The row after an attempt; OVER means that the task is. */
export function settle(row: Sending, outcome: Outcome<unknown>): Sending {
  if (outcome.kind === 'done') return { ...row, state: 'OVER' };
  if (outcome.kind === 'later') return { ...row, state: 'FREE' };
  if (outcome.kind === 'refused') return { ...row, state: outcome.isOurs ? 'FREE' : 'OVER' };
  const doubts = row.doubts + 1;
  return { ...row, state: doubts >= MOST_DOUBTS ? 'OVER' : 'FREE', doubts };
}
