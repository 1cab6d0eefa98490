/** HTTP for all venues: one queue a venue, time limits, retries, and pauses the venue asks for, kept by every caller. */
import { ConfigError, messageOf, UpstreamError } from '../../schemas/errors.ts';
import { type Backoff, backoffMs } from '../backoff.ts';
import type { Clock } from '../clock/port.ts';
import { Random } from '../random.ts';
import { explainNetworkError } from './explain.ts';
import { type Answer, fetchAnswer, TooLongError } from './rest-fetch.ts';
import { pauseAskedMs } from './retry-after.ts';
import { Slots } from './slots.ts';

/** What a venue's answer means beyond HTTP's own codes. */
export type Verdict =
  | 'fine'
  /** A fault of the venue that may pass. */
  | 'again'
  /** We ask too often. Null where it does not say how long to wait. */
  | { readonly pauseMs: number | null };

export interface RestClientOptions {
  /** Without a slash at its end. */
  readonly baseUrl: string;
  readonly clock: Clock;
  /** Of the jitter of retries. */
  readonly seed?: number | undefined;
  /** Requests under way at once. */
  readonly atOnce?: number;
  /** Least time between the starts of two requests, where the venue counts them. Unit: ms. */
  readonly everyMs?: number;
  /** Of one request, its body included. Unit: ms. */
  readonly timeoutMs?: number;
  /** Times a request is sent before its failure is told. */
  readonly attempts?: number;
  readonly backoff?: Backoff;
  /** Longest pause a caller waits through; asked for longer ones, it is told at once. Unit: ms. */
  readonly patienceMs?: number;
  readonly maxBytes?: number;
  /** `json` is undefined where the answer is none. Default: all are fine. A ConfigError that it throws is told. */
  readonly judge?: (answer: Answer, json: unknown, nowMs: number) => Verdict;
}

export type RestQuery = Readonly<Record<string, string | number>>;

/** `payload`: the text of the query, or the body where there is one. Called each time it is sent: signatures age. */
type MakeHeaders = (payload: string) => Readonly<Record<string, string>>;

export interface RestRequest {
  readonly query?: RestQuery;
  /** JSON. Sent by POST where there is one. */
  readonly body?: string;
  readonly headers?: MakeHeaders;
}

type Settings = Required<Omit<RestClientOptions, 'seed'>>;

/** Longest pause that is believed, and the one after many refusals that name none. Unit: ms. */
const LONGEST_PAUSE_MS = 3_600_000;
const UNNAMED_PAUSE: Backoff = { firstMs: 1_000, maxMs: 60_000 };

const DEFAULTS: Omit<Settings, 'baseUrl' | 'clock'> = {
  atOnce: 4,
  everyMs: 0,
  timeoutMs: 30_000,
  attempts: 4,
  backoff: { firstMs: 250, maxMs: 10_000 },
  patienceMs: 60_000,
  // The longest answer known (instruments of Bybit) has 0.7 MB.
  maxBytes: 16 * 1024 * 1024,
  judge: () => 'fine',
};

/** Share one for all requests to a venue: it is the venue's queue. */
export class RestClient {
  readonly #options: Settings;
  readonly #slots: Slots;
  readonly #random: Random;
  #pausedUntil = Number.NEGATIVE_INFINITY;
  /** Refusals for asking too often, since the last answer that was none. */
  #refusals = 0;
  #nextStart = Number.NEGATIVE_INFINITY;

  constructor(options: RestClientOptions) {
    this.#options = { ...DEFAULTS, ...options };
    this.#slots = new Slots(this.#options.atOnce);
    this.#random = new Random(options.seed ?? 0);
  }

  /**
   * JSON that the venue answers.
   * @throws UpstreamError where the venue cannot be reached, refuses, or answers no JSON, also after trying again.
   */
  getJson(path: string, query: RestQuery = {}, signal?: AbortSignal): Promise<unknown> {
    return this.json(path, { query }, signal);
  }

  /** As `getJson`. What is posted may be sent more than once. */
  async json(path: string, request: RestRequest, signal?: AbortSignal): Promise<unknown> {
    const url = this.urlOf(path, request.query ?? {});
    for (let attempt = 1; ; attempt++) {
      const { json, failure } = await this.#attempt(url, request, signal);
      if (!failure) return json;
      if (!failure.mayPass || attempt >= this.#options.attempts) throw failure.error;
      // A pause is waited for by #attempt, with all other callers.
      if (!failure.isPause)
        await this.#wait(backoffMs(attempt, this.#options.backoff, this.#random.next()), url, signal);
    }
  }

  urlOf(path: string, query: RestQuery): string {
    const parameters = new URLSearchParams(
      Object.entries(query).map(([name, value]): [string, string] => [name, String(value)]),
    );
    const text = parameters.size > 0 ? `?${parameters}` : '';
    return `${this.#options.baseUrl}${path}${text}`;
  }

  async #attempt(url: string, request: RestRequest, signal: AbortSignal | undefined): Promise<Outcome> {
    await this.#slots.take(signal).catch(() => throwIfGivenUp(url, signal));
    try {
      await this.#turn(url, signal);
      return this.#judge(url, await this.#fetch(url, request, signal));
    } catch (error) {
      throwIfGivenUp(url, signal);
      if (error instanceof UpstreamError || error instanceof ConfigError) throw error;
      const mayPass = !(error instanceof TooLongError);
      const text = mayPass ? explainNetworkError(url, error) : `${url} ${messageOf(error)}.`;
      return { failure: { error: new UpstreamError(text, { cause: error }), mayPass, isPause: false } };
    } finally {
      this.#slots.give();
    }
  }

  /** Waits until asking is allowed. @throws UpstreamError where that is too far off. */
  async #turn(url: string, signal: AbortSignal | undefined): Promise<void> {
    const { clock, patienceMs, everyMs } = this.#options;
    for (;;) {
      throwIfGivenUp(url, signal);
      const now = clock.now();
      if (this.#pausedUntil - now > patienceMs) throw this.#isPaused(url);
      const start = Math.max(this.#pausedUntil, this.#nextStart);
      if (start <= now) break;
      await clock.until(start, signal);
    }
    this.#nextStart = clock.now() + everyMs;
  }

  #fetch(url: string, { body, headers }: RestRequest, signal: AbortSignal | undefined): Promise<Answer> {
    const { clock, timeoutMs, maxBytes } = this.#options;
    const made = headers?.(body ?? new URL(url).search.slice(1)) ?? {};
    const sent =
      body === undefined
        ? { headers: made }
        : { method: 'POST', body, headers: { ...made, 'content-type': 'application/json' } };
    return fetchAnswer(url, { clock, timeoutMs, maxBytes, signal }, sent);
  }

  #judge(url: string, answer: Answer): Outcome {
    const { status } = answer;
    const now = this.#options.clock.now();
    const json = jsonOf(answer.text);
    const verdict = this.#options.judge(answer, json, now);
    const retryAfter = pauseAskedMs(answer.headers, now);
    if (typeof verdict === 'object' || status === 418 || status === 429) {
      this.#pause((typeof verdict === 'object' ? verdict.pauseMs : null) ?? retryAfter);
      return { failure: { error: this.#isPaused(url), mayPass: true, isPause: true } };
    }
    this.#refusals = 0;
    if (status >= 500 || verdict === 'again') {
      if (retryAfter !== null) this.#pause(retryAfter);
      return failed(answered(url, answer), true, retryAfter !== null);
    }
    if (status < 200 || status >= 300) return failed(answered(url, answer), false, false);
    // A proxy's page or half an answer: the venue's trouble, which may pass.
    if (json === undefined)
      return failed(`${url} answered ${start(answer.text)} where JSON was expected.`, true, false);
    return { json };
  }

  /** Later pauses may lengthen one, never shorten it. */
  #pause(askedMs: number | null): void {
    const now = this.#options.clock.now();
    // Requests refused together are one refusal.
    if (now >= this.#pausedUntil) this.#refusals += 1;
    const unnamed = backoffMs(this.#refusals, UNNAMED_PAUSE, this.#random.next());
    const ms = Math.min(askedMs ?? unnamed, LONGEST_PAUSE_MS);
    this.#pausedUntil = Math.max(this.#pausedUntil, now + ms);
  }

  #isPaused(url: string): UpstreamError {
    const until = new Date(this.#pausedUntil).toISOString();
    return new UpstreamError(`${url} is asked too often: nothing is sent there before ${until}.`);
  }

  async #wait(ms: number, url: string, signal: AbortSignal | undefined): Promise<void> {
    await this.#options.clock.until(this.#options.clock.now() + ms, signal);
    throwIfGivenUp(url, signal);
  }
}

type Outcome =
  | { readonly json: unknown; readonly failure?: undefined }
  | { readonly json?: undefined; readonly failure: Failure };

interface Failure {
  readonly error: UpstreamError;
  readonly mayPass: boolean;
  readonly isPause: boolean;
}

function failed(text: string, mayPass: boolean, isPause: boolean): Outcome {
  return { failure: { error: new UpstreamError(text), mayPass, isPause } };
}

function answered(url: string, { status, text }: Answer): string {
  const known = explainNetworkError(url, new Error(`Unexpected server response: ${status}`));
  return text === '' ? known : `${known} It said ${start(text)}.`;
}

function throwIfGivenUp(url: string, signal: AbortSignal | undefined): void {
  if (signal?.aborted)
    throw new UpstreamError(`The request to ${url} was given up.`, { cause: signal.reason });
}

/** Undefined where the text is no JSON. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The beginning of a foreign text, on one line. */
function start(text: string): string {
  const line = text.slice(0, 200).replaceAll(/\s+/g, ' ').trim();
  return text === '' ? 'nothing' : `“${line}${text.length > 200 ? '…' : ''}”`;
}
