/** Many messages at a time, of a subscription that hands them out as they come. */
import type { Clock } from '../clock/port.ts';
import type { Delivery, Subscription } from './port.ts';

export class Gathering {
  readonly #subscription: Subscription;
  readonly #clock: Clock;
  /** The pull under way, whose answer may come after we stopped waiting for it. */
  #pulling: Promise<readonly Delivery[]> | null = null;

  constructor(subscription: Subscription, clock: Clock) {
    this.#subscription = subscription;
    this.#clock = clock;
  }

  /** One message or more, as soon as there is one; none once the subscription is closed. */
  async next(max: number): Promise<readonly Delivery[]> {
    const deliveries = await this.#pull(max);
    this.#pulling = null;
    return deliveries;
  }

  /** What comes within the time, until it is enough or told to stop. Unit: ms of the clock. */
  async within(ms: number, max: number, stop?: AbortSignal): Promise<readonly Delivery[]> {
    const isDone = new AbortController();
    const either = stop === undefined ? isDone.signal : AbortSignal.any([isDone.signal, stop]);
    const waited = this.#clock.until(this.#clock.now() + ms, either).then(() => null);
    const deliveries: Delivery[] = [];
    try {
      while (deliveries.length < max) {
        const more = await Promise.race([this.#pull(max - deliveries.length), waited]);
        if (more === null) break;
        this.#pulling = null;
        if (more.length === 0) break;
        deliveries.push(...more);
      }
    } finally {
      isDone.abort();
    }
    return deliveries;
  }

  #pull(max: number): Promise<readonly Delivery[]> {
    this.#pulling ??= this.#subscription.pull(max);
    return this.#pulling;
  }
}
