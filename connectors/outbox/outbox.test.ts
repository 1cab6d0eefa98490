import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../clock/manual.ts';
import { fullDisk } from './full-disk.fixture.ts';
import {
  endAll,
  ids,
  MoodyBus,
  message,
  on,
  outboxOn,
  SNAPSHOTS,
  settle,
  TRADES,
  until,
} from './outbox.fixture.ts';
import { openOutbox } from './outbox.ts';

afterEach(endAll);

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
