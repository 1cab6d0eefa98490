/** Edges of a live run: subscriptions and topics of a MessageBus. */

import { setImmediate } from 'node:timers/promises';
import type { Delivery, MessageBus, OutgoingMessage, Subscription } from '../../../connectors/bus/port.ts';
import type { Clock } from '../../../connectors/clock/port.ts';
import { InvariantError } from '../../../schemas/errors.ts';
import { decodePubsubMessage } from '../../../schemas/pubsub-message.ts';
import type { TopicName } from '../../../schemas/topics.ts';
import type { Completeness } from './completeness.ts';
import type { Edges, SourceChunk, SourceReader } from './edges.ts';
import { type Intake, OrderedIntake, UnorderedIntake } from './intake.ts';

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
  /** Published after all others of the same flush: where a record of it is found, the others are. */
  readonly lastTopic?: TopicName;
  /** Where the bus cannot tell what it holds, the messages must: see completeness.ts. */
  readonly evidence?: {
    readonly completeness: Completeness;
    /** The subscription with a message of every second. */
    readonly snapshots: string;
  };
}

export function busEdges(options: BusEdgesOptions): Edges {
  const { bus, lastTopic } = options;
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
      return new SubscriptionReader(subscription, options.clock, intakeOf(name, subscription, options));
    },
    write(topic, bytes) {
      const { data, attributes, orderingKey } = decodePubsubMessage(bytes);
      const queue = pending.get(topic as TopicName) ?? [];
      queue.push({ data, attributes, orderingKey });
      pending.set(topic as TopicName, queue);
    },
    flush() {
      if (pending.size === 0) return;
      const last = pending.get(lastTopic as TopicName) ?? [];
      pending.delete(lastTopic as TopicName);
      const others = [...pending];
      pending.clear();
      return publishAll(bus, others, lastTopic && last.length > 0 ? [[lastTopic, last]] : []);
    },
  };
}

type Batch = readonly [TopicName, readonly OutgoingMessage[]];

/** One stage after the other. */
async function publishAll(bus: MessageBus, ...stages: readonly (readonly Batch[])[]): Promise<void> {
  for (const batches of stages) {
    await Promise.all(batches.map(([topic, messages]) => bus.publish(topic, messages)));
  }
}

function intakeOf(name: string, subscription: Subscription, options: BusEdgesOptions): Intake {
  const { clock, allowedDisorderMs, evidence } = options;
  const of = { subscription, clock, allowedDisorderMs };
  if (!evidence) return new OrderedIntake({ ...of, mayBeSilent: options.mayBeSilent.has(name) });
  const kind = name === evidence.snapshots ? 'snapshot' : 'trades';
  return new UnorderedIntake({ ...of, kind, completeness: evidence.completeness });
}

class SubscriptionReader implements SourceReader {
  readonly #subscription: Subscription;
  readonly #clock: Clock;
  readonly #intake: Intake;
  readonly #closing = new AbortController();
  #pull: Promise<readonly Delivery[]> | undefined;

  constructor(subscription: Subscription, clock: Clock, intake: Intake) {
    this.#subscription = subscription;
    this.#clock = clock;
    this.#intake = intake;
  }

  async read(): Promise<SourceChunk | undefined> {
    if (this.#closing.signal.aborted) return undefined;
    if (this.#intake.hasMore) return this.#intake.take([]);
    this.#pull ??= this.#subscription.pull(PULL_MAX);
    const deliveries = await this.#orSilence(this.#pull);
    if (deliveries === undefined) return this.#closing.signal.aborted ? undefined : this.#intake.take([]);
    this.#pull = undefined;
    if (deliveries.length > 0) return this.#intake.take(deliveries);
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
    const answered = new AbortController();
    const either = AbortSignal.any([answered.signal, this.#closing.signal]);
    const silence = this.#clock.until(this.#clock.now() + IDLE_TICK_MS, either).then(() => undefined);
    try {
      // Messages may have been handed out while silence won: they no longer count as pending, and must be seen first.
      return (await Promise.race([pull, silence])) ?? (await Promise.race([pull, setImmediate(undefined)]));
    } finally {
      answered.abort();
    }
  }
}
