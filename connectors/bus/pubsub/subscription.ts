/** One reader of a Pub/Sub subscription: pulls ahead, keeps the leases of what it holds, and gives back what it cannot. */
import type { Clock } from '../../clock/port.ts';
import type { Delivery, SubscribeOptions, Subscription } from '../port.ts';
import { Certainty } from './certainty.ts';
import type { Clients, ReceivedMessage } from './clients.ts';
import { Copies } from './copies.ts';
import { HeldDelivery, idOf, publishTimeOf } from './delivery.ts';
import { codeOf, NOT_FOUND, pubSubError } from './errors.ts';
import { GivenBack } from './given-back.ts';
import { Settler } from './settler.ts';
import { PullStream } from './stream.ts';

/** Pub/Sub's own longest deadline. Unit: ms. */
const ACK_DEADLINE_MS = 600_000;
/** Share of what is held, oldest first, that a full reader lets go of in order to go on. */
const SHARE_LET_GO = 0.1;

export interface ReaderOptions {
  readonly clock: Clock;
  /** How long the server waits for a sign of life before messages come again elsewhere. Unit: ms, whole seconds. */
  readonly leaseMs: number;
  readonly lagMs: number;
  readonly quietMs: number;
  readonly streams: number;
  readonly maxOutstandingBytes: number;
  readonly dedupWindowMs: number;
  readonly dedupMaxIds: number;
}

/** The resource that is read. */
export interface Target {
  /** `projects/…/subscriptions/…` */
  readonly name: string;
  readonly isOrdered: boolean;
  /** Makes it again where the server lost it; false where that is not wanted. */
  readonly remake: () => Promise<boolean>;
  readonly closed: () => void;
}

export class PubSubSubscription implements Subscription {
  readonly #target: Target;
  readonly #options: ReaderOptions;
  readonly #maxOutstanding: number;
  readonly #ackDeadlineMs: number;
  readonly #settler: Settler;
  readonly #streams: readonly PullStream[];
  readonly #connected = new Set<number>();
  readonly #certainty: Certainty;
  readonly #copies: Copies<HeldDelivery>;
  readonly #givenBack = new GivenBack();
  /** In the order they came; those that were given back meanwhile are `done`. */
  #queue: HeldDelivery[] = [];
  /** In the order they were handed out, hence by deadline. */
  readonly #taken = new Set<HeldDelivery>();
  #heldBytes = 0;
  #isFull = false;
  readonly #closing = new AbortController();
  #failure: Error | undefined;
  #closed: Promise<void> | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  #wake: (() => void) | null = null;
  #isWatching = false;
  #letGo = { atMs: Number.NEGATIVE_INFINITY, eventTimeMs: Number.NEGATIVE_INFINITY };

  constructor(clients: Clients, target: Target, options: ReaderOptions, wanted: SubscribeOptions = {}) {
    this.#target = target;
    this.#options = options;
    this.#maxOutstanding = wanted.maxOutstanding ?? Number.POSITIVE_INFINITY;
    this.#ackDeadlineMs = wanted.ackDeadlineMs ?? ACK_DEADLINE_MS;
    this.#certainty = new Certainty(options);
    this.#copies = new Copies({ windowMs: options.dedupWindowMs, maxIds: options.dedupMaxIds });
    this.#settler = new Settler(clients, options.clock, target.name, (error) => this.#fail(error));
    this.#streams = Array.from({ length: options.streams }, (_, i) => this.#openStream(clients, i));
    void this.#keepLeases();
  }

  pull(max: number): Promise<readonly Delivery[]> {
    const turn = this.#turn.then(() => this.#pull(max));
    this.#turn = turn.catch(() => {});
    return turn;
  }

  oldestPending(): number | undefined {
    const now = this.#options.clock.now();
    if (!this.#certainty.isCaughtUp(now)) {
      return this.#isFull ? this.#oldestWhileFull(now) : Number.NEGATIVE_INFINITY;
    }
    let oldest = this.#givenBack.oldest(now);
    for (const { state, eventTimeMs } of this.#queue) {
      if (state === 'queued' && eventTimeMs < oldest) oldest = eventTimeMs;
    }
    return Number.isFinite(oldest) ? oldest : undefined;
  }

  /** Pub/Sub does not count. */
  backlog(): undefined {
    return undefined;
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  settle(delivery: HeldDelivery): void {
    if (delivery.state !== 'taken') return;
    this.#copies.acknowledged(delivery, this.#options.clock.now());
    this.#givenBack.forget(delivery.id);
    this.#settler.ack(delivery.ackIds.values());
    this.#release(delivery);
  }

  refuse(delivery: HeldDelivery): void {
    if (delivery.state === 'taken') this.#giveBack(this.#withThoseBehind([delivery]));
  }

  async #close(): Promise<void> {
    this.#closing.abort();
    this.#wake?.();
    for (const stream of this.#streams) stream.close();
    this.#giveBack([...this.#copies.held]);
    await this.#settler.flush();
    this.#target.closed();
  }

  #fail(error: unknown): void {
    this.#failure ??= pubSubError(error, `let ${this.#target.name} be read`);
    this.#wake?.();
  }

  #openStream(clients: Clients, index: number): PullStream {
    const { clock, leaseMs, streams, maxOutstandingBytes } = this.#options;
    const limit = Math.ceil(this.#maxOutstanding / streams);
    const request = {
      subscription: this.#target.name,
      streamAckDeadlineSeconds: leaseMs / 1000,
      maxOutstandingMessages: Number.isFinite(limit) ? limit : 0,
      maxOutstandingBytes: Math.ceil(maxOutstandingBytes / streams),
    };
    return new PullStream(clients, clock, request, {
      received: (messages) => this.#received(messages),
      connected: () => {
        this.#connected.add(index);
        if (this.#connected.size === streams) this.#certainty.connected(clock.now());
      },
      disconnected: () => {
        this.#connected.delete(index);
        this.#certainty.disconnected();
      },
      refused: (error) => this.#refused(error),
    });
  }

  async #refused(error: unknown): Promise<boolean> {
    try {
      if (codeOf(error) === NOT_FOUND && (await this.#target.remake())) return true;
    } catch (failure) {
      this.#fail(failure);
      return false;
    }
    this.#fail(error);
    return false;
  }

  #received(messages: readonly ReceivedMessage[]): void {
    if (this.#closing.signal.aborted) return;
    const now = this.#options.clock.now();
    for (const received of messages) this.#add(received, now);
    this.#weigh();
    this.#wake?.();
  }

  #add(received: ReceivedMessage, now: number): void {
    this.#certainty.arrived(publishTimeOf(received), now);
    const id = idOf(received);
    const ackId = received.ackId ?? '';
    const met = this.#copies.meet(id, received.message?.messageId ?? '', ackId);
    if (met === 'acknowledged') this.#settler.ack([ackId]);
    if (met !== 'new') return;
    const delivery = new HeldDelivery(this, received, this.#givenBack.arrived(id));
    this.#copies.hold(delivery);
    this.#heldBytes += delivery.data.length;
    this.#queue.push(delivery);
  }

  async #pull(max: number): Promise<readonly Delivery[]> {
    for (;;) {
      if (this.#closing.signal.aborted) return [];
      if (this.#failure) throw this.#failure;
      const taken = this.#take(Math.min(max, this.#maxOutstanding - this.#taken.size));
      if (taken.length > 0) return taken;
      await new Promise<void>((resolve) => {
        this.#wake = () => {
          this.#wake = null;
          resolve();
        };
      });
    }
  }

  #take(count: number): readonly HeldDelivery[] {
    const deadlineMs = this.#options.clock.now() + this.#ackDeadlineMs;
    const taken: HeldDelivery[] = [];
    let at = 0;
    for (; at < this.#queue.length && taken.length < count; at++) {
      const delivery = this.#queue[at]!;
      if (delivery.state !== 'queued') continue;
      delivery.state = 'taken';
      delivery.deadlineMs = deadlineMs;
      this.#taken.add(delivery);
      taken.push(delivery);
    }
    if (at > 0) this.#queue = this.#queue.slice(at);
    if (taken.length > 0) void this.#watchDeadlines();
    return taken;
  }

  #giveBack(deliveries: readonly HeldDelivery[]): void {
    const now = this.#options.clock.now();
    for (const delivery of deliveries) {
      this.#copies.givenBack(delivery);
      this.#givenBack.add(delivery, now);
      this.#settler.lease(delivery.ackIds.values(), 0);
      this.#release(delivery);
    }
  }

  /** The server sends these again too. */
  #withThoseBehind(refused: readonly HeldDelivery[]): readonly HeldDelivery[] {
    if (!this.#target.isOrdered) return refused;
    const back = new Set(refused);
    const keys = new Set<string>();
    for (const delivery of this.#copies.held) {
      if (back.has(delivery)) keys.add(delivery.orderingKey);
      else if (delivery.orderingKey !== '' && keys.has(delivery.orderingKey)) back.add(delivery);
    }
    return [...back];
  }

  #release(delivery: HeldDelivery): void {
    delivery.state = 'done';
    this.#taken.delete(delivery);
    this.#heldBytes -= delivery.data.length;
    this.#weigh();
    this.#wake?.();
  }

  /** Reads on or not, by what is held. */
  #weigh(): void {
    const isFull =
      this.#copies.size >= this.#maxOutstanding || this.#heldBytes >= this.#options.maxOutstandingBytes;
    if (isFull === this.#isFull) return;
    this.#isFull = isFull;
    this.#certainty.full(isFull, this.#options.clock.now());
    for (const stream of this.#streams) isFull ? stream.pause() : stream.resume();
  }

  /**
   * Full of messages that wait for older ones, which cannot come while it is full: then the oldest are let go in
   * steps, as if the rest were the disorder to be expected. A window closed too early is marked incomplete by its
   * claims, and revised when its messages come.
   */
  #oldestWhileFull(now: number): number {
    if (now - this.#letGo.atMs < 1_000) return this.#letGo.eventTimeMs;
    const times = Float64Array.from(this.#copies.held, ({ eventTimeMs }) => eventTimeMs).sort();
    this.#letGo = { atMs: now, eventTimeMs: times[Math.floor(times.length * SHARE_LET_GO)]! };
    return this.#letGo.eventTimeMs;
  }

  async #keepLeases(): Promise<void> {
    const { clock, leaseMs } = this.#options;
    const { signal } = this.#closing;
    for (;;) {
      await clock.until(clock.now() + Math.floor(leaseMs / 3), signal);
      if (signal.aborted) return;
      for (const { ackIds } of this.#copies.held) this.#settler.lease(ackIds.values(), leaseMs / 1000);
    }
  }

  async #watchDeadlines(): Promise<void> {
    if (this.#isWatching || this.#ackDeadlineMs === Number.POSITIVE_INFINITY) return;
    this.#isWatching = true;
    const { clock } = this.#options;
    const { signal } = this.#closing;
    for (;;) {
      const first = this.#taken.values().next().value;
      if (!first || signal.aborted) break;
      await clock.until(first.deadlineMs, signal);
      const now = clock.now();
      const expired: HeldDelivery[] = [];
      for (const delivery of this.#taken) {
        if (delivery.deadlineMs > now) break;
        expired.push(delivery);
      }
      if (expired.length > 0 && !signal.aborted) this.#giveBack(this.#withThoseBehind(expired));
    }
    this.#isWatching = false;
  }
}
