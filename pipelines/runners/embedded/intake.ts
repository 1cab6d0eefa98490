/** From deliveries to a chunk of the graph: how far event time has come, on a bus that knows what it holds and on one that does not. */
import type { Delivery, Subscription } from '../../../connectors/bus/port.ts';
import type { Clock } from '../../../connectors/clock/port.ts';
import { closeAfter, MINUTE_MS } from '../../../schemas/primitives.ts';
import { encodePubsubMessage, eventTimeOf } from '../../../schemas/pubsub-message.ts';
import { type Completeness, type Evidence, evidenceOf } from './completeness.ts';
import type { SourceChunk, SourceMessage } from './edges.ts';

export interface Intake {
  /** What was pulled, which is nothing after a tick of silence. */
  take(deliveries: readonly Delivery[]): SourceChunk;
  /** More is known than the last chunk told: take again, without waiting for messages. */
  readonly hasMore: boolean;
}

interface Common {
  readonly subscription: Subscription;
  readonly clock: Clock;
  readonly allowedDisorderMs: number;
}

/** The bus tells the oldest message it has not handed out. */
export class OrderedIntake implements Intake {
  readonly hasMore = false;
  readonly #of: Common & { readonly mayBeSilent: boolean };
  #newestMs = Number.NEGATIVE_INFINITY;
  #watermarkMs = Number.NEGATIVE_INFINITY;

  constructor(of: Common & { readonly mayBeSilent: boolean }) {
    this.#of = of;
  }

  take(deliveries: readonly Delivery[]): SourceChunk {
    const messages = deliveries.map((delivery) => this.#message(delivery));
    return { messages, watermarkMs: this.#advance() };
  }

  #message(delivery: Delivery): SourceMessage {
    const message = sourceMessage(delivery);
    // A stamp from the future must not close bars that are still open.
    const { clock, allowedDisorderMs } = this.#of;
    this.#newestMs = Math.max(this.#newestMs, Math.min(message.eventTimeMs, clock.now() + allowedDisorderMs));
    return message;
  }

  #advance(): number {
    const { clock, allowedDisorderMs, subscription, mayBeSilent } = this.#of;
    const oldest = subscription.oldestPending();
    const known = mayBeSilent && oldest === undefined ? clock.now() : this.#newestMs;
    this.#watermarkMs = Math.max(this.#watermarkMs, Math.min(known, oldest ?? known) - allowedDisorderMs);
    return this.#watermarkMs;
  }
}

/** How far beyond its watermark the graph takes messages in. Unit: ms of event time. */
const AHEAD_MS = 5 * MINUTE_MS;
/** The longest lease there is; after it, nothing is held by a reader that died. Unit: ms. */
const MAX_LEASE_MS = 10 * MINUTE_MS;
/** Messages kept for later at most; those furthest ahead go back to the bus, to make room for those that are waited for. */
const MAX_PARKED = 50_000;

interface Parked {
  readonly delivery: Delivery;
  readonly message: SourceMessage;
  readonly evidence: Evidence;
}

export interface UnorderedOptions extends Common {
  readonly kind: Evidence['kind'];
  /** Of all subscriptions together. */
  readonly completeness: Completeness;
  readonly maxParked?: number;
}

/**
 * The bus brings what it holds in any order. Event time comes as far as the messages prove to be complete; those far
 * ahead of it are not let into the graph, so that a backlog of hours neither fills the memory nor stops itself.
 */
export class UnorderedIntake implements Intake {
  readonly #options: UnorderedOptions;
  /** By the start of their minute. */
  readonly #parked = new Map<number, Parked[]>();
  #count = 0;
  #watermarkMs = Number.NEGATIVE_INFINITY;
  #completeMs = Number.NEGATIVE_INFINITY;
  readonly #openedMs: number;
  #gaveBackMs = Number.NEGATIVE_INFINITY;

  constructor(options: UnorderedOptions) {
    this.#options = options;
    this.#openedMs = options.clock.now();
  }

  get hasMore(): boolean {
    return this.#watermarkMs < this.#completeMs;
  }

  take(deliveries: readonly Delivery[]): SourceChunk {
    const { clock, completeness, allowedDisorderMs } = this.#options;
    const now = clock.now();
    if (this.#isInDoubt(now)) completeness.doubt(now);
    for (const delivery of deliveries) this.#park(delivery, now);
    this.#completeMs = Math.max(this.#completeMs, completeness.untilMs(now) - allowedDisorderMs);
    this.#watermarkMs = Math.min(this.#completeMs, this.#nextStopMs());
    const messages = this.#release();
    this.#giveBack(now);
    return { messages, watermarkMs: this.#watermarkMs };
  }

  /** What we give back comes again and again, and looks to the bus like a backlog without end. */
  #isInDoubt(now: number): boolean {
    const { subscription, completeness } = this.#options;
    const isOurs = now - this.#gaveBackMs < completeness.patienceMs && now - this.#openedMs > MAX_LEASE_MS;
    return !isOurs && subscription.oldestPending() === Number.NEGATIVE_INFINITY;
  }

  /**
   * One minute at a time: what closes together is published together, so that a process that dies at any moment leaves
   * at most the outputs of one minute half published.
   */
  #nextStopMs(): number {
    const { sinceMs } = this.#options.completeness;
    if (this.#watermarkMs === Number.NEGATIVE_INFINITY) return Math.max(sinceMs, this.#oldestMs());
    return closeAfter(this.#watermarkMs, MINUTE_MS);
  }

  #oldestMs(): number {
    let oldest = this.#completeMs;
    for (const minute of this.#parked.keys()) if (minute < oldest) oldest = minute;
    return oldest;
  }

  #park(delivery: Delivery, now: number): void {
    const { kind, completeness } = this.#options;
    const message = sourceMessage(delivery);
    const evidence = evidenceOf(kind, delivery, message.eventTimeMs);
    completeness.add(evidence, now);
    const minute = message.eventTimeMs - (message.eventTimeMs % MINUTE_MS);
    const parked = this.#parked.get(minute);
    if (parked) parked.push({ delivery, message, evidence });
    else this.#parked.set(minute, [{ delivery, message, evidence }]);
    this.#count += 1;
  }

  #release(): SourceMessage[] {
    const released: SourceMessage[] = [];
    for (const [minute, parked] of this.#parked) {
      if (minute > this.#watermarkMs + AHEAD_MS) continue;
      for (const { message } of parked) released.push(message);
      this.#parked.delete(minute);
      this.#count -= parked.length;
    }
    return released;
  }

  #giveBack(now: number): void {
    const { completeness, maxParked = MAX_PARKED } = this.#options;
    if (this.#count <= maxParked) return;
    this.#gaveBackMs = now;
    const furthestFirst = [...this.#parked.keys()].sort((a, b) => b - a);
    for (const minute of furthestFirst.slice(0, -1)) {
      if (this.#count <= maxParked / 2) return;
      const parked = this.#parked.get(minute)!;
      this.#parked.delete(minute);
      this.#count -= parked.length;
      for (const { delivery, evidence } of parked) {
        completeness.remove(evidence);
        delivery.nack();
      }
    }
  }
}

function sourceMessage(delivery: Delivery): SourceMessage {
  const eventTimeMs = readEventTime(delivery);
  return { bytes: encodePubsubMessage(delivery), eventTimeMs, ack: delivery.ack };
}

/** A message without a readable event time still flows (the decoder refuses it by name): it takes its publish time. */
function readEventTime(delivery: Delivery): number {
  try {
    return eventTimeOf(delivery.attributes);
  } catch {
    return delivery.publishTimeMs;
  }
}
