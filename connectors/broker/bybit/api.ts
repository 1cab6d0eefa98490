/** Signed requests to Bybit v5: the server's time, its limits, and answers that are lost. */
import { createHmac } from 'node:crypto';
import type { z } from 'zod';
import { ConfigError, messageOf, UpstreamError } from '../../../schemas/errors.ts';
import type { Clock } from '../../clock/port.ts';
import { judgeBybit } from '../../exchanges/bybit/rest-limits.ts';
import { RestEnvelope } from '../../exchanges/bybit/rest-wire.ts';
import { RestClient, type RestQuery, type RestRequest, type Verdict } from '../../exchanges/rest-client.ts';
import type { Answer } from '../../exchanges/rest-fetch.ts';
import type { BrokerKeys } from '../config.ts';
import { CODES, type Refusal, refusalOf } from './codes.ts';
import { ServerTime } from './wire.ts';

export interface BybitApiOptions {
  readonly baseUrl: string;
  readonly keys: BrokerKeys;
  readonly clock: Clock;
  readonly seed: number;
  readonly recvWindowMs: number;
}

/** Of one request. Longer, and the market has gone on without it. Unit: ms. */
export const TIMEOUT_MS = 10_000;
/** Longest pause that a request waits through. Unit: ms. */
const PATIENCE_MS = 5_000;
/** Times that a request is sent which may come twice. */
const ATTEMPTS = 3;
/** Part of the window by which requests are stamped early: Bybit takes old ones, but none from the future. */
const EARLY = 0.1;
const TIME = '/v5/market/time';

export class BybitApi {
  readonly #options: BybitApiOptions;
  /** Bybit counts each path for itself: so does each client. */
  readonly #clients = new Map<string, RestClient>();
  /** Bybit's clock less ours. Unit: ms. */
  #offset: Promise<number> | null = null;

  constructor(options: BybitApiOptions) {
    this.#options = options;
  }

  /** @throws UpstreamError, ConfigError */
  async get<T extends z.ZodType>(path: string, query: RestQuery, schema: T): Promise<z.output<T>> {
    const { refusal, result } = await this.#ask(path, { query });
    if (refusal) throw new ConfigError(`Bybit refused ${path}: ${refusal.reason}. Check the symbol.`);
    return this.#parse(schema, result, path);
  }

  /** Null where it was done. @throws UpstreamError where it may have been done or not; ConfigError */
  async post(
    path: string,
    body: Readonly<Record<string, unknown>>,
    attempts = ATTEMPTS,
  ): Promise<Refusal | null> {
    return (await this.#ask(path, { body: JSON.stringify(body) }, attempts)).refusal;
  }

  /** By Bybit's clock. Unit: ms since the epoch. */
  now(): Promise<number> {
    return this.#offsetMs().then((offset) => Math.floor(this.#options.clock.now() + offset));
  }

  async #ask(path: string, request: RestRequest, attempts = ATTEMPTS) {
    const offset = this.#offsetMs();
    let answer = await this.#send(path, request, attempts);
    if (answer.retCode === CODES.notInTime) {
      // Of those that were late together, one compares the clocks anew.
      if (this.#offset === offset) this.#offset = null;
      answer = await this.#send(path, request, attempts);
    }
    const { retCode, retMsg, result } = answer;
    return { refusal: retCode === 0 ? null : refusalOf(retCode, this.#clean(retMsg), path), result };
  }

  async #send(path: string, request: RestRequest, attempts: number): Promise<z.output<typeof RestEnvelope>> {
    const offset = await this.#offsetMs();
    const headers = (payload: string) => this.#sign(payload, offset);
    return this.#parse(RestEnvelope, await this.#json(path, { ...request, headers }, attempts), path);
  }

  /** Errors of the way there quote answers, and answers may quote the key. */
  async #json(path: string, request: RestRequest, attempts = ATTEMPTS): Promise<unknown> {
    try {
      return await this.#client(path, attempts).json(path, request);
    } catch (error) {
      const text = this.#clean(messageOf(error));
      if (error instanceof ConfigError) throw new ConfigError(text);
      throw new UpstreamError(text);
    }
  }

  #client(path: string, attempts: number): RestClient {
    const known = this.#clients.get(path);
    if (known) return known;
    const { baseUrl, clock, seed } = this.#options;
    const limits = { timeoutMs: TIMEOUT_MS, patienceMs: PATIENCE_MS, attempts };
    const client = new RestClient({ baseUrl, clock, seed, ...limits, judge });
    this.#clients.set(path, client);
    return client;
  }

  #sign(payload: string, offset: number): Record<string, string> {
    const { keys, clock, recvWindowMs } = this.#options;
    const { key, secret } = keys.reveal();
    const stamp = String(Math.floor(clock.now() + offset - EARLY * recvWindowMs));
    const text = `${stamp}${key}${recvWindowMs}${payload}`;
    return {
      'x-bapi-api-key': key,
      'x-bapi-timestamp': stamp,
      'x-bapi-recv-window': String(recvWindowMs),
      'x-bapi-sign': createHmac('sha256', secret).update(text).digest('hex'),
    };
  }

  #offsetMs(): Promise<number> {
    this.#offset ??= this.#measure().catch((error: unknown) => {
      this.#offset = null;
      throw error;
    });
    return this.#offset;
  }

  /** The server read its clock half-way between our question and its answer. */
  async #measure(): Promise<number> {
    const { clock } = this.#options;
    const asked = clock.now();
    const { result } = this.#parse(RestEnvelope, await this.#json(TIME, {}), TIME);
    const { timeNano } = this.#parse(ServerTime, result, TIME);
    return Number(BigInt(timeNano) / 1_000_000n) - (asked + clock.now()) / 2;
  }

  #parse<T extends z.ZodType>(schema: T, value: unknown, path: string): z.output<T> {
    const read = schema.safeParse(value);
    if (read.success) return read.data;
    const what = this.#clean(messageOf(read.error)).replaceAll(/\s+/g, ' ').slice(0, 300);
    throw new UpstreamError(`Expected Bybit’s answer to ${path}, got another form: ${what}`);
  }

  #clean(text: string): string {
    return this.#options.keys.removedFrom(text);
  }
}

function judge(answer: Answer, json: unknown, nowMs: number): Verdict {
  const verdict = judgeBybit(answer, json, nowMs);
  if (verdict !== 'fine') return verdict;
  if (answer.status === 401) {
    throw new ConfigError(
      'Bybit does not know the API key. Check that it is of this network: testnet and mainnet have keys of their own.',
    );
  }
  if (answer.status === 403) {
    throw new ConfigError(
      'Bybit serves nobody at this machine’s address. Use another one, or ask its support.',
    );
  }
  return verdict;
}
