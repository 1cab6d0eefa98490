/** A lease in memory, shared by those that are given it; tests take it away or make its store unreachable. */
import { UpstreamError } from '../../schemas/errors.ts';
import type { Clock } from '../clock/port.ts';
import { type Acquisition, isSameHold, type Lease, type LeaseState, nextHolder } from './port.ts';

export class ManualLease implements Lease {
  readonly #clock: Clock;
  state: LeaseState | null = null;
  /** What each call waits for: reject to make it fail, never settle to make it hang. */
  before: () => Promise<void> = async () => {};

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async read(): Promise<LeaseState | null> {
    await this.before();
    return this.state;
  }

  async tryAcquire(holder: string, ttlMs: number): Promise<Acquisition> {
    await this.before();
    const next = nextHolder(this.state, { holder, ttlMs, nowMs: this.#clock.now(), skewMs: 0 });
    if (!next) return { isAcquired: false, state: this.state! };
    this.state = next;
    return { isAcquired: true, state: next };
  }

  async renew(held: LeaseState, ttlMs: number, position: string): Promise<LeaseState | null> {
    await this.before();
    if (!isSameHold(this.state, held)) return null;
    this.state = { ...held, untilMs: this.#clock.now() + ttlMs, position };
    return this.state;
  }

  async release(held: LeaseState, position: string): Promise<boolean> {
    await this.before();
    if (!isSameHold(this.state, held)) return false;
    this.state = { ...held, untilMs: 0, position };
    return true;
  }

  async close(): Promise<void> {}

  /** The store cannot be reached until it is set anew. */
  failWith(reason: string): void {
    this.before = async () => {
      throw new UpstreamError(reason);
    };
  }
}
