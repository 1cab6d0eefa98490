import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { endAll, ids, MoodyBus, on, outboxOn, SNAPSHOTS, settle, TRADES, until } from './outbox.fixture.ts';

afterEach(endAll);

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

  it('publishes no more than an earlier relay left, also where the disk does not let go of it', async () => {
    const spillDir = mkdtempSync(join(tmpdir(), 'outbox-'));
    const away = new MoodyBus();
    away.mood = 'refuses';
    const { outbox } = await outboxOn(away, { spillDir });
    outbox.put([on(TRADES, 't0')]);
    await outbox.drain(0);
    const bus = new MoodyBus();
    bus.mood = 'hangs';
    const next = await outboxOn(bus, { spillDir, isHeld: true });
    await until(() => bus.tries === 1);
    // What is no file any more cannot be removed as one.
    const [segment = ''] = readdirSync(join(spillDir, TRADES));
    rmSync(join(spillDir, TRADES, segment));
    mkdirSync(join(spillDir, TRADES, segment));
    bus.takeAgain();
    await until(() => next.outbox.stats().lastError !== null);
    next.outbox.put([on(TRADES, 't1')]);
    await next.pass(30_000);
    expect(bus.of(TRADES)).toEqual(['t0']);
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
