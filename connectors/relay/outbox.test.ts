import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { standardAttributes } from '../../schemas/pubsub-message.ts';
import type { TopicName } from '../../schemas/topics.ts';
import type { OutgoingMessage } from '../bus/port.ts';
import { ManualClock } from '../clock/manual.ts';
import type { FeedMessages } from './feed-io.ts';
import { fullDisk } from './full-disk.fixture.ts';
import { type Outbox, openOutbox } from './outbox.ts';
import type { OutboxOptions } from './outbox-options.ts';

const TRADES = 'raw-tick-data';
const SNAPSHOTS = 'book-snapshots';

/** A bus that hangs, refuses or takes, as it is told. */
class MoodyBus {
  mood: 'takes' | 'hangs' | 'refuses' = 'takes';
  readonly taken: [TopicName, string][] = [];
  readonly underWay = new Map<TopicName, number>();
  readonly #hanging: (() => void)[] = [];
  tries = 0;

  async publish(topic: TopicName, messages: readonly OutgoingMessage[]): Promise<void> {
    this.tries += 1;
    this.underWay.set(topic, (this.underWay.get(topic) ?? 0) + 1);
    expect(this.underWay.get(topic)).toBe(1);
    try {
      if (this.mood === 'hangs') await new Promise<void>((go) => this.#hanging.push(go));
      if (this.mood === 'refuses') throw new Error('the bus is away');
      for (const { attributes } of messages) this.taken.push([topic, attributes.id!]);
    } finally {
      this.underWay.set(topic, this.underWay.get(topic)! - 1);
    }
  }

  takeAgain(): void {
    this.mood = 'takes';
    for (const go of this.#hanging.splice(0)) go();
  }

  of(topic: TopicName): string[] {
    return this.taken.filter(([on]) => on === topic).map(([, id]) => id);
  }
}

const message = (id: string, size = 100): OutgoingMessage => ({
  data: Buffer.alloc(size),
  attributes: standardAttributes(id, 1_000),
  orderingKey: 'bybit:BTCUSDT',
});
const on = (topic: TopicName, ...ids: string[]): FeedMessages => ({
  topic,
  messages: ids.map((id) => message(id)),
});
const ids = (prefix: string, from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => `${prefix}${from + i}`);
/** Promises run. */
const settle = async () => {
  for (let i = 0; i < 10; i++) await new Promise(setImmediate);
};
/** Files are written. */
const until = async (isDone: () => boolean) => {
  for (let i = 0; i < 5_000 && !isDone(); i++) await new Promise((done) => setTimeout(done, 1));
  expect(isDone()).toBe(true);
};

const open: Outbox[] = [];
afterEach(async () => {
  for (const outbox of open.splice(0)) await outbox.drain(0).catch(() => {});
});

async function outboxOn(bus: MoodyBus, options: Partial<OutboxOptions> = {}) {
  const clock = new ManualClock(1_000_000);
  const dropped: string[] = [];
  const log: string[] = [];
  const outbox = await openOutbox({
    bus,
    clock,
    spillDir: mkdtempSync(join(tmpdir(), 'outbox-')),
    onDropped: ({ messages }) => dropped.push(...messages.map(({ attributes }) => attributes.id!)),
    log: (line) => log.push(line),
    ...options,
  });
  open.push(outbox);
  const pass = async (ms: number) => {
    for (let left = ms; left > 0; left -= 250) {
      await clock.advanceTo(clock.now() + Math.min(250, left));
      await settle();
    }
  };
  return { outbox, clock, dropped, log, pass };
}

describe('an outbox', () => {
  it('publishes each topic in order, one publish at a time, and never waits', async () => {
    const bus = new MoodyBus();
    bus.mood = 'hangs';
    const { outbox } = await outboxOn(bus);
    for (let i = 0; i < 50; i++) outbox.put([on(TRADES, `t${i}`), on('feed-events', `e${i}`)]);
    await settle();
    expect(bus.tries).toBe(2);
    bus.takeAgain();
    await settle();
    expect(bus.of(TRADES)).toEqual(ids('t', 0, 50));
    expect(bus.of('feed-events')).toEqual(ids('e', 0, 50));
    expect(outbox.stats()).toMatchObject({ depth: 0, bytes: 0, published: 100, oldestAgeMs: null });
  });

  it('tries again what a bus refuses, and says so once', async () => {
    const bus = new MoodyBus();
    bus.mood = 'refuses';
    const { outbox, log, pass } = await outboxOn(bus);
    outbox.put([on(TRADES, 't0')]);
    await pass(1_000);
    outbox.put([on(TRADES, 't1')]);
    expect(bus.tries).toBeGreaterThan(2);
    expect(outbox.stats().lastError).toBe('Cannot publish to raw-tick-data: the bus is away');
    bus.takeAgain();
    await pass(2_000);
    expect(bus.of(TRADES)).toEqual(['t0', 't1']);
    expect(log).toEqual(['Cannot publish to raw-tick-data: the bus is away']);
    expect(outbox.stats().lastError).toBeNull();
  });

  it('publishes a snapshot after all trades that were put before it', async () => {
    const bus = new MoodyBus();
    bus.mood = 'hangs';
    const { outbox } = await outboxOn(bus);
    outbox.put([on(TRADES, 't0'), on(SNAPSHOTS, 's0')]);
    outbox.put([on(TRADES, 't1'), on(SNAPSHOTS, 's1')]);
    await settle();
    expect(bus.tries).toBe(1);
    bus.takeAgain();
    await settle();
    expect(bus.taken.map(([, id]) => id)).toEqual(['t0', 's0', 't1', 's1']);
  });
});

describe('a bus that stands still', () => {
  it('pauses sockets first; after that trades go to disk, and sockets are read again', async () => {
    const bus = new MoodyBus();
    bus.mood = 'hangs';
    const { outbox, pass } = await outboxOn(bus);
    outbox.put([on(TRADES, 't0')]);
    outbox.put([on(TRADES, ...ids('t', 1, 10)), on('feed-events', 'e0')]);
    await pass(1_750);
    expect(outbox.pressure()).toBe('calm');
    await pass(500);
    expect(outbox.pressure()).toBe('pause');
    await pass(4_500);
    expect([outbox.pressure(), outbox.stats().spilledMessages]).toEqual(['pause', 0]);
    await pass(500);
    await until(() => outbox.stats().spilledMessages === 9);
    // t0 and e0 are with the bus.
    expect(outbox.stats()).toMatchObject({ pressure: 'calm', spilledMessages: 9, depth: 11 });
    outbox.put([on(TRADES, ...ids('t', 10, 20))]);
    await pass(60_000);
    await until(() => outbox.stats().spilledMessages === 19);
    expect(outbox.stats()).toMatchObject({ pressure: 'calm', spilledMessages: 19, bytes: 800 });
    bus.takeAgain();
    outbox.put([on(TRADES, 't20')]);
    await until(() => outbox.stats().depth === 0);
    expect(bus.of(TRADES)).toEqual(ids('t', 0, 21));
    expect(outbox.stats()).toMatchObject({ depth: 0, spilledBytes: 0, pressure: 'calm' });
  });

  it('is waited for with as many snapshots as fit; older ones are dropped and told, and others wait for the claims', async () => {
    const bus = new MoodyBus();
    const { outbox, pass, dropped } = await outboxOn(bus, { snapshotBytes: 4_000 });
    outbox.put([on(TRADES, 't0')]);
    await settle();
    bus.mood = 'hangs';
    outbox.put([on(TRADES, 't1'), on(SNAPSHOTS, ...ids('s', 0, 20))]);
    await pass(5_000);
    expect(dropped).toEqual([]);
    await pass(2_500);
    expect(dropped).toEqual(ids('s', 0, 13));
    outbox.put([on('feed-events', 'DROPPED')]);
    bus.takeAgain();
    await pass(250);
    outbox.put([on(TRADES, 'claims')]);
    await settle();
    expect(bus.of(SNAPSHOTS)).toEqual([]);
    await pass(1_000);
    const inOrder = bus.taken.map(([, id]) => id).filter((id) => id !== 'DROPPED');
    expect(inOrder).toEqual(['t0', 't1', 'claims', ...ids('s', 13, 20)]);
    expect(outbox.stats()).toMatchObject({ dropped: 13, depth: 0 });
  });

  it('takes no more memory the longer it does', async () => {
    const bus = new MoodyBus();
    bus.mood = 'refuses';
    const { outbox, pass, dropped } = await outboxOn(bus, { snapshotBytes: 10_000 });
    let most = 0;
    for (let second = 0; second < 600; second++) {
      const trades = { topic: TRADES, messages: [message(`t${second}`, 50_000)] } as const;
      outbox.put([trades, on(SNAPSHOTS, `s${second}`)]);
      await pass(250);
      if (second > 60) await until(() => outbox.stats().bytes < 400_000);
      if (second > 60) most = Math.max(most, outbox.stats().bytes);
    }
    expect(most).toBeLessThan(600_000);
    expect(dropped.length).toBeGreaterThan(500);
    bus.takeAgain();
    for (let i = 0; i < 100 && outbox.stats().depth > 0; i++) {
      outbox.put([on(TRADES)]);
      await pass(500);
      await new Promise((done) => setTimeout(done, 5));
    }
    expect(bus.of(TRADES)).toEqual(ids('t', 0, 600));
    expect([...dropped, ...bus.of(SNAPSHOTS)]).toEqual(ids('s', 0, 600));
  });

  it('and a full disk pause sockets, say so, and lose nothing', async () => {
    const bus = new MoodyBus();
    bus.mood = 'hangs';
    const disk = fullDisk();
    const { outbox, pass, log } = await outboxOn(bus, { openFile: disk.openFile });
    disk.leaveBytes(200);
    outbox.put([on(TRADES, 't0')]);
    outbox.put([on(TRADES, ...ids('t', 1, 10))]);
    await pass(8_000);
    await until(() => outbox.stats().lastError !== null);
    expect(outbox.stats()).toMatchObject({ pressure: 'pause', spilledMessages: 0, depth: 10 });
    expect(outbox.stats().lastError).toMatch(/ENOSPC.*Free some space/);
    expect(log.filter((line) => line.includes('ENOSPC'))).toHaveLength(1);
    disk.leaveBytes(Number.POSITIVE_INFINITY);
    await until(() => {
      void pass(250);
      return outbox.stats().spilledMessages === 9;
    });
    expect(outbox.pressure()).toBe('calm');
    bus.takeAgain();
    await until(() => outbox.stats().depth === 0);
    expect(bus.of(TRADES)).toEqual(ids('t', 0, 10));
  });

  it('and a disk that is full now and then say so once a minute', async () => {
    const bus = new MoodyBus();
    bus.mood = 'hangs';
    const disk = fullDisk();
    const { outbox, pass, log } = await outboxOn(bus, { openFile: disk.openFile });
    let trades = 0;
    const refusedAndTaken = async () => {
      disk.leaveBytes(10);
      outbox.put([on(TRADES, `t${trades++}`)]);
      await pass(8_000);
      await until(() => outbox.stats().lastError !== null);
      disk.leaveBytes(Number.POSITIVE_INFINITY);
      await until(() => {
        void pass(250);
        return outbox.stats().lastError === null;
      });
    };
    outbox.put([on(TRADES, `t${trades++}`)]);
    for (let i = 0; i < 3; i++) await refusedAndTaken();
    expect(log.filter((line) => line.includes('ENOSPC'))).toHaveLength(1);
    await pass(60_000);
    await refusedAndTaken();
    expect(log.filter((line) => line.includes('ENOSPC'))).toHaveLength(2);
    bus.takeAgain();
    await until(() => outbox.stats().depth === 0);
    expect(bus.of(TRADES)).toEqual(ids('t', 0, trades));
  });

  it('pauses sockets for good where there is no disk, and takes all when it is back', async () => {
    const bus = new MoodyBus();
    bus.mood = 'hangs';
    const { outbox, pass } = await outboxOn(bus, { spillDir: null });
    outbox.put([on(TRADES, 't0')]);
    await pass(60_000);
    expect(outbox.pressure()).toBe('pause');
    bus.takeAgain();
    await pass(500);
    expect([outbox.pressure(), bus.of(TRADES)]).toEqual(['calm', ['t0']]);
  });

  it('that is only slow goes through the disk, in order', async () => {
    const bus = new MoodyBus();
    const { outbox, pass } = await outboxOn(bus, { maxBytes: 40_000, patienceMs: 500 });
    let isOver = false;
    const trickle = (async () => {
      for (let i = 0; !isOver; i++) {
        bus.mood = i % 8 === 0 ? 'takes' : 'refuses';
        await settle();
      }
    })();
    for (let i = 0; i < 100; i++) {
      outbox.put([{ topic: TRADES, messages: [message(`t${i}`, 2_000)] }]);
      await pass(250);
    }
    isOver = true;
    await trickle;
    bus.takeAgain();
    await until(() => {
      void pass(250);
      return outbox.stats().depth === 0;
    });
    expect(bus.of(TRADES)).toEqual(ids('t', 0, 100));
  });
});

describe('draining', () => {
  it('ends as soon as all is published', async () => {
    const bus = new MoodyBus();
    const { outbox } = await outboxOn(bus);
    outbox.put([on(TRADES, 't0'), on(SNAPSHOTS, 's0')]);
    await outbox.drain(10_000);
    expect(bus.taken.map(([, id]) => id)).toEqual(['t0', 's0']);
  });

  it('leaves on disk what a bus does not take; it comes first after a restart', async () => {
    const bus = new MoodyBus();
    bus.mood = 'hangs';
    const spillDir = mkdtempSync(join(tmpdir(), 'outbox-'));
    const { outbox, pass, log } = await outboxOn(bus, { spillDir });
    outbox.put([on(TRADES, 't0')]);
    outbox.put([on(TRADES, 't1'), on(SNAPSHOTS, 's0')]);
    await expect(
      openOutbox({ bus, clock: new ManualClock(), spillDir, onDropped: () => {} }),
    ).rejects.toThrow(/in use/);
    const draining = outbox.drain(10_000);
    await pass(10_000);
    await draining;
    expect(log.at(-1)).toMatch(/Left 3 messages in .* for the next relay/);
    const later = new MoodyBus();
    const next = await outboxOn(later, { spillDir });
    next.outbox.put([on(TRADES, 't2'), on(SNAPSHOTS, 's1')]);
    await until(() => next.outbox.stats().depth === 0);
    expect(later.taken.map(([, id]) => id)).toEqual(['t0', 't1', 't2', 's0', 's1']);
  });

  it('says what is lost where there is no disk', async () => {
    const bus = new MoodyBus();
    bus.mood = 'refuses';
    const { outbox, pass } = await outboxOn(bus, { spillDir: null });
    outbox.put([on(TRADES, 't0')]);
    const draining = expect(outbox.drain(1_000)).rejects.toThrow(/publish 1 messages.*the bus is away/);
    await pass(1_000);
    await draining;
  });

  it('says what is lost where the disk is full', async () => {
    const bus = new MoodyBus();
    bus.mood = 'refuses';
    const disk = fullDisk();
    const { outbox, pass } = await outboxOn(bus, { openFile: disk.openFile });
    disk.leaveBytes(10);
    outbox.put([on(TRADES, 't0', 't1')]);
    const draining = expect(outbox.drain(1_000)).rejects.toThrow(/leave 2 messages .*ENOSPC.*They are lost/);
    await pass(1_000);
    await draining;
  });
});

describe('an outbox that is held', () => {
  it('keeps messages, on disk where they are many, forgets what another has published, and goes on in order', async () => {
    const bus = new MoodyBus();
    const { outbox, pass } = await outboxOn(bus, { isHeld: true, maxBytes: 20_000 });
    for (let i = 0; i < 100; i++) {
      outbox.put([on(TRADES, `t${i}`), on(SNAPSHOTS, `s${i}`)]);
      if (i % 10 === 0) await pass(250);
    }
    await pass(1_000);
    await until(() => outbox.stats().spilledMessages > 0);
    expect([bus.tries, outbox.pressure()]).toEqual([0, 'calm']);
    await outbox.forget((_, { attributes }) => Number(attributes.id!.slice(1)) < 30);
    const published: string[] = [];
    outbox.release(
      (_, each) => ({ ...each, attributes: { ...each.attributes, id: `${each.attributes.id}!` } }),
      (topic, messages) =>
        published.push(...(topic === TRADES ? messages : []).map(({ attributes }) => attributes.id!)),
    );
    await until(() => outbox.stats().depth === 0);
    const trades = bus.of(TRADES);
    expect(trades.at(-1)).toBe('t99!');
    expect(trades).toEqual(ids('t', 100 - trades.length, 100).map((id) => `${id}!`));
    expect(trades.length).toBeGreaterThanOrEqual(70);
    expect(published).toHaveLength(trades.length);
    expect(bus.of(SNAPSHOTS)).toEqual(ids('s', 30, 100).map((id) => `${id}!`));
  });

  it('pauses sockets where there is no disk and memory is full, until another has published', async () => {
    const held = { isHeld: true, maxBytes: 20_000, spillDir: null };
    const { outbox, pass } = await outboxOn(new MoodyBus(), held);
    outbox.put([on(TRADES, ...ids('t', 0, 40))]);
    await pass(1_000);
    expect(outbox.pressure()).toBe('calm');
    outbox.put([on(TRADES, ...ids('t', 40, 60))]);
    await pass(1_000);
    expect(outbox.pressure()).toBe('pause');
    await outbox.forget((_, { attributes }) => Number(attributes.id!.slice(1)) < 50);
    await pass(250);
    expect([outbox.pressure(), outbox.stats().depth]).toEqual(['calm', 10]);
  });

  it('publishes what an earlier relay left, and only that', async () => {
    const spillDir = mkdtempSync(join(tmpdir(), 'outbox-'));
    const away = new MoodyBus();
    away.mood = 'refuses';
    const { outbox } = await outboxOn(away, { spillDir });
    outbox.put([on(TRADES, 't0', 't1'), on(SNAPSHOTS, 's0')]);
    await outbox.drain(0);
    const bus = new MoodyBus();
    const next = await outboxOn(bus, { spillDir, isHeld: true });
    next.outbox.put([on(TRADES, 't2'), on(SNAPSHOTS, 's1')]);
    await until(() => bus.taken.length === 3);
    await next.outbox.forget((_, { attributes }) => attributes.id === 's1');
    await next.pass(1_000);
    expect(bus.taken.map(([, id]) => id)).toEqual(['t0', 't1', 's0']);
    expect(next.outbox.stats().depth).toBe(1);
  });

  it('publishes nothing more once it is held again, but for what is under way', async () => {
    const bus = new MoodyBus();
    bus.mood = 'hangs';
    const { outbox, pass } = await outboxOn(bus);
    outbox.put([on(TRADES, 't0')]);
    await settle();
    outbox.put([on(TRADES, 't1')]);
    outbox.hold();
    bus.takeAgain();
    await pass(5_000);
    expect(bus.of(TRADES)).toEqual(['t0']);
    outbox.release(
      (_, each) => each,
      () => {},
    );
    await settle();
    expect(bus.of(TRADES)).toEqual(['t0', 't1']);
  });
});
