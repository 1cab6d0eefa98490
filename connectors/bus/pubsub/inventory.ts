/** What a reader holds the leases of: messages in line, then taken, each with its copies. */
import { Copies } from './copies.ts';
import type { HeldDelivery } from './delivery.ts';

/** Share of what is held that a full reader lets go of at a time. */
const SHARE_LET_GO = 0.1;
/** How often it does. Unit: ms. */
const STEP_MS = 500;

export interface InventoryOptions {
  readonly dedupWindowMs: number;
  readonly dedupMaxIds: number;
  readonly maxOutstandingBytes: number;
}

export class Inventory {
  readonly copies: Copies<HeldDelivery>;
  readonly #maxOutstanding: number;
  readonly #maxBytes: number;
  /** In the order they came, from `#head` on; those given back meanwhile are `done`. */
  #line: HeldDelivery[] = [];
  #head = 0;
  /** In the order they were handed out, hence by deadline. */
  readonly #taken = new Set<HeldDelivery>();
  #bytes = 0;
  #letGo = { atMs: Number.NEGATIVE_INFINITY, eventTimeMs: Number.NEGATIVE_INFINITY };

  constructor(maxOutstanding: number, options: InventoryOptions) {
    const { dedupWindowMs: windowMs, dedupMaxIds: maxIds, maxOutstandingBytes } = options;
    this.#maxOutstanding = maxOutstanding;
    this.#maxBytes = maxOutstandingBytes;
    this.copies = new Copies({ windowMs, maxIds });
  }

  /** All that is held, in the order it came. */
  get held(): IterableIterator<HeldDelivery> {
    return this.copies.held;
  }

  get firstTaken(): HeldDelivery | undefined {
    return this.#taken.values().next().value;
  }

  get isFull(): boolean {
    return this.copies.size >= this.#maxOutstanding || this.#bytes >= this.#maxBytes;
  }

  add(delivery: HeldDelivery): void {
    this.copies.hold(delivery);
    this.#bytes += delivery.data.length;
    this.#line.push(delivery);
  }

  /** The next in line, at most `max`, and no more than may be taken at once. */
  take(max: number, deadlineMs: number): readonly HeldDelivery[] {
    const count = Math.min(max, this.#maxOutstanding - this.#taken.size);
    const taken: HeldDelivery[] = [];
    while (taken.length < count && this.#head < this.#line.length) {
      const delivery = this.#line[this.#head++]!;
      if (delivery.state !== 'queued') continue;
      delivery.state = 'taken';
      delivery.deadlineMs = deadlineMs;
      this.#taken.add(delivery);
      taken.push(delivery);
    }
    if (this.#head > 1_000 && this.#head * 2 > this.#line.length) {
      this.#line = this.#line.slice(this.#head);
      this.#head = 0;
    }
    return taken;
  }

  /** Holds it no longer. */
  release(delivery: HeldDelivery): void {
    delivery.state = 'done';
    this.#taken.delete(delivery);
    this.#bytes -= delivery.data.length;
  }

  expired(nowMs: number): readonly HeldDelivery[] {
    const expired: HeldDelivery[] = [];
    for (const delivery of this.#taken) {
      if (delivery.deadlineMs > nowMs) break;
      expired.push(delivery);
    }
    return expired;
  }

  /** With those held that come behind them in their keys. */
  withThoseBehind(refused: readonly HeldDelivery[]): readonly HeldDelivery[] {
    const back = new Set(refused);
    const keys = new Set<string>();
    for (const delivery of this.held) {
      const key = delivery.orderingKey;
      if (back.has(delivery)) keys.add(key);
      else if (key !== '' && keys.has(key)) back.add(delivery);
    }
    return [...back];
  }

  /** Smallest event time in line; Infinity where nothing is. */
  oldestInLine(): number {
    let oldest = Number.POSITIVE_INFINITY;
    for (let at = this.#head; at < this.#line.length; at++) {
      const { state, eventTimeMs } = this.#line[at]!;
      if (state === 'queued' && eventTimeMs < oldest) oldest = eventTimeMs;
    }
    return oldest;
  }

  /**
   * Full of messages that wait for older ones, which cannot come while it is full: then the oldest are let go in
   * steps, as if the rest were the disorder to be expected. A window closed too early is marked incomplete by its
   * claims, and revised when its messages come.
   */
  oldestToLetGo(nowMs: number): number {
    if (nowMs - this.#letGo.atMs >= STEP_MS) {
      const times = Float64Array.from(this.held, ({ eventTimeMs }) => eventTimeMs).sort();
      const eventTimeMs = times[Math.floor(times.length * SHARE_LET_GO)] ?? Number.NEGATIVE_INFINITY;
      this.#letGo = { atMs: nowMs, eventTimeMs };
    }
    return this.#letGo.eventTimeMs;
  }
}
