/**
 * `telegram-notifier` on Cloud Run functions, always on with one instance: Pub/Sub pushes its topics to it. Its outbox is
 * kept in the state store; on a machine with a disk that stays it may be a file. Of two instances, say while a new
 * version is deployed, the younger deposes the other.
 */
import { serveFunction } from '../entry.ts';
import { json } from '../environment.ts';
import { authorizeOf, type Ports } from '../ports.ts';
import { BUS, CALLERS, CHATS, MESSENGER, OUTBOX, TASKS } from '../settings.ts';
import { notifierHandler } from './handler.ts';
import { type OutboxInStore, openKeptOutbox } from './kept-outbox.ts';
import { Notifier } from './notifier.ts';
import { NotifierSettings } from './settings.ts';

type OutboxSettings = (typeof OUTBOX)['_output'];

async function outboxOf(settings: OutboxSettings, ports: Ports): Promise<string | OutboxInStore> {
  return settings.kind === 'file' ? settings.path : openKeptOutbox(await ports.store(settings));
}

await serveFunction({
  name: 'telegram-notifier',
  environment: process.env,
  settings: {
    bus: BUS,
    callers: CALLERS,
    tasks: TASKS,
    messenger: MESSENGER,
    chats: CHATS,
    outbox: OUTBOX,
    settings: json('CST_PARAMS', NotifierSettings.omit({ chats: true })),
  },
  async open(
    { bus, callers, tasks, messenger, chats, settings, outbox },
    { ports, clock, meter, stages, notice, onError },
  ) {
    const authorize = authorizeOf(callers);
    const [open, queue, sender, path] = await Promise.all([
      ports.bus(bus),
      ports.tasks(tasks),
      ports.messenger(messenger),
      outboxOf(outbox, ports),
    ]);
    const notifier = new Notifier({
      path,
      clock,
      tasks: queue,
      messenger: sender,
      settings: { ...settings, chats },
      meter,
      stages,
      onTrouble: notice,
    });
    return {
      handler: notifierHandler({ notifier, bus: open, stages, authorize, onError }),
      health: () => ({ outbox: notifier.counts() }),
      isWell: () => typeof path === 'string' || !path.isDeposed,
      close: () => notifier.close(),
    };
  },
});
