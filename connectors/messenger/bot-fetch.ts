/** How grammY's requests go out: with a limit, and with failures told apart by whether the request may have arrived. */
import type { ApiClientOptions } from 'grammy';
import { networkCode } from '../network-code.ts';

type Fetch = NonNullable<ApiClientOptions['fetch']>;

export interface BotApiFailure {
  /** Never the URL: it holds the token. */
  readonly reason: string;
  /** False only where the request surely did not reach the server. */
  readonly isSent: boolean;
}

/** No connection came about. */
const NEVER_SENT = [
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENETDOWN',
  'UND_ERR_CONNECT_TIMEOUT',
];

class FailedRequest extends Error {
  readonly failure: BotApiFailure;

  constructor(failure: BotApiFailure) {
    super(failure.reason);
    this.failure = failure;
  }
}

/** What grammY's error was made of. */
export function failureOf(error: unknown): BotApiFailure {
  return error instanceof FailedRequest
    ? error.failure
    : { reason: 'Telegram’s answer could not be read.', isSent: true };
}

export function botFetch({ timeoutMs, stop }: { timeoutMs: number; stop: AbortSignal }): Fetch {
  const go = async (url: string, init: RequestInit): Promise<Response> => {
    const timeout = AbortSignal.timeout(timeoutMs);
    // grammY's signal is a polyfill's that fetch does not take, and its agent is for another client.
    const { method, headers, body } = init as Required<RequestInit>;
    const signal = AbortSignal.any([timeout, stop]);
    try {
      // A variable: where the types of browsers are loaded, too, they know no `duplex`.
      const request = { method, headers, body, duplex: 'half' as const, signal };
      const response = await fetch(url, request);
      return await whole(response);
    } catch (error) {
      if (error instanceof FailedRequest) throw error;
      throw new FailedRequest(explain(error, timeout.aborted ? timeoutMs : null));
    }
  };
  return go as unknown as Fetch;
}

/** With its body, so that a connection cut in the middle of it is noticed here. */
async function whole(response: Response): Promise<Response> {
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.includes('json') ?? false;
  if (!isJson) {
    throw new FailedRequest({
      reason: `Telegram answered ${response.status} without a text of its own.`,
      isSent: true,
    });
  }
  return new Response(text, { status: response.status, headers: { 'content-type': 'application/json' } });
}

function explain(error: unknown, timeoutMs: number | null): BotApiFailure {
  if (timeoutMs !== null) return { reason: `Telegram did not answer within ${timeoutMs} ms.`, isSent: true };
  const code = networkCode(error, (each) => NEVER_SENT.includes(each)) ?? networkCode(error);
  return {
    reason: `The connection to Telegram failed (${code ?? 'cut'}).`,
    isSent: code === undefined || !NEVER_SENT.includes(code),
  };
}
