/** A lease in an object of Cloud Storage: each write names the generation it replaces, so that of two only one is taken. */
import { GoogleAuth } from 'google-auth-library';
import { z } from 'zod';
import { ConfigError, messageOf, UpstreamError, WireFormatError } from '../../schemas/errors.ts';
import type { Clock } from '../clock/port.ts';
import { networkCode } from '../network-code.ts';
import { type Acquisition, isSameHold, type Lease, type LeaseState, nextHolder } from './port.ts';

export const STORAGE_URL = 'https://storage.googleapis.com';
const SCOPE = 'https://www.googleapis.com/auth/devstorage.read_write';
/** Of machines that keep their time by NTP. Unit: ms. */
const SKEW_MS = 1_000;
/** A call that takes longer is of no use to a lease. Unit: ms. */
const TIMEOUT_MS = 5_000;
const MISSING = 404;
const WRITTEN_BY_ANOTHER = 412;
/** Cloud Storage's name for "there is none". */
const NO_OBJECT = '0';

const State = z.object({
  holder: z.string(),
  epoch: z.number().int().positive(),
  untilMs: z.number().nonnegative(),
  position: z.string(),
});

export interface GcsLeaseOptions {
  /** gs://BUCKET/NAME */
  readonly url: string;
  readonly clock: Clock;
  /** The service's, or its twin's. */
  readonly baseUrl?: string;
  /** An access token; Application Default Credentials by default. */
  readonly token?: () => Promise<string>;
  readonly skewMs?: number;
}

/**
 * Cloud Storage takes about one write a second of an object: a ttl of 15 s or more, renewed at its third, stays far
 * below. @throws ConfigError where the address is none.
 */
export function openGcsLease(options: GcsLeaseOptions): Lease {
  const found = /^gs:\/\/([^/]+)\/(.+)$/.exec(options.url);
  if (!found) throw new ConfigError(`Expected the lease at gs://BUCKET/NAME, got "${options.url}".`);
  return new GcsLease(options, found[1]!, found[2]!);
}

interface Stored {
  readonly state: LeaseState | null;
  readonly generation: string;
}

class GcsLease implements Lease {
  readonly #options: GcsLeaseOptions;
  readonly #bucket: string;
  readonly #name: string;
  readonly #token: () => Promise<string>;
  /** Of our last write. */
  #generation: string | null = null;

  constructor(options: GcsLeaseOptions, bucket: string, name: string) {
    this.#options = options;
    this.#bucket = encodeURIComponent(bucket);
    this.#name = encodeURIComponent(name);
    this.#token = options.token ?? applicationDefault();
  }

  async read(): Promise<LeaseState | null> {
    return (await this.#stored()).state;
  }

  async tryAcquire(holder: string, ttlMs: number): Promise<Acquisition> {
    const { clock, skewMs = SKEW_MS } = this.#options;
    const { state, generation } = await this.#stored();
    const next = nextHolder(state, { holder, ttlMs, nowMs: clock.now(), skewMs });
    if (next && (await this.#write(next, generation))) return { isAcquired: true, state: next };
    if (!next) return { isAcquired: false, state: state! };
    const winner = (await this.#stored()).state;
    if (winner) return { isAcquired: false, state: winner };
    throw new UpstreamError(`Expected the lease ${this.#options.url} to be there, got it removed meanwhile.`);
  }

  renew(held: LeaseState, ttlMs: number, position: string): Promise<LeaseState | null> {
    return this.#replace(held, { ...held, untilMs: this.#options.clock.now() + ttlMs, position });
  }

  async release(held: LeaseState, position: string): Promise<boolean> {
    return (await this.#replace(held, { ...held, untilMs: 0, position })) !== null;
  }

  async close(): Promise<void> {}

  async #replace(held: LeaseState, next: LeaseState): Promise<LeaseState | null> {
    if (this.#generation !== null && (await this.#write(next, this.#generation))) return next;
    // Ours still, where the answer to our last write was lost on its way.
    const { state, generation } = await this.#stored();
    if (!isSameHold(state, held)) return null;
    return (await this.#write(next, generation)) ? next : null;
  }

  async #stored(): Promise<Stored> {
    const path = `/storage/v1/b/${this.#bucket}/o/${this.#name}?alt=media`;
    const response = await this.#call('GET', path);
    if (response.status === MISSING) return { state: null, generation: NO_OBJECT };
    const generation = response.headers.get('x-goog-generation');
    const state = State.safeParse(await response.json().catch(() => undefined));
    if (generation !== null && state.success) return { state: state.data, generation };
    throw new WireFormatError(
      `Expected a lease at ${this.#options.url}, got another object. Give the lease a name of its own, or remove it.`,
    );
  }

  /** False where another has written since. */
  async #write(state: LeaseState, replacing: string): Promise<boolean> {
    const query = `uploadType=media&name=${this.#name}&ifGenerationMatch=${replacing}`;
    const path = `/upload/storage/v1/b/${this.#bucket}/o?${query}`;
    const response = await this.#call('POST', path, JSON.stringify(state));
    if (response.status === WRITTEN_BY_ANOTHER) return false;
    const { generation } = z.object({ generation: z.string() }).parse(await response.json());
    this.#generation = generation;
    return true;
  }

  async #call(method: 'GET' | 'POST', path: string, body?: string): Promise<Response> {
    const { baseUrl = STORAGE_URL, url } = this.#options;
    const headers = {
      authorization: `Bearer ${await this.#token()}`,
      'content-type': 'application/json',
      'cache-control': 'no-store',
    };
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const request = { method, headers, signal, ...(body === undefined ? {} : { body }) };
    const response = await fetch(baseUrl + path, request).catch((cause: unknown) => {
      const why = networkCode(cause) ?? messageOf(cause);
      throw new UpstreamError(`Cannot reach the lease ${url}: ${why}.`, { cause });
    });
    if (response.ok || response.status === MISSING || response.status === WRITTEN_BY_ANOTHER) return response;
    throw refusal(url, response.status);
  }
}

function refusal(url: string, status: number): UpstreamError | ConfigError {
  const told = `Expected Cloud Storage to take the lease ${url}, got status ${status}.`;
  if (status !== 401 && status !== 403) return new UpstreamError(told);
  return new ConfigError(`${told} Give the relay's account the role Storage Object User on the bucket.`);
}

function applicationDefault(): () => Promise<string> {
  const auth = new GoogleAuth({ scopes: [SCOPE] });
  return async () => {
    const token = await auth.getAccessToken();
    if (token) return token;
    throw new ConfigError(
      'Expected credentials for the lease, got none. Run: gcloud auth application-default login',
    );
  };
}
