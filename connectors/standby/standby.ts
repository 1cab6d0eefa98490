/**
 * One of a pair of relays of which one publishes. Both run the whole feed; the lease decides whose outbox is open.
 *
 * The active one renews the lease at a third of its ttl and writes with it how far it has published. The passive one
 * keeps what it would have published since then, and takes over from there, with some overlap: what both published is
 * removed downstream by trade ids. An active one that cannot renew stops publishing `safetyMs` before its lease ends,
 * and keeps what it has like any passive one.
 */
import { BookSnapshot } from '../../schemas/book-snapshot.ts';
import { messageOf, UpstreamError } from '../../schemas/errors.ts';
import { ATTRIBUTES, type TopicName } from '../../schemas/topics.ts';
import type { OutgoingMessage } from '../bus/port.ts';
import { within } from '../clock/within.ts';
import type { LeaseState } from '../lease/port.ts';
import { decodePosition, encodePosition, endOf, hasAllSince, type Position, Published } from './position.ts';
import { Renumbering } from './renumbering.ts';
import type { StandbyOptions, StandbyPorts, StandbyStats } from './standby-options.ts';

/** Waits of a passive one are not shorter. Unit: ms. */
const SHORTEST_WAIT_MS = 50;
const SNAPSHOTS = 'book-snapshots';

export class Standby {
  readonly #options: StandbyOptions;
  readonly #ports: StandbyPorts;
  readonly #ttlMs: number;
  readonly #safetyMs: number;
  readonly #stopping = new AbortController();
  readonly #running: Promise<void>;
  #held: LeaseState | null = null;
  /** As last read. */
  #known: LeaseState | null = null;
  /** Since when the feed has received everything. Market ms. */
  #wholeSinceMs: number | null = null;
  /** When nobody was first seen to hold it. */
  #freeSinceMs = 0;
  #since = 0;
  #published = new Published(null);
  #guard = new AbortController();
  #takeovers = 0;
  #problem: string | null = null;
  #isLeaving = false;
  #stopped: Promise<void> | undefined;

  constructor(options: StandbyOptions, ports: StandbyPorts) {
    this.#options = options;
    this.#ports = ports;
    this.#ttlMs = options.ttlMs ?? 15_000;
    this.#safetyMs = options.safetyMs ?? this.#ttlMs / 6;
    this.#running = this.#run();
  }

  stats(): StandbyStats {
    const { holder = '', epoch = 0 } = this.#held ?? this.#known ?? {};
    const isActive = this.#held !== null;
    const isReady = isActive || this.#hasAll(this.#known);
    return { isActive, holder, epoch, takeovers: this.#takeovers, isReady, problem: this.#problem };
  }

  /** Drains the outbox where it is ours to publish, then lets the other take over at once. Idempotent. */
  stop(drainMs: number): Promise<void> {
    this.#stopped ??= this.#stop(drainMs);
    return this.#stopped;
  }

  async #stop(drainMs: number): Promise<void> {
    this.#isLeaving = true;
    try {
      // The lease is kept meanwhile.
      await this.#ports.outbox.drain(drainMs);
    } finally {
      this.#stopping.abort();
      await this.#running;
      this.#guard.abort();
      await this.#letGo();
    }
  }

  async #letGo(): Promise<void> {
    const held = this.#held;
    if (!held) return;
    this.#held = null;
    const { lease } = this.#options;
    const letGo = lease.release(held, this.#position()).catch((error: unknown) => this.#trouble(error));
    await within(this.#ports.clock, this.#ttlMs / 3, letGo);
  }

  async #run(): Promise<void> {
    const { clock } = this.#ports;
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      const over = new AbortController();
      const either = AbortSignal.any([signal, over.signal]);
      // A store that hangs must not keep us from trying again, nor from stopping.
      await Promise.race([this.#turn(), clock.until(clock.now() + this.#ttlMs / 3, either)]);
      over.abort();
      await clock.until(clock.now() + this.#waitMs(), signal);
    }
  }

  async #turn(): Promise<void> {
    const { isWhole = () => true, market } = this.#ports;
    this.#wholeSinceMs = isWhole() ? (this.#wholeSinceMs ?? market.now()) : null;
    try {
      if (this.#held) await this.#renew(this.#held);
      else if (!this.#isLeaving) await this.#tryToTake();
      this.#problem = null;
    } catch (error) {
      this.#trouble(error);
    }
  }

  #waitMs(): number {
    const third = this.#ttlMs / 3;
    if (this.#held || !this.#known) return third;
    const left = this.#known.untilMs - this.#ports.clock.now();
    return Math.max(SHORTEST_WAIT_MS, Math.min(third, left > 0 ? left : this.#ttlMs / 15));
  }

  async #renew(held: LeaseState): Promise<void> {
    const renewed = await this.#options.lease.renew(held, this.#ttlMs, this.#position());
    if (this.#held !== held) return;
    if (renewed) this.#hold(renewed);
    else this.#lose('another has taken the lease');
  }

  async #tryToTake(): Promise<void> {
    const { lease, holder } = this.#options;
    if (!this.#isBest(await lease.read())) return;
    const { isAcquired, state } = await lease.tryAcquire(holder, this.#ttlMs);
    this.#known = state;
    const position = decodePosition(state.position);
    if (!this.#held) await this.#forget(position);
    // An answer that took its time is worth nothing any more.
    const isLate = state.untilMs - this.#safetyMs <= this.#ports.clock.now();
    if (!isAcquired || isLate || this.#held || this.#isLeaving) return;
    this.#hold(state);
    this.#takeOver(state, position);
  }

  /**
   * Whoever has not received all that the last one may not have published leaves the lease, for one ttl, to another who
   * has: a relay that has just begun must not come before one that has stood by.
   */
  #isBest(state: LeaseState | null): boolean {
    const now = this.#ports.clock.now();
    if (state?.epoch !== this.#known?.epoch || !state || now < state.untilMs) this.#freeSinceMs = now;
    this.#known = state;
    if (!state || now < state.untilMs) return true;
    return this.#hasAll(state) || now - this.#freeSinceMs >= this.#ttlMs;
  }

  #hasAll(state: LeaseState | null): boolean {
    const position = decodePosition(state?.position ?? '');
    return position !== null && this.#wholeSinceMs !== null && hasAllSince(position, this.#wholeSinceMs);
  }

  /** From here on the lease is ours, until shortly before its end. */
  #hold(state: LeaseState): void {
    this.#held = state;
    this.#known = state;
    this.#guard.abort();
    this.#guard = new AbortController();
    const { signal } = this.#guard;
    void this.#ports.clock.until(state.untilMs - this.#safetyMs, signal).then(() => {
      if (!signal.aborted && this.#held === state) this.#lose('it could not be renewed in time');
    });
  }

  /** A process that stood still publishes before its timers tell it that the lease has ended. @throws UpstreamError */
  #checkLease(): void {
    const held = this.#held;
    if (held && this.#ports.clock.now() < held.untilMs - this.#safetyMs) return;
    if (held) this.#lose('it could not be renewed in time');
    throw new UpstreamError('Expected to hold the lease, got it ended.');
  }

  #lose(reason: string): void {
    this.#held = null;
    this.#guard.abort();
    this.#ports.outbox.hold();
    this.#ports.log?.(`Publishes nothing any more: ${reason}.`);
    this.#options.onRole?.(false);
  }

  #takeOver({ epoch }: LeaseState, before: Position | null): void {
    const { outbox, market, startedMs, log } = this.#ports;
    this.#since = Math.max(market.now(), (before?.since ?? 0) + 1);
    this.#takeovers += 1;
    this.#published = new Published(before);
    const numbering = new Renumbering({ since: this.#since, epoch, startedMs });
    const joints = new Map(Object.entries(before?.until[SNAPSHOTS] ?? {}));
    log?.(`Publishes from now on, as number ${epoch} of those that did.`, 'INFO');
    this.#options.onRole?.(true);
    outbox.release(
      (topic, message) => {
        this.#checkLease();
        return numbering.stamp(topic, message);
      },
      (topic, messages) => {
        this.#published.add(topic, messages);
        if (topic === SNAPSHOTS && joints.size > 0) this.#join(joints, messages);
      },
    );
  }

  /** Where our first second of a stream does not follow the last one of the other, nobody was there. */
  #join(joints: Map<string, number>, messages: readonly OutgoingMessage[]): void {
    for (const { orderingKey, data } of messages) {
      const until = joints.get(orderingKey);
      if (until === undefined) continue;
      const { connected, ts } = BookSnapshot.parse(JSON.parse(Buffer.from(data).toString()));
      if (!connected || ts < until) continue;
      joints.delete(orderingKey);
      if (ts > until) this.#ports.onGap(orderingKey, until, ts);
    }
  }

  #forget(position: Position | null): Promise<void> {
    const { outbox, clock } = this.#ports;
    const { overlapMs = 5_000, keepMs = 2 * this.#ttlMs } = this.#options;
    const keptSince = clock.now() - keepMs;
    return outbox.forget((topic: TopicName, message, putMs) => {
      const until = position?.until[topic]?.[message.orderingKey];
      if (until === undefined) return putMs < keptSince && Number.isFinite(putMs);
      return ATTRIBUTES.eventTime in message.attributes && endOf(topic, message) < until - overlapMs;
    });
  }

  #position(): string {
    const { recovering = () => new Set() } = this.#ports;
    return encodePosition(this.#published.position(this.#since, recovering()));
  }

  #trouble(error: unknown): void {
    if (this.#problem === null) this.#ports.log?.(`The lease: ${messageOf(error)}`);
    this.#problem = messageOf(error);
  }
}
