/**
 * What becomes of a message after each answer, purely.
 *
 * The Bot API has no idempotency key, and a bot cannot read a chat. So that no message is sent twice, one is sent again
 * only when it surely did not go out:
 * 1. It is SENDING, durably, before the request leaves, with the highest message number known then.
 * 2. An answer settles it. No answer, a 5xx, or a crash make it UNKNOWN: nothing else is sent to the chat meanwhile.
 * 3. After a while in which a request on its way has arrived or died, the numbers above that one are looked at, one by
 *    one, by setting the message's own buttons on them: "not modified" is our message; "not found" and "can't be edited"
 *    are not. A row of numbers with nothing means that it never went out: it is QUEUED again.
 * 4. Where that is not conclusive within its bounds it is UNCERTAIN: told in the log, and never sent again.
 * What remains: a request that Telegram carries out after we looked would be doubled; numbers of deleted messages in a
 * row longer than our look would hide one behind them.
 */
import { type Backoff, backoffMs } from '../../connectors/backoff.ts';
import type { Found, Outcome } from '../../connectors/messenger/port.ts';

export type State = 'QUEUED' | 'SENDING' | 'UNKNOWN' | 'SENT' | 'UNCERTAIN' | 'REFUSED';

/** One message for one chat. */
export interface Delivery {
  readonly state: State;
  /** Nothing is done with it before. Unit: ms. */
  readonly due: number;
  readonly failures: number;
  readonly messageId: number | null;
  /** Highest number of the chat's counter known when it left. */
  readonly afterId: number;
  /** Next number to look at; and how many in a row held nothing, how many were looked at. */
  readonly probe: { readonly id: number; readonly nothing: number; readonly looked: number };
  readonly reason: string | null;
}

const BACKOFF: Backoff = { firstMs: 1_000, maxMs: 60_000 };
/** Until a request without an answer has arrived or died. */
const SETTLE_MS = 10_000;
/** Wait before a set-up that a person must change is tried again. */
const OURS_MS = 60_000;
/** So many numbers in a row with nothing at them: nothing went out. */
const NOTHING_ENOUGH = 10;
/** Numbers looked at, at most; more than that were said by others meanwhile. */
const LOOKED_ENOUGH = 200;

export const NEW_DELIVERY: Omit<Delivery, 'due'> = {
  state: 'QUEUED',
  failures: 0,
  messageId: null,
  afterId: 0,
  reason: null,
  probe: { id: 0, nothing: 0, looked: 0 },
};

export function beforeSend(delivery: Delivery, highestId: number): Delivery {
  const probe = { id: highestId + 1, nothing: 0, looked: 0 };
  return { ...delivery, state: 'SENDING', afterId: highestId, probe };
}

export function afterSend(delivery: Delivery, outcome: Outcome<number>, now: number): Delivery {
  switch (outcome.kind) {
    case 'done':
      return { ...delivery, state: 'SENT', messageId: outcome.value, failures: 0, reason: null };
    case 'later':
      return { ...later(delivery, outcome, now), state: 'QUEUED' };
    case 'refused':
      return outcome.isOurs
        ? { ...later(delivery, { reason: outcome.reason, afterMs: OURS_MS }, now), state: 'QUEUED' }
        : { ...delivery, state: 'REFUSED', reason: outcome.reason };
    case 'unknown':
      return { ...delivery, state: 'UNKNOWN', due: now + SETTLE_MS, reason: outcome.reason };
  }
}

/** What was SENDING when the process ended. */
export function afterCrash(delivery: Delivery, now: number): Delivery {
  return {
    ...delivery,
    state: 'UNKNOWN',
    due: now + SETTLE_MS,
    reason: 'The process ended while it was sent.',
  };
}

export function afterProbe(delivery: Delivery, outcome: Outcome<Found>, now: number): Delivery {
  if (outcome.kind !== 'done') return probeFailed(delivery, outcome, now);
  const { id, nothing, looked } = delivery.probe;
  if (outcome.value === 'same') {
    return { ...delivery, state: 'SENT', messageId: id, failures: 0, reason: null };
  }
  const probe = { id: id + 1, nothing: outcome.value === 'nothing' ? nothing + 1 : 0, looked: looked + 1 };
  if (probe.nothing >= NOTHING_ENOUGH) {
    // Without a number to start from, nothing found means nothing.
    const isProof = delivery.afterId > 0;
    return { ...delivery, probe, failures: 0, state: isProof ? 'QUEUED' : 'UNCERTAIN', due: now };
  }
  if (probe.looked >= LOOKED_ENOUGH) return { ...delivery, probe, state: 'UNCERTAIN' };
  return { ...delivery, probe, failures: 0, due: now };
}

function probeFailed(
  delivery: Delivery,
  outcome: Exclude<Outcome<Found>, { kind: 'done' }>,
  now: number,
): Delivery {
  const isFinal = outcome.kind === 'refused' && !outcome.isOurs;
  if (isFinal) return { ...delivery, state: 'UNCERTAIN', reason: outcome.reason };
  const afterMs = outcome.kind === 'later' ? outcome.afterMs : outcome.kind === 'refused' ? OURS_MS : null;
  return later(delivery, { reason: outcome.reason, afterMs }, now);
}

function later(
  delivery: Delivery,
  { reason, afterMs }: { readonly reason: string; readonly afterMs: number | null },
  now: number,
): Delivery {
  const failures = delivery.failures + 1;
  return { ...delivery, failures, due: now + (afterMs ?? backoffMs(failures, BACKOFF, 1)), reason };
}

/** What a failed edit does: repeated, since an edit may be; given up where it is refused. Null: done or given up. */
export function editAgainAt(outcome: Outcome<null>, failures: number, now: number): number | null {
  if (outcome.kind === 'done' || (outcome.kind === 'refused' && !outcome.isOurs)) return null;
  const afterMs = outcome.kind === 'later' ? outcome.afterMs : null;
  return now + (afterMs ?? backoffMs(failures + 1, BACKOFF, 1));
}
