/** Requests to Google's REST APIs: with a token, within a time, again where that can help. */
import { backoffMs } from '../../../connectors/backoff.ts';
import type { Clock } from '../../../connectors/clock/port.ts';
import { networkCode } from '../../../connectors/network-code.ts';
import { messageOf, UpstreamError } from '../../../schemas/errors.ts';
import { errorOf, isTransient, type Refusal } from './api-errors.ts';

/** Who we are. Twins: Google's library (credentials.ts), a fixed word in tests. */
export interface TokenSource {
  /** An access token; a new one where `isRefused`, as the last was not taken. @throws ConfigError with what to do. */
  token(isRefused: boolean): Promise<string>;
}

export interface ApiOptions {
  readonly tokens: TokenSource;
  readonly clock: Clock;
  readonly signal?: AbortSignal;
  /** Told before a pause, for whoever watches. */
  readonly onRetry?: (what: string, reason: string) => void;
  readonly backoff?: { readonly firstMs: number; readonly maxMs: number };
}

export interface ApiRequest {
  /** In words, for errors: `create the job crypto-signals`. */
  readonly what: string;
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly url: string;
  readonly body?: Uint8Array | string;
  readonly contentType?: string;
  /** Statuses that are answers, not failures. */
  readonly expected?: readonly number[];
}

export interface ApiAnswer {
  readonly status: number;
  readonly bytes: Uint8Array;
}

const ATTEMPTS = 6;
const BACKOFF = { firstMs: 500, maxMs: 16_000 };
/** A graph of some MB over a slow line, too. */
const TIMEOUT_MS = 60_000;
/** Retries of one person do not meet; nothing else depends on it. */
const CHANCE = 0.5;

export class GoogleApi {
  readonly #options: ApiOptions;

  constructor(options: ApiOptions) {
    this.#options = options;
  }

  get clock(): Clock {
    return this.#options.clock;
  }

  get signal(): AbortSignal | undefined {
    return this.#options.signal;
  }

  /**
   * An answer of 2xx, or of an expected status. Requests must bear repetition: an answer may be lost on its way.
   * @throws ConfigError where it was refused for good; UpstreamError where it was not taken in six attempts.
   */
  async call(request: ApiRequest): Promise<ApiAnswer> {
    let isRefused = false;
    for (let attempt = 1; ; attempt++) {
      const answer = await this.#attempt(request, isRefused);
      if (!('reason' in answer)) return answer;
      const mayRenew = answer.status === 401 && !isRefused;
      isRefused = answer.status === 401;
      if (attempt >= ATTEMPTS || !(mayRenew || answer.isTransient)) throw answer.error;
      if (!mayRenew) await this.#pause(request.what, answer.reason, attempt);
    }
  }

  async #attempt(request: ApiRequest, isRefused: boolean): Promise<ApiAnswer | Failure> {
    const token = await this.#options.tokens.token(isRefused);
    try {
      const { status, bytes } = await this.#fetch(request, token);
      if (status < 300 || request.expected?.includes(status)) return { status, bytes };
      return failureOf({ what: request.what, status, body: Buffer.from(bytes).toString('utf8') });
    } catch (cause) {
      this.#options.signal?.throwIfAborted();
      const reason = networkReason(cause);
      const error = new UpstreamError(
        `Cannot ${request.what}: ${reason} from ${new URL(request.url).host}. Check this machine's network.`,
        { cause },
      );
      return { status: 0, isTransient: true, reason, error };
    }
  }

  async #fetch({ method, url, body, contentType }: ApiRequest, token: string): Promise<ApiAnswer> {
    const timeout = AbortSignal.timeout(TIMEOUT_MS);
    const { signal } = this.#options;
    const response = await fetch(url, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'content-type': contentType ?? 'application/json' }),
      },
      ...(body === undefined ? {} : { body: Buffer.from(body) }),
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    });
    return { status: response.status, bytes: await response.bytes() };
  }

  async #pause(what: string, reason: string, failures: number): Promise<void> {
    const { clock, signal, onRetry, backoff = BACKOFF } = this.#options;
    onRetry?.(what, reason);
    await clock.until(clock.now() + backoffMs(failures, backoff, CHANCE), signal);
    signal?.throwIfAborted();
  }
}

interface Failure {
  readonly status: number;
  readonly isTransient: boolean;
  readonly reason: string;
  readonly error: Error;
}

function failureOf(refusal: Refusal): Failure {
  const error = errorOf(refusal);
  const { status } = refusal;
  return { status, isTransient: isTransient(refusal), reason: `HTTP ${status}`, error };
}

function networkReason(cause: unknown): string {
  const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
  return networkCode(cause) ?? messageOf(inner);
}

/** JSON of an answer. @throws UpstreamError where it is none. */
export function jsonOf(answer: ApiAnswer, what: string): unknown {
  try {
    return JSON.parse(Buffer.from(answer.bytes).toString('utf8'));
  } catch (cause) {
    throw new UpstreamError(`Cannot ${what}: expected JSON, got something else. Is a proxy in between?`, {
      cause,
    });
  }
}
