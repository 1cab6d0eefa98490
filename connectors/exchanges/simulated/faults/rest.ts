/** REST on its way through the faults that are active. */
import type { Answer } from '../venue.ts';
import type { Incident } from './timeline.ts';

export interface RestAnswer {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  /** How much later it arrives. Unit: ms. */
  readonly delayMs: number;
  /** It never arrives: the connection is cut instead, or nothing comes. */
  readonly isLost?: 'cut' | 'silent';
}

/**
 * `ask`: the venue's answer as of a moment of true time, null where the path is not its. The first fault that answers
 * by itself wins; slowness comes on top.
 */
export async function answerThrough(
  active: readonly Incident[],
  ms: number,
  venueMs: number,
  ask: (ms: number) => Promise<Answer | null>,
): Promise<RestAnswer> {
  const slow = counting(active, 'restSlow');
  const delayMs = slow ? slow.amount : 0;
  const date = new Date(venueMs).toUTCString();
  const limited = counting(active, 'restLimited');
  if (limited) {
    const retryAfter = String(Math.max(1, Math.ceil((limited.endMs - ms) / 1_000)));
    const headers = { date, 'content-type': 'text/plain', 'retry-after': retryAfter };
    return { status: limited.status, headers, text: 'Too many requests.', delayMs };
  }
  const down = counting(active, 'restDown') ?? counting(active, 'restart');
  if (down) {
    const headers = { date, 'content-type': 'text/html' };
    return {
      status: down.status || 503,
      headers,
      text: '<html><h1>Service unavailable</h1></html>',
      delayMs,
    };
  }
  const answer = await ask(counting(active, 'restStale')?.beginMs ?? ms);
  const headers = { date, 'content-type': 'application/json', ...answer?.headers };
  if (!answer) return { status: 404, headers, text: '{}', delayMs };
  const { status, isLost } = answer;
  return { status, headers, text: JSON.stringify(answer.body), delayMs, ...(isLost && { isLost }) };
}

function counting(active: readonly Incident[], kind: Incident['fault']['kind']): Incident | undefined {
  const incident = active.find(({ fault }) => fault.kind === kind);
  if (incident) incident.tally.answers++;
  return incident;
}
