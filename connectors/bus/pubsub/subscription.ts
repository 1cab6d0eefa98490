/** One reader of a Pub/Sub subscription: pulls ahead, keeps the leases of what it holds, and gives back what it cannot. */
import type { Clock } from '../../clock/port.ts';
import type { Delivery, SubscribeOptions, Subscription } from '../port.ts';
import { Certainty, type CertaintyOptions } from './certainty.ts';
import type { Clients, ReceivedMessage } from './clients.ts';
import { HeldDelivery, idOf, publishTimeOf } from './delivery.ts';
import { codeOf, NOT_FOUND, pubSubError } from './errors.ts';
import { GivenBack } from './given-back.ts';
import { Inventory, type InventoryOptions } from './inventory.ts';
import { Settler } from './settler.ts';
import { PullStream } from './stream.ts';

/** Pub/Sub's own longest deadline. Unit: ms. */
const ACK_DEADLINE_MS = 600_000;
/** A container has ten seconds to end. Unit: ms. */
const CLOSING_MS = 5_000;

export interface ReaderOptions extends InventoryOptions, CertaintyOptions {
  readonly clock: Clock;
  /** How long the server waits for a sign of life before messages come again elsewhere. Unit: ms, whole seconds. */
  readonly leaseMs: number;
  /** Pull streams at once. */
  readonly streams: number;
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
  readonly #inventory: Inventory;
  readonly #givenBack = new GivenBack();
  #isFull = false;
  readonly #closing = new AbortController();
  #failure: Error | undefined;
  #closed: Promise<void> | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  #wake: (() => void) | null = null;
  #isWatching = false;

  constructor(clients: Clients, target: Target, options: ReaderOptions, wanted: SubscribeOptions = {}) {
    this.#target = target;
    this.#options = options;
    this.#maxOutstanding = wanted.maxOutstanding ?? Number.POSITIVE_INFINITY;
    this.#ackDeadlineMs = wanted.ackDeadlineMs ?? ACK_DEADLINE_MS;
    this.#certainty = new Certainty(options);
    this.#inventory = new Inventory(this.#maxOutstanding, options);
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
      return this.#isFull ? this.#inventory.oldestToLetGo(now) : Number.NEGATIVE_INFINITY;
    }
    const oldest = Math.min(this.#givenBack.oldest(now), this.#inventory.oldestInLine());
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
    this.#inventory.copies.acknowledged(delivery, this.#options.clock.now());
    this.#givenBack.forget(delivery.id);
    this.#settler.ack(delivery.ackIds.values());
    this.#release(delivery);
  }

  refuse(delivery: HeldDelivery): void {
    if (delivery.state === 'taken') this.#giveBack([delivery]);
  }

  async #close(): Promise<void> {
    this.#closing.abort();
    this.#wake?.();
    this.#giveBack([...this.#inventory.held]);
    await Promise.all(this.#streams.map((stream) => stream.close()));
    await this.#settler.close(CLOSING_MS);
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
    if (this.#closing.signal.aborted) {
      this.#settler.lease(
        messages.map(({ ackId }) => ackId ?? ''),
        0,
      );
      return;
    }
    const now = this.#options.clock.now();
    for (const received of messages) this.#add(received, now);
    this.#weigh();
    this.#wake?.();
  }

  #add(received: ReceivedMessage, now: number): void {
    this.#certainty.arrived(publishTimeOf(received), now);
    const id = idOf(received);
    const ackId = received.ackId ?? '';
    const met = this.#inventory.copies.meet(id, received.message?.messageId ?? '', ackId);
    if (met === 'acknowledged') this.#settler.ack([ackId]);
    if (met !== 'new') return;
    const delivery = new HeldDelivery(this, received, this.#givenBack.arrived(id));
    this.#inventory.add(delivery);
  }

  async #pull(max: number): Promise<readonly Delivery[]> {
    for (;;) {
      if (this.#closing.signal.aborted) return [];
      if (this.#failure) throw this.#failure;
      const taken = this.#inventory.take(max, this.#options.clock.now() + this.#ackDeadlineMs);
      if (taken.length > 0) {
        void this.#watchDeadlines();
        return taken;
      }
      await new Promise<void>((resolve) => {
        this.#wake = () => {
          this.#wake = null;
          resolve();
        };
      });
    }
  }

  /** The server sends those behind them in their keys again too, where it keeps an order. */
  #giveBack(refused: readonly HeldDelivery[]): void {
    const now = this.#options.clock.now();
    const all = this.#target.isOrdered ? this.#inventory.withThoseBehind(refused) : refused;
    for (const delivery of all) {
      this.#inventory.copies.givenBack(delivery);
      this.#givenBack.add(delivery, now);
      this.#settler.lease(delivery.ackIds.values(), 0);
      this.#release(delivery);
    }
  }

  #release(delivery: HeldDelivery): void {
    this.#inventory.release(delivery);
    this.#weigh();
    this.#wake?.();
  }

  /** Reads on or not, by what is held. */
  #weigh(): void {
    const { isFull } = this.#inventory;
    if (isFull === this.#isFull) return;
    this.#isFull = isFull;
    this.#certainty.full(isFull, this.#options.clock.now());
    if (this.#closing.signal.aborted) return;
    for (const stream of this.#streams) isFull ? stream.pause() : stream.resume();
  }

  async #keepLeases(): Promise<void> {
    const { clock, leaseMs } = this.#options;
    const { signal } = this.#closing;
    for (;;) {
      await clock.until(clock.now() + Math.floor(leaseMs / 3), signal);
      if (signal.aborted) return;
      for (const { ackIds } of this.#inventory.held) this.#settler.lease(ackIds.values(), leaseMs / 1000);
    }
  }

  async #watchDeadlines(): Promise<void> {
    if (this.#isWatching || this.#ackDeadlineMs === Number.POSITIVE_INFINITY) return;
    this.#isWatching = true;
    const { clock } = this.#options;
    const { signal } = this.#closing;
    for (;;) {
      const first = this.#inventory.firstTaken;
      if (!first || signal.aborted) break;
      await clock.until(first.deadlineMs, signal);
      if (!signal.aborted) this.#giveBack(this.#inventory.expired(clock.now()));
    }
    this.#isWatching = false;
  }
}
