import { afterEach, describe, expect, it, vi } from 'vitest';
import { acceleratedClock } from '../../connectors/clock/accelerated.ts';
import { systemClock } from '../../connectors/clock/system.ts';
import { BotApi, TOKEN } from '../../connectors/messenger/bot-api.fixture.ts';
import { telegramMessenger } from '../../connectors/messenger/telegram.ts';
import type { StateStore } from '../../connectors/state/port.ts';
import { openSqliteStore } from '../../connectors/state/sqlite.ts';
import { UpstreamError } from '../../schemas/errors.ts';
import { type OutboxInStore, openKeptOutbox } from './kept-outbox.ts';
import { Notifier } from './notifier.ts';
import { NotifierSettings } from './settings.ts';
import { OutboxStore } from './store.ts';
import { START, scalp, tell } from './told.fixture.ts';

const CHAT = '-1001';

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function openStore(): Promise<StateStore> {
  const store = await openSqliteStore({ path: ':memory:', clock: systemClock });
  ends.push(() => store.close());
  return store;
}

/** A store whose writes can be made to fail, after they have happened or before. */
function faulty(store: StateStore) {
  const fault = { next: null as 'before' | 'after' | null };
  const compareAndSet: StateStore['compareAndSet'] = async (...args) => {
    const what = fault.next;
    fault.next = null;
    if (what === 'before') throw new UpstreamError('away');
    const isDone = await store.compareAndSet(...args);
    if (what === 'after') throw new UpstreamError('no answer');
    return isDone;
  };
  const wrapped: StateStore = {
    get: (key) => store.get(key),
    put: (...args) => store.put(...args),
    compareAndSet,
    delete: (key) => store.delete(key),
    scan: (query) => store.scan(query),
    close: () => store.close(),
  };
  return { store: wrapped, fault };
}

const ids = (outbox: OutboxInStore) => outbox.file.all('SELECT id FROM seen ORDER BY id').map(({ id }) => id);
const rows = async (store: StateStore) => (await store.scan({ prefix: 'alert-outbox-change#' })).rows.length;

async function see(outbox: OutboxInStore, ...names: readonly string[]): Promise<void> {
  for (const name of names) {
    new OutboxStore(outbox).see(name, START);
    await outbox.flush();
  }
}

describe('an outbox in the state store', () => {
  it('is the same in the next process, with all that was flushed and no more', async () => {
    const store = await openStore();
    const first = await openKeptOutbox(store);
    const outbox = new OutboxStore(first);
    outbox.transaction(() => {
      outbox.see('a', START);
      outbox.addDelivery({
        thread: 't',
        chat: CHAT,
        kind: 'alert',
        at: START,
        noticed: START,
        isSilent: true,
        due: START,
      });
      outbox.raise('bot', 17);
    });
    await outbox.flush();
    outbox.see('lost', START);
    const second = await openKeptOutbox(store);
    expect(ids(second)).toEqual(['a']);
    const again = new OutboxStore(second);
    expect(again.nextOpen(CHAT)).toEqual({ ...outbox.nextOpen(CHAT) });
    expect(again.highest('bot')).toBe(17);
  });

  it('has no change in its whole that comes behind it again', async () => {
    const store = await openStore();
    const first = await openKeptOutbox(store, 2);
    const outbox = new OutboxStore(first);
    for (const name of ['a', 'b', 'c', 'd']) {
      outbox.see(name, START);
      const flushed = first.flush();
      // Between the change being taken and the whole being written.
      await null;
      await null;
      outbox.see(`${name} meanwhile`, START);
      await flushed;
    }
    expect(ids(await openKeptOutbox(store, 2))).toEqual(ids(first));
  });

  it('belongs to the youngest process: an older one is told, and changes nothing more', async () => {
    const store = await openStore();
    const [first, second] = [await openKeptOutbox(store), await openKeptOutbox(store)];
    await expect(see(first, 'x')).rejects.toThrow('another process');
    await expect(first.flush()).rejects.toThrow(UpstreamError);
    expect([first.isDeposed, second.isDeposed]).toEqual([true, false]);
    await see(second, 'y');
    expect(ids(await openKeptOutbox(store))).toEqual(['y']);
  });

  it('is one process’s of many that open it at once', async () => {
    const store = await openStore();
    const opened = await Promise.all(Array.from({ length: 8 }, () => openKeptOutbox(store)));
    const ended = await Promise.allSettled(opened.map((outbox, i) => see(outbox, `of ${i}`)));
    expect(ended.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(ids(await openKeptOutbox(store))).toHaveLength(1);
  });

  it('is written anew now and then, so that no log grows without end', async () => {
    const store = await openStore();
    const names = Array.from({ length: 100 }, (_, n) => `event ${String(n).padStart(3, '0')}`);
    await see(await openKeptOutbox(store, 10), ...names);
    expect(await rows(store)).toBeLessThan(10);
    expect(ids(await openKeptOutbox(store, 10))).toEqual(names);
  });

  it('does not take the free number of a deleted change for its own', async () => {
    const store = await openStore();
    const old = await openKeptOutbox(store, 3);
    await see(await openKeptOutbox(store, 3), ...'abcdefgh');
    expect(await store.get('alert-outbox-change#000000000002')).toBeNull();
    await expect(see(old, 'x')).rejects.toThrow('another process');
    expect(ids(await openKeptOutbox(store, 3))).toEqual([...'abcdefgh']);
  });

  it.each(['before', 'after'] as const)('goes on where a write failed %s it happened', async (when) => {
    const { store, fault } = faulty(await openStore());
    const outbox = await openKeptOutbox(store);
    await see(outbox, 'a');
    fault.next = when;
    await expect(see(outbox, 'b')).rejects.toThrow(UpstreamError);
    await see(outbox, 'c');
    expect(outbox.isDeposed).toBe(false);
    expect(ids(await openKeptOutbox(store))).toEqual(['a', 'b', 'c']);
  });

  it('waits for nobody’s changes but is told of the failure of its own', async () => {
    const { store, fault } = faulty(await openStore());
    const outbox = await openKeptOutbox(store);
    const stored = new OutboxStore(outbox);
    fault.next = 'before';
    stored.see('a', START);
    const first = outbox.flush();
    stored.see('b', START);
    const second = outbox.flush();
    await expect(first).rejects.toThrow('away');
    await second;
    expect(ids(await openKeptOutbox(store))).toEqual(['a', 'b']);
  });
});

describe('notifiers on one store', () => {
  async function world() {
    const store = await openStore();
    const server = await new BotApi().start();
    ends.push(() => server.stop());
    const clock = acceleratedClock({ start: START, speed: 300, base: systemClock });
    const tasks = { add: async () => 'added' as const, close: async () => {} };
    const start = async () => {
      const messenger = telegramMessenger({ token: TOKEN, apiRoot: server.url });
      const settings = NotifierSettings.parse({ chats: [CHAT], signal: 'on' });
      const path = await openKeptOutbox(store);
      const notifier = new Notifier({ path, messenger, tasks, clock, settings });
      ends.push(() => notifier.close());
      return notifier;
    };
    const alerts = () => server.seen(CHAT).filter(({ buttons }) => buttons.length > 0);
    return { server, start, alerts };
  }

  it('tell an alert once, whichever of them is told of it', async () => {
    const { start, alerts } = await world();
    const old = await start();
    old.take(tell.scalp(scalp(0)));
    await old.flush();
    await vi.waitFor(() => expect(alerts()).toHaveLength(1));
    const young = await start();
    old.take(tell.scalp(scalp(1)));
    await expect(old.flush()).rejects.toThrow(UpstreamError);
    young.take(tell.scalp(scalp(0)));
    young.take(tell.scalp(scalp(1)));
    await young.flush();
    await vi.waitFor(() => expect(young.counts()).toMatchObject({ SENT: 2, oldestOpen: null }), 20_000);
    expect(alerts()).toHaveLength(2);
  });
});
