/** How long a server asks us to wait. */

/**
 * Time of the `Retry-After` header from now on: whole seconds, or a date. A date counts from the server's own `Date`
 * where it sends one, because its clock need not be ours. Null where there is none or it cannot be read. Unit: ms.
 */
export function pauseAskedMs(headers: Headers, nowMs: number): number | null {
  const text = headers.get('retry-after')?.trim();
  if (!text) return null;
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1_000;
  return untilMs(Date.parse(text), headers, nowMs);
}

/** Time until an instant of the server's clock. Null where it is none. Unit: ms. */
export function untilMs(instant: number, headers: Headers, nowMs: number): number | null {
  if (!Number.isFinite(instant)) return null;
  const serverNow = Date.parse(headers.get('date') ?? '');
  return Math.max(0, instant - (Number.isFinite(serverNow) ? serverNow : nowMs));
}
