/** The generated Pub/Sub clients, on Google's endpoint or on a server without authentication. */
import { type protos, v1 } from '@google-cloud/pubsub';
import { credentials } from '@grpc/grpc-js';
import { PassThroughClient } from 'google-auth-library';
import { ConfigError, UpstreamError } from '../../../schemas/errors.ts';
import { backoffMs } from '../../backoff.ts';
import type { Clock } from '../../clock/port.ts';
import { codeOf, noCredentials, PASSING_CODES } from './errors.ts';

export type PublisherClient = InstanceType<typeof v1.PublisherClient>;
type ClientOptions = ConstructorParameters<typeof v1.PublisherClient>[0];
export type SubscriberClient = InstanceType<typeof v1.SubscriberClient>;
export type ReceivedMessage = protos.google.pubsub.v1.IReceivedMessage;

export interface Clients {
  readonly publisher: PublisherClient;
  readonly subscriber: SubscriberClient;
  /** Aborts when they are closed: the library never answers a call made after that. */
  readonly closing: AbortSignal;
  /** Before the first call: a call that finds no credentials also rejects where nobody can catch it. @throws ConfigError */
  ready(): Promise<void>;
  close(): Promise<void>;
}

/** `endpoint` (`host:port`) is an emulator's, spoken to without credentials; undefined is Google's, with the default ones. */
export function openClients(project: string, endpoint: string | undefined): Clients {
  const options: Record<string, unknown> = {
    projectId: project,
    // Left alone, gRPC waits up to two minutes before it looks again for a server that was away.
    'grpc.initial_reconnect_backoff_ms': 100,
    'grpc.max_reconnect_backoff_ms': 5_000,
    ...(endpoint === undefined ? {} : insecure(endpoint)),
  };
  const publisher = new v1.PublisherClient(options as ClientOptions);
  const subscriber = new v1.SubscriberClient(options as ClientOptions);
  const closing = new AbortController();
  return {
    publisher,
    subscriber,
    closing: closing.signal,
    async ready() {
      try {
        await Promise.all([publisher.initialize(), subscriber.initialize()]);
      } catch (cause) {
        throw noCredentials(cause);
      }
    },
    async close() {
      closing.abort();
      await Promise.allSettled([publisher.close(), subscriber.close()]);
    },
  };
}

function insecure(endpoint: string) {
  const [, servicePath, port] = /^(?:https?:\/\/)?(.+):(\d+)$/.exec(endpoint) ?? [];
  if (servicePath === undefined) {
    throw new ConfigError(`Expected an endpoint as host:port, got "${endpoint}".`);
  }
  // Without a client of its own it would look for the default credentials all the same.
  const authClient = new PassThroughClient();
  return { servicePath, port: Number(port), sslCreds: credentials.createInsecure(), authClient };
}

/** For every call: the library's own retries hide what failed behind a timeout of theirs. */
export const CALL = { timeout: 20_000, retry: null };

const BACKOFF = { firstMs: 50, maxMs: 2_000 };

/**
 * Calls again while it fails with what may pass, for `totalMs` at most; then throws the last failure.
 * @throws UpstreamError too, once the signal aborts.
 */
export async function persist<T>(
  call: () => Promise<T>,
  totalMs: number,
  clock: Clock,
  closing?: AbortSignal,
): Promise<T> {
  const endMs = clock.now() + totalMs;
  for (let failures = 1; ; failures++) {
    if (closing?.aborted) throw new UpstreamError('Expected an open bus, got one that is closed.');
    try {
      return await call();
    } catch (error) {
      if (!PASSING_CODES.includes(codeOf(error) ?? 0) || clock.now() >= endMs) throw error;
      await clock.until(Math.min(endMs, clock.now() + backoffMs(failures, BACKOFF, 1)), closing);
    }
  }
}
