/** MessageBus on Google Pub/Sub, or on a server that speaks its protocol. */
import { ConfigError, UpstreamError } from '../../schemas/errors.ts';
import { PROJECT_ID } from '../../schemas/project-id.ts';
import { TOPIC_NAMES, TOPICS, type TopicName } from '../../schemas/topics.ts';
import type { Clock } from '../clock/port.ts';
import { within } from '../clock/within.ts';
import type { MessageBus, OutgoingMessage, SubscribeOptions, Subscription } from './port.ts';
import { type Clients, openClients } from './pubsub/clients.ts';
import { type PublisherOptions, TopicPublisher } from './pubsub/publisher.ts';
import { Resources } from './pubsub/resources.ts';
import { PubSubSubscription, type ReaderOptions } from './pubsub/subscription.ts';

export interface PubSubBusOptions {
  readonly project: string;
  /** `host:port` of an emulator (PUBSUB_EMULATOR_HOST), spoken to without credentials. Default: Google, with the default ones. */
  readonly endpoint?: string | undefined;
  /** Leases and deadlines are the server's, so this is real time: the system clock, whatever time the market runs on. */
  readonly clock: Clock;
  /** Topics and subscriptions that are not there: made, or an error that names them. Default never. */
  readonly create?: 'missing' | 'never';
  /**
   * What a process held when it died comes again after this long. Unit: ms, whole seconds, 10 s to 600 s; default 30 s.
   * While it lives it extends its leases three times as often, until a delivery's `ackDeadlineMs`. A new process holds
   * its watermark for as long: give it no shorter one than its predecessor had.
   */
  readonly leaseMs?: number;
  /** A message published this much before one already seen shows a backlog. Unit: ms; default 2 s. */
  readonly lagMs?: number;
  /** The backlog counts as read when none such has come for this long. Unit: ms; default 5 s. */
  readonly quietMs?: number;
  /** Pull streams of a subscription; one carries 10 MB/s. Default 1. */
  readonly streams?: number;
  /** Data held unsettled by a subscription, beyond which it reads no more. Unit: bytes; default 512 MB. */
  readonly maxOutstandingBytes?: number;
  /** A second message with an id is dropped for at least this long after the first was acknowledged. Unit: ms; default 10 min. */
  readonly dedupWindowMs?: number;
  /** Ids remembered per subscription at most; beyond it the window is shorter. Default 400 000. */
  readonly dedupMaxIds?: number;
  /** How long publishing is tried again while the server cannot be reached. Unit: ms; default 60 s. */
  readonly publishTimeoutMs?: number;
  /** Messages on their way, beyond which `publish` waits. Unit: bytes; default 64 MB. */
  readonly maxQueuedBytes?: number;
}

/** How long closing waits for what is being published, and for readers, which take five seconds at most. Unit: ms. */
const CLOSING_MS = 6_000;
const READER = /^[A-Za-z][\w.-]{0,200}$/;

/**
 * Opens the bus; nothing is called before the first publish or subscribe.
 *
 * - Ids are recognised by the reader, in its memory: a copy of a message that is held shares its fate, one of a
 *   message acknowledged lately is acknowledged; over a restart, nothing is remembered.
 * - A subscription's settings are those of schemas/subscriptions.ts. The graph's is not ordered.
 * - `close` gives everything unsettled back, so that the next process has it at once, and takes a few seconds at most:
 *   what is still being published then fails.
 *
 * @throws ConfigError where the options cannot be. All else is thrown by the calls: ConfigError for what a person must
 *   change (rights, names, schemas), UpstreamError for what may pass.
 */
export function openPubSubBus(options: PubSubBusOptions): MessageBus {
  const { project, leaseMs = 30_000 } = options;
  if (!PROJECT_ID.test(project)) {
    throw new ConfigError(`Expected the id of a Google Cloud project, got "${project}".`);
  }
  // An emulator may have shorter leases.
  const least = options.endpoint === undefined ? 10_000 : 1_000;
  if (leaseMs % 1000 !== 0 || leaseMs < least || leaseMs > 600_000) {
    throw new ConfigError(
      `Expected a lease of ${least / 1000} to 600 whole seconds, got ${leaseMs} ms. Try 30000.`,
    );
  }
  return new PubSubBus(options);
}

class PubSubBus implements MessageBus {
  readonly #clients: Clients;
  readonly #clock: Clock;
  readonly #resources: Resources;
  readonly #reader: ReaderOptions;
  readonly #publishing: PublisherOptions;
  readonly #publishers = new Map<TopicName, TopicPublisher>();
  readonly #underWay = new Set<Promise<void>>();
  readonly #subscriptions = new Map<string, Promise<PubSubSubscription>>();
  #closed: Promise<void> | undefined;

  constructor(options: PubSubBusOptions) {
    this.#clients = openClients(options.project, options.endpoint);
    this.#clock = options.clock;
    this.#resources = new Resources(
      this.#clients,
      options.clock,
      options.project,
      options.create === 'missing',
    );
    this.#publishing = {
      clock: options.clock,
      timeoutMs: options.publishTimeoutMs ?? 60_000,
      maxQueuedBytes: options.maxQueuedBytes ?? 64 << 20,
    };
    this.#reader = {
      clock: options.clock,
      leaseMs: options.leaseMs ?? 30_000,
      lagMs: options.lagMs ?? 2_000,
      quietMs: options.quietMs ?? 5_000,
      streams: options.streams ?? 1,
      maxOutstandingBytes: options.maxOutstandingBytes ?? 512 << 20,
      dedupWindowMs: options.dedupWindowMs ?? 600_000,
      dedupMaxIds: options.dedupMaxIds ?? 400_000,
    };
  }

  async publish(topic: TopicName, messages: readonly OutgoingMessage[]): Promise<void> {
    this.#check(topic);
    let publisher = this.#publishers.get(topic);
    if (!publisher) {
      publisher = new TopicPublisher(this.#clients, this.#resources, topic, this.#publishing);
      this.#publishers.set(topic, publisher);
    }
    const publishing = publisher.publish(messages);
    this.#underWay.add(publishing);
    try {
      await publishing;
    } finally {
      this.#underWay.delete(publishing);
    }
  }

  async subscribe(topic: TopicName, name: string, options?: SubscribeOptions): Promise<Subscription> {
    this.#check(topic);
    if (!READER.test(name)) {
      throw new ConfigError(`Expected a subscription name of letters, digits, . _ and -, got "${name}".`);
    }
    const key = `${topic} ${name}`;
    if (this.#subscriptions.has(key)) {
      throw new ConfigError(
        `Expected subscription "${name}" of ${topic} to be free, got it open. Close it first.`,
      );
    }
    const opening = this.#open(topic, name, options ?? {}, () => this.#subscriptions.delete(key));
    this.#subscriptions.set(key, opening);
    // What could not be opened may be tried again.
    opening.catch(() => this.#subscriptions.delete(key));
    return opening;
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #open(
    topic: TopicName,
    name: string,
    options: SubscribeOptions,
    closed: () => void,
  ): Promise<PubSubSubscription> {
    const resources = this.#resources;
    const { id, isOrdered } = await resources.subscription(topic, name);
    const remake = async () => {
      if (!resources.isMaking) return false;
      resources.forget();
      await resources.subscription(topic, name);
      return true;
    };
    const target = { name: resources.subscriptionName(id), isOrdered, remake, closed };
    return new PubSubSubscription(this.#clients, target, this.#reader, options);
  }

  #check(topic: TopicName): void {
    if (this.#closed) throw new UpstreamError('Expected an open bus, got one that is closed.');
    if (!(topic in TOPICS)) {
      throw new ConfigError(`Expected one of ${TOPIC_NAMES.join(', ')}, got topic "${topic}".`);
    }
  }

  async #close(): Promise<void> {
    // At once: what waits for a server that is away must not keep what is held here from others.
    const givenBack = [...this.#subscriptions.values()].map(async (opening) => (await opening).close());
    await within(this.#clock, CLOSING_MS, Promise.allSettled([...givenBack, ...this.#underWay]));
    await this.#clients.close();
  }
}
