import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../clock/manual.ts';
import { openEmbeddedBus } from '../embedded.ts';
import { message } from '../fixture.ts';
import type { MessageBus, Subscription } from '../port.ts';
import { RecentIds } from '../recent-ids.ts';
import { AckRanges } from './ack-ranges.ts';
import { DeliveryModel, numberOf } from './delivery.model.ts';
import { PendingTimes } from './pending-times.ts';

const DEADLINE_MS = 50;
const step = fc.oneof(
  fc.record({
    do: fc.constant('publish' as const),
    keys: fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 6 }),
  }),
  fc.record({ do: fc.constant('pull' as const), max: fc.integer({ min: 1, max: 5 }) }),
  fc.record({ do: fc.constantFrom('ack' as const, 'nack' as const), pick: fc.nat() }),
  fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 80 }) }),
);

type Step =
  | (typeof step extends fc.Arbitrary<infer T> ? T : never)
  | { readonly do: 'reopen'; readonly isWhole: boolean };

/** The bus and its oracle side by side. */
class Scenario {
  readonly #clock: ManualClock;
  readonly #model = new DeliveryModel();
  readonly #open: () => Promise<MessageBus>;
  #bus: MessageBus;
  #subscription: Subscription;
  #next = 0;

  private constructor(
    open: () => Promise<MessageBus>,
    bus: MessageBus,
    subscription: Subscription,
    clock: ManualClock,
  ) {
    this.#open = open;
    this.#bus = bus;
    this.#subscription = subscription;
    this.#clock = clock;
  }

  /** On disk everything is as small as can be, so that messages are read back, files rolled and freed. */
  static async start(dir: string | null): Promise<Scenario> {
    const clock = new ManualClock(1_000_000);
    const limits = { segmentBytes: 300, tailBytes: 5, dedupWindowMs: 20 };
    const open = () => openEmbeddedBus({ dir, clock, ...(dir === null ? {} : limits) });
    const bus = await open();
    return new Scenario(open, bus, await subscribe(bus), clock);
  }

  async take(action: Step): Promise<void> {
    if (action.do === 'publish') await this.#publish(action.keys);
    else if (action.do === 'pull') await this.#pull(action.max);
    else if (action.do === 'wait') {
      await this.#clock.advanceTo(this.#clock.now() + action.ms);
      this.#model.expire(this.#clock.now());
    } else if (action.do === 'reopen') await this.#reopen(action.isWhole);
    else this.#settle(action.do, action.pick);
    expect(this.#subscription.backlog()).toBe(this.#model.backlog());
  }

  async finish(): Promise<void> {
    while (this.#model.pending() > 0) await this.#pull(10);
    for (let i = this.#model.deliveries.length; i > 0; i--) this.#settle('ack', i - 1);
    expect(this.#subscription.backlog()).toBe(0);
    await this.#bus.close();
  }

  /** The subscription anew, or the whole bus, which memory alone does not outlive. */
  async #reopen(isWhole: boolean): Promise<void> {
    await this.#subscription.close();
    if (isWhole) {
      await this.#bus.close();
      this.#bus = await this.#open();
    }
    this.#subscription = await subscribe(this.#bus);
    this.#model.restart();
  }

  async #publish(keys: readonly string[]): Promise<void> {
    const messages = keys.map((key) => {
      this.#model.publish(key, this.#next);
      return message(`${key}${this.#next++}`);
    });
    await this.#bus.publish('position-events', messages);
  }

  async #pull(max: number): Promise<void> {
    if (this.#model.pending() === 0) return;
    for (const delivery of await this.#subscription.pull(max)) {
      expect(numberOf(delivery)).toBe(this.#model.deliver(delivery, this.#clock.now() + DEADLINE_MS));
    }
  }

  #settle(how: 'ack' | 'nack', pick: number): void {
    const { deliveries } = this.#model;
    if (deliveries.length === 0) return;
    const index = pick % deliveries.length;
    deliveries[index]!.delivery[how]();
    this.#model[how](index);
  }
}

const subscribe = (bus: MessageBus) =>
  bus.subscribe('position-events', 'reader', { ackDeadlineMs: DEADLINE_MS });

describe('delivers each key in order, and everything in the end, whatever is acked, nacked or left', () => {
  const reopening = (isWhole: boolean) => fc.constant({ do: 'reopen' as const, isWhole });
  const holds = (again: fc.Arbitrary<Step>, folder: () => string | null) =>
    fc.asyncProperty(
      fc.array(fc.oneof({ weight: 9, arbitrary: step }, again), { maxLength: 60 }),
      async (steps) => {
        const dir = folder();
        const scenario = await Scenario.start(dir);
        for (const action of steps) await scenario.take(action);
        await scenario.finish();
        if (dir !== null) rmSync(dir, { recursive: true, force: true });
      },
    );

  it('in memory, with the subscription opened anew', async () => {
    await fc.assert(
      holds(reopening(false), () => null),
      { seed: 1, numRuns: 300 },
    );
  });

  it('on disk, with the bus opened anew', async () => {
    await fc.assert(
      holds(reopening(true), () => mkdtempSync(join(tmpdir(), 'cst-bus-'))),
      { seed: 2, numRuns: 60 },
    );
  });
});

describe('AckRanges', () => {
  it('agrees with a set of numbers', () => {
    const range = fc.tuple(fc.nat(40), fc.nat(6));
    const property = fc.property(fc.array(range, { maxLength: 30 }), fc.nat(45), (ranges, end) => {
      const acks = new AckRanges();
      const set = new Set<number>();
      for (const [from, length] of ranges) {
        acks.add(from, from + length);
        for (let i = from; i < from + length; i++) set.add(i);
      }
      const agree = () => {
        let floor = 0;
        while (set.has(floor)) floor++;
        expect(acks.floor).toBe(floor);
        expect(acks.count).toBe(set.size);
        for (let i = 0; i < 50; i++) expect(acks.has(i)).toBe(set.has(i));
      };
      agree();
      acks.clamp(end);
      for (const i of set) if (i >= end) set.delete(i);
      agree();
    });
    fc.assert(property, { seed: 1, numRuns: 300 });
  });
});

describe('PendingTimes', () => {
  it('agrees with the minimum of the queue', () => {
    const property = fc.property(fc.array(fc.tuple(fc.nat(20), fc.nat(3)), { maxLength: 60 }), (steps) => {
      const times = new PendingTimes();
      const queue: { offset: number; time: number }[] = [];
      let cursor = 0;
      steps.forEach(([time, passed], offset) => {
        times.push(offset, time);
        queue.push({ offset, time });
        cursor = Math.min(cursor + passed, offset + 1);
        times.dropBefore(cursor);
        const left = queue.filter((each) => each.offset >= cursor).map((each) => each.time);
        expect(times.smallest()).toBe(left.length > 0 ? Math.min(...left) : undefined);
      });
    });
    fc.assert(property, { seed: 1, numRuns: 300 });
  });
});

describe('RecentIds', () => {
  it('knows an id for its window, and holds no more than it may', () => {
    const ids = new RecentIds({ windowMs: 100, maxIds: 10 });
    expect(ids.add('x', 0)).toBe(true);
    expect(ids.add('x', 99)).toBe(false);
    expect(ids.add('y', 99)).toBe(true);
    expect(ids.add('y', 198)).toBe(false);
    expect(ids.add('x', 300)).toBe(true);
    for (let i = 0; i < 10; i++) expect(ids.add(`n${i}`, 300)).toBe(true);
    expect(ids.add('n9', 300)).toBe(false);
    expect(ids.add('x', 300)).toBe(true);
    ids.forget('x');
    expect(ids.add('x', 300)).toBe(true);
  });
});
