/** One HTTP request with a time limit by the clock and a bound on its body. */
import type { Clock } from '../clock/port.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

export interface FetchLimits {
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly maxBytes: number;
  readonly signal?: AbortSignal | undefined;
}

/** A body above the bound: asking again would bring it again. */
export class TooLongError extends Error {}

/** @throws TooLongError, or the error of `fetch`; a time limit reads as the system's ETIMEDOUT. */
export async function fetchAnswer(
  url: string,
  limits: FetchLimits,
  sent: Pick<RequestInit, 'method' | 'headers' | 'body'> = {},
): Promise<Answer> {
  const { clock, timeoutMs, maxBytes, signal } = limits;
  const over = new AbortController();
  const done = new AbortController();
  void clock.until(clock.now() + timeoutMs, done.signal).then(() => {
    if (!done.signal.aborted)
      over.abort(Object.assign(new Error('no answer in time'), { code: 'ETIMEDOUT' }));
  });
  const either = signal ? AbortSignal.any([signal, over.signal]) : over.signal;
  try {
    // Endpoints of an exchange do not move; what redirects is something in between.
    const response = await fetch(url, { ...sent, signal: either, redirect: 'manual' });
    return { status: response.status, headers: response.headers, text: await bodyOf(response, maxBytes) };
  } finally {
    done.abort();
  }
}

/** Bytes are counted as they are unpacked, so that a small body cannot grow without bound. */
async function bodyOf(response: Response, maxBytes: number): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) throw new TooLongError(`answered more than ${maxBytes} bytes`);
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}
