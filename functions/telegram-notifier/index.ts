/**
 * `telegram-notifier`: Pub/Sub pushes its topics to it. Its outbox is a SQLite file that one process holds, so that this
 * is not for instances that come and go: it needs a machine, or a container with a disk that outlives it (Compute Engine,
 * GKE with a volume of one writer). It refuses to start without the file's name, and where another process holds it. It is
 * not for Cloud Run, whose own disk is memory and whose volumes lock nothing.
 */
import { z } from 'zod';
import { ConfigError } from '../../schemas/errors.ts';
import { serveFunction } from '../entry.ts';
import { json, value } from '../environment.ts';
import { authorizeOf } from '../ports.ts';
import { BUS, CALLERS, CHATS, MESSENGER, TASKS } from '../settings.ts';
import { notifierHandler } from './handler.ts';
import { Notifier } from './notifier.ts';
import { NotifierSettings } from './settings.ts';

/** Set on Cloud Run. */
const onCloudRun = process.env.K_SERVICE !== undefined;

await serveFunction({
  name: 'telegram-notifier',
  environment: process.env,
  settings: {
    ...{ bus: BUS, callers: CALLERS, tasks: TASKS, messenger: MESSENGER, chats: CHATS },
    settings: json('CST_PARAMS', NotifierSettings.omit({ chats: true })),
    path: value('CST_OUTBOX_FILE', z.string(), 'a file on a disk that outlives the process'),
  },
  async open({ bus, callers, tasks, messenger, chats, settings, path }, { ports, clock, log, onError }) {
    if (onCloudRun) throw new ConfigError('Expected a machine with a disk that stays, got Cloud Run.');
    const authorize = authorizeOf(callers);
    const [open, queue, sender] = await Promise.all([
      ports.bus(bus),
      ports.tasks(tasks),
      ports.messenger(messenger),
    ]);
    const notifier = new Notifier({
      ...{ path, clock, tasks: queue, messenger: sender, settings: { ...settings, chats } },
      onTrouble: (line) => log('WARNING', line),
    });
    return {
      handler: notifierHandler({ notifier, bus: open, authorize, onError }),
      health: () => ({ outbox: notifier.counts() }),
      close: () => notifier.close(),
    };
  },
});
