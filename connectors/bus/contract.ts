/** What every MessageBus keeps to; run against the embedded bus and against a real Pub/Sub client. */
import { afterEach, describe, expect, it } from 'vitest';
import type { TopicName } from '../../schemas/topics.ts';
import { message, pullAll } from './fixture.ts';
import type { Delivery, MessageBus, OutgoingMessage, Subscription } from './port.ts';

export interface BusUnderTest {
  readonly bus: MessageBus;
  /** Closes the bus and opens it again, on what was kept. */
  reopen(): Promise<MessageBus>;
  /** Lets time pass on the clock that deadlines run on. Unit: ms. */
  pass(ms: number): Promise<void>;
  /** A deadline short enough to be waited for. Unit: ms; default 10 s. */
  readonly deadlineMs?: number;
  dispose(): Promise<void>;
}

/** A reason (for people) why the bus does not keep a promise, or true. */
type Kept = true | string;

export interface BusCapabilities {
  /** Hands out a message before those ahead of it in its key are settled. */
  readonly handingAhead: Kept;
  readonly deduplication: Kept;
  readonly backlog: Kept;
  readonly oldestPending: Kept;
  readonly reopening: Kept;
}

const TOPIC: TopicName = 'position-events';
const text = (delivery: OutgoingMessage) => Buffer.from(delivery.data).toString();

/** Pulls one after the other, settling each before the next. */
async function settleAll(
  subscription: Subscription,
  count: number,
  settle: (delivery: Delivery) => void = (delivery) => delivery.ack(),
): Promise<Delivery[]> {
  const got: Delivery[] = [];
  while (got.length < count) {
    const [delivery] = await pullAll(subscription, 1);
    settle(delivery!);
    got.push(delivery!);
  }
  return got;
}

const names = (deliveries: readonly Delivery[], key = '') =>
  deliveries.map(text).filter((name) => name.startsWith(key));

export function testMessageBusContract(
  name: string,
  open: () => Promise<BusUnderTest>,
  capabilities: BusCapabilities,
): void {
  const itKeeps = (capability: keyof BusCapabilities, title: string, test: () => Promise<void>) => {
    const kept = capabilities[capability];
    if (kept === true) it(title, test);
    else it.skip(`${title} [skipped: ${kept}]`, test);
  };

  describe(`MessageBus contract: ${name}`, () => {
    const opened: BusUnderTest[] = [];
    const make = async () => {
      const made = await open();
      opened.push(made);
      return made;
    };
    afterEach(async () => {
      for (const made of opened.splice(0)) await made.dispose();
    });

    it('delivers what was published, whole', async () => {
      const { bus } = await make();
      const subscription = await bus.subscribe(TOPIC, 'reader');
      const sent = { ...message('a1', 1234), data: new Uint8Array([0, 255, 10, 128]) };
      await bus.publish(TOPIC, [sent]);
      const [got] = await pullAll(subscription, 1);
      expect(Buffer.from(got!.data)).toEqual(Buffer.from(sent.data));
      expect(got).toMatchObject({ attributes: sent.attributes, orderingKey: 'a', attempt: 1 });
      expect(got!.messageId).not.toBe('');
      expect(got!.publishTimeMs).toBeGreaterThan(0);
      got!.ack();
    });

    it('waits in pull until there is something', async () => {
      const { bus } = await make();
      const subscription = await bus.subscribe(TOPIC, 'reader');
      const pulling = subscription.pull(10);
      await bus.publish(TOPIC, [message('a1')]);
      expect(names(await pulling)).toEqual(['a1']);
    });

    it('gives every subscription each message, published after it was opened', async () => {
      const { bus } = await make();
      const first = await bus.subscribe(TOPIC, 'first');
      await bus.publish(TOPIC, [message('a1')]);
      const second = await bus.subscribe(TOPIC, 'second');
      await bus.publish(TOPIC, [message('a2')]);
      expect(names(await settleAll(first, 2))).toEqual(['a1', 'a2']);
      expect(names(await pullAll(second, 1))).toEqual(['a2']);
    });

    it('keeps topics apart', async () => {
      const { bus } = await make();
      const subscription = await bus.subscribe(TOPIC, 'reader');
      await bus.subscribe('feed-events', 'reader');
      await bus.publish('feed-events', [message('b1')]);
      await bus.publish(TOPIC, [message('a1')]);
      expect(names(await pullAll(subscription, 1))).toEqual(['a1']);
    });

    it('keeps the order within a key', async () => {
      const { bus } = await make();
      const subscription = await bus.subscribe(TOPIC, 'reader');
      for (let i = 0; i < 10; i++)
        await bus.publish(TOPIC, [message(`a${2 * i}`), message(`b${i}`), message(`a${2 * i + 1}`)]);
      const got = await settleAll(subscription, 30);
      expect(names(got, 'a')).toEqual(Array.from({ length: 20 }, (_, i) => `a${i}`));
      expect(names(got, 'b')).toEqual(Array.from({ length: 10 }, (_, i) => `b${i}`));
    });

    it('redelivers a nacked message before those behind it in its key; other keys go on', async () => {
      const { bus } = await make();
      const subscription = await bus.subscribe(TOPIC, 'reader');
      await bus.publish(
        TOPIC,
        ['a1', 'b1', 'a2', 'a3', 'b2'].map((each) => message(each)),
      );
      const got = await settleAll(subscription, 6, (delivery) => {
        if (text(delivery) === 'a2' && delivery.attempt === 1) delivery.nack();
        else delivery.ack();
      });
      expect(names(got, 'a')).toEqual(['a1', 'a2', 'a2', 'a3']);
      expect(names(got, 'b')).toEqual(['b1', 'b2']);
      expect(got.findLast((delivery) => text(delivery) === 'a2')!.attempt).toBe(2);
    });

    itKeeps(
      'handingAhead',
      'redelivers those handed out behind a nacked message, in order; other keys go on',
      async () => {
        const { bus } = await make();
        const subscription = await bus.subscribe(TOPIC, 'reader');
        await bus.publish(
          TOPIC,
          ['a1', 'b1', 'a2', 'a3', 'b2'].map((each) => message(each)),
        );
        const got = await pullAll(subscription, 5);
        for (const delivery of got)
          if (text(delivery) === 'a1' || text(delivery).startsWith('b')) delivery.ack();
        got.find((delivery) => text(delivery) === 'a2')!.nack();
        await bus.publish(TOPIC, [message('a4'), message('b3')]);
        const again = await pullAll(subscription, 4);
        expect(names(again, 'a')).toEqual(['a2', 'a3', 'a4']);
        expect(names(again, 'b')).toEqual(['b3']);
        expect(again.find((delivery) => text(delivery) === 'a2')!.attempt).toBeGreaterThanOrEqual(2);
      },
    );

    it('redelivers what was not settled by its deadline; a late settlement means nothing', async () => {
      const { bus, pass, deadlineMs = 10_000 } = await make();
      const subscription = await bus.subscribe(TOPIC, 'reader', { ackDeadlineMs: deadlineMs });
      await bus.publish(
        TOPIC,
        ['a1', 'b1'].map((each) => message(each)),
      );
      const got = await pullAll(subscription, 2);
      got.find((delivery) => text(delivery) === 'b1')!.ack();
      const pulling = pullAll(subscription, 1);
      await pass(deadlineMs + 1);
      expect(names(await pulling)).toEqual(['a1']);
      got.find((delivery) => text(delivery) === 'a1')!.ack();
      const again = pullAll(subscription, 1);
      await pass(deadlineMs + 1);
      expect(names(await again)).toEqual(['a1']);
    });

    itKeeps(
      'handingAhead',
      'redelivers those handed out behind what was not settled by its deadline, in order',
      async () => {
        const { bus, pass, deadlineMs = 10_000 } = await make();
        const subscription = await bus.subscribe(TOPIC, 'reader', { ackDeadlineMs: deadlineMs });
        await bus.publish(
          TOPIC,
          ['a1', 'a2', 'b1'].map((each) => message(each)),
        );
        const got = await pullAll(subscription, 3);
        got.find((delivery) => text(delivery) === 'b1')!.ack();
        const pulling = pullAll(subscription, 2);
        await pass(deadlineMs + 1);
        expect(names(await pulling)).toEqual(['a1', 'a2']);
      },
    );

    it('holds back while too many deliveries are unsettled', async () => {
      const { bus } = await make();
      const subscription = await bus.subscribe(TOPIC, 'reader', { maxOutstanding: 2 });
      await bus.publish(
        TOPIC,
        ['a1', 'b1', 'c1'].map((each) => message(each)),
      );
      const got = await pullAll(subscription, 2);
      let next: readonly Delivery[] = [];
      const pulling = subscription.pull(10).then((deliveries) => {
        next = deliveries;
      });
      await new Promise(setImmediate);
      expect(next).toEqual([]);
      got[0]!.ack();
      await pulling;
      expect([...names(got), ...names(next)].sort()).toEqual(['a1', 'b1', 'c1']);
    });

    it('answers pull with nothing once it is closed', async () => {
      const { bus } = await make();
      const subscription = await bus.subscribe(TOPIC, 'reader');
      const pulling = subscription.pull(1);
      await subscription.close();
      await subscription.close();
      expect(await pulling).toEqual([]);
      expect(await subscription.pull(1)).toEqual([]);
    });

    it('closes twice without harm, with pulls waiting', async () => {
      const { bus } = await make();
      const pulling = (await bus.subscribe(TOPIC, 'reader')).pull(1);
      await bus.close();
      await bus.close();
      expect(await pulling).toEqual([]);
    });

    it('hands what a closed subscription had not settled to the next under its name', async () => {
      const { bus } = await make();
      const before = await bus.subscribe(TOPIC, 'reader');
      await bus.publish(
        TOPIC,
        ['a1', 'a2', 'a3'].map((each) => message(each)),
      );
      await settleAll(before, 1);
      await pullAll(before, 1);
      await before.close();
      const after = await bus.subscribe(TOPIC, 'reader');
      expect(names(await settleAll(after, 2))).toEqual(['a2', 'a3']);
    });

    itKeeps('deduplication', 'drops a second message with an id of the topic', async () => {
      const { bus } = await make();
      const subscription = await bus.subscribe(TOPIC, 'reader');
      const other = await bus.subscribe('feed-events', 'reader');
      await bus.publish(TOPIC, [message('a1', 1000, 'x'), message('a2', 1000, 'x')]);
      await bus.publish('feed-events', [message('a3', 1000, 'x')]);
      await bus.publish(TOPIC, [message('a4', 1000, 'x'), message('a5', 1000, 'y')]);
      expect(names(await settleAll(subscription, 2))).toEqual(['a1', 'a5']);
      expect(names(await pullAll(other, 1))).toEqual(['a3']);
    });

    itKeeps('backlog', 'counts what is published and not acknowledged', async () => {
      const { bus } = await make();
      const subscription = await bus.subscribe(TOPIC, 'reader');
      expect(subscription.backlog()).toBe(0);
      await bus.publish(
        TOPIC,
        ['a1', 'a2', 'b1'].map((each) => message(each)),
      );
      expect(subscription.backlog()).toBe(3);
      const got = await pullAll(subscription, 3);
      expect(subscription.backlog()).toBe(3);
      got[1]!.ack();
      got[1]!.ack();
      got[0]!.nack();
      expect(subscription.backlog()).toBe(2);
    });

    itKeeps('oldestPending', 'tells the smallest event time not handed out', async () => {
      const { bus } = await make();
      const subscription = await bus.subscribe(TOPIC, 'reader');
      expect(subscription.oldestPending()).toBeUndefined();
      await bus.publish(TOPIC, [message('a1', 50), message('a2', 20), message('b1', 30), message('b2', 40)]);
      expect(subscription.oldestPending()).toBe(20);
      await pullAll(subscription, 1);
      expect(subscription.oldestPending()).toBe(20);
      const [second] = await pullAll(subscription, 1);
      expect(subscription.oldestPending()).toBe(30);
      await pullAll(subscription, 2);
      expect(subscription.oldestPending()).toBeUndefined();
      second!.nack();
      expect(subscription.oldestPending()).toBe(20);
    });

    itKeeps('reopening', 'keeps messages and acknowledgements over a restart', async () => {
      const { bus, reopen } = await make();
      const before = await bus.subscribe(TOPIC, 'reader');
      await bus.publish(
        TOPIC,
        ['b1', 'a1', 'a2', 'a3'].map((each) => message(each, 7)),
      );
      for (const delivery of await pullAll(before, 2)) if (text(delivery) === 'b1') delivery.ack();
      const again = await reopen();
      await again.publish(TOPIC, [message('a4', 9), message('a2', 9)]);
      const after = await again.subscribe(TOPIC, 'reader');
      if (capabilities.backlog === true) expect(after.backlog()).toBe(4);
      if (capabilities.oldestPending === true) expect(after.oldestPending()).toBe(7);
      expect(names(await settleAll(after, 4))).toEqual(['a1', 'a2', 'a3', 'a4']);
    });
  });
}
