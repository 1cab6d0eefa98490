/** Edges of a live run: subscriptions and topics of a MessageBus. */

import { setImmediate } from 'node:timers/promises';
import type { Delivery, MessageBus, OutgoingMessage, Subscription } from '../../../connectors/bus/port.ts';
import type { Clock } from '../../../connectors/clock/port.ts';
import { InvariantError } from '../../../schemas/errors.ts';
import { decodePubsubMessage, encodePubsubMessage, eventTimeOf } from '../../../schemas/pubsub-message.ts';
import type { TopicName } from '../../../schemas/topics.ts';
import type { Edges, SourceChunk, SourceMessage, SourceReader } from './edges.ts';

/** Messages taken at once: enough to share the cost of a bundle, few enough to keep latency low. */
const PULL_MAX = 500;
/** How often a silent source tells its watermark. Unit: ms of the clock. */
const IDLE_TICK_MS = 1_000;

export interface BusEdgesOptions {
  readonly bus: MessageBus;
  readonly clock: Clock;
  readonly allowedDisorderMs: number;
  /** Opened before the run, by subscription name. */
  readonly subscriptions: ReadonlyMap<string, Subscription>;
  /**
   * Subscriptions that may fall silent while all is well: with nothing pending, their watermark follows the clock.
   * The others hold it at their newest message, so that a stalled publisher closes no bar early.
   */
  readonly mayBeSilent: ReadonlySet<string>;
}

export function busEdges(options: BusEdgesOptions): Edges {
  const pending = new Map<TopicName, OutgoingMessage[]>();
  return {
    openSource(name) {
      const subscription = options.subscriptions.get(name);
      if (!subscription) {
        const opened = [...options.subscriptions.keys()].join(', ') || 'none';
        throw new InvariantError(
          `Expected subscription "${name}" to be opened before the run, got ${opened}.`,
        );
      }
      return new SubscriptionReader(subscription, options, options.mayBeSilent.has(name));
    },
    write(topic, bytes) {
      const { data, attributes, orderingKey } = decodePubsubMessage(bytes);
      const queue = pending.get(topic as TopicName) ?? [];
      queue.push({ data, attributes, orderingKey });
      pending.set(topic as TopicName, queue);
    },
    flush() {
      if (pending.size === 0) return;
      const batches = [...pending];
      pending.clear();
      return Promise.all(batches.map(([topic, messages]) => options.bus.publish(topic, messages))).then(
        () => undefined,
      );
    },
  };
}

class SubscriptionReader implements SourceReader {
  readonly #subscription: Subscription;
  readonly #options: BusEdgesOptions;
  readonly #mayBeSilent: boolean;
  readonly #closing = new AbortController();
  #pull: Promise<readonly Delivery[]> | undefined;
  #newestMs = Number.NEGATIVE_INFINITY;
  #watermarkMs = Number.NEGATIVE_INFINITY;

  constructor(subscription: Subscription, options: BusEdgesOptions, mayBeSilent: boolean) {
    this.#subscription = subscription;
    this.#options = options;
    this.#mayBeSilent = mayBeSilent;
  }

  async read(): Promise<SourceChunk | undefined> {
    if (this.#closing.signal.aborted) return undefined;
    this.#pull ??= this.#subscription.pull(PULL_MAX);
    const deliveries = await this.#orSilence(this.#pull);
    if (deliveries === undefined) return this.#closing.signal.aborted ? undefined : this.#chunk([]);
    this.#pull = undefined;
    if (deliveries.length > 0) return this.#chunk(deliveries);
    if (this.#closing.signal.aborted) return undefined;
    // An end would close every bar that is open, with what little it holds.
    throw new InvariantError(
      'Expected a subscription to stay open while a graph reads it, got it closed. Drain the run before the bus is closed.',
    );
  }

  close(): void {
    this.#closing.abort();
  }

  /** What was pulled, or undefined after a tick of silence or on close. */
  async #orSilence<T>(pull: Promise<T>): Promise<T | undefined> {
    const { clock } = this.#options;
    const answered = new AbortController();
    const either = AbortSignal.any([answered.signal, this.#closing.signal]);
    const silence = clock.until(clock.now() + IDLE_TICK_MS, either).then(() => undefined);
    try {
      // Messages may have been handed out while silence won: they no longer count as pending, and must be seen first.
      return (await Promise.race([pull, silence])) ?? (await Promise.race([pull, setImmediate(undefined)]));
    } finally {
      answered.abort();
    }
  }

  #chunk(deliveries: readonly Delivery[]): SourceChunk {
    const messages = deliveries.map((delivery) => this.#message(delivery));
    return { messages, watermarkMs: this.#advance() };
  }

  #message(delivery: Delivery): SourceMessage {
    const eventTimeMs = readEventTime(delivery);
    // A stamp from the future must not close bars that are still open.
    const { clock, allowedDisorderMs } = this.#options;
    this.#newestMs = Math.max(this.#newestMs, Math.min(eventTimeMs, clock.now() + allowedDisorderMs));
    return { bytes: encodePubsubMessage(delivery), eventTimeMs, ack: () => delivery.ack() };
  }

  #advance(): number {
    const { clock, allowedDisorderMs } = this.#options;
    const oldest = this.#subscription.oldestPending();
    const known = this.#mayBeSilent && oldest === undefined ? clock.now() : this.#newestMs;
    this.#watermarkMs = Math.max(this.#watermarkMs, Math.min(known, oldest ?? known) - allowedDisorderMs);
    return this.#watermarkMs;
  }
}

/** A message without a readable event time still flows (the decoder refuses it by name): it takes its publish time. */
function readEventTime(delivery: Delivery): number {
  try {
    return eventTimeOf(delivery.attributes);
  } catch {
    return delivery.publishTimeMs;
  }
}
