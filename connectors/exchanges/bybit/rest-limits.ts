/** How Bybit says that we ask too often, or that it has a fault of its own. */
import type { Verdict } from '../rest-client.ts';
import type { Answer } from '../rest-fetch.ts';
import { untilMs } from '../retry-after.ts';

/** `Too many visits`, and the same counted by address. */
const TOO_OFTEN = [10_006, 10_018];
/** `Server error`, `Server error` of a service behind, `timeout`. */
const FAULTS = [10_000, 10_016];
/** Bybit asks for ten minutes of silence after its `403, access too frequent`. */
const BAN_MS = 10 * 60_000;

export function judgeBybit({ status, headers, text }: Answer, json: unknown, nowMs: number): Verdict {
  if (status === 403 && /too frequent/i.test(text)) return { pauseMs: BAN_MS };
  const code = typeof json === 'object' && json !== null && 'retCode' in json ? json.retCode : null;
  if (typeof code !== 'number') return 'fine';
  if (TOO_OFTEN.includes(code)) return { pauseMs: resetMs(headers, nowMs) };
  return FAULTS.includes(code) ? 'again' : 'fine';
}

/** When the count starts anew, by Bybit's clock. */
function resetMs(headers: Headers, nowMs: number): number | null {
  const reset = headers.get('x-bapi-limit-reset-timestamp');
  return reset ? untilMs(Number(reset), headers, nowMs) : null;
}
