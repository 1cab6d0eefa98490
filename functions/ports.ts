/** Which twin of each port a function runs on, chosen from its settings: each is opened when it is first asked for. */
import type { IncomingMessage } from 'node:http';
import { openEmbeddedBus } from '../connectors/bus/embedded.ts';
import type { MessageBus } from '../connectors/bus/port.ts';
import { openPubSubBus } from '../connectors/bus/pubsub.ts';
import type { Clock } from '../connectors/clock/port.ts';
import { fileMessenger } from '../connectors/messenger/file.ts';
import type { Messenger } from '../connectors/messenger/port.ts';
import { telegramMessenger } from '../connectors/messenger/telegram.ts';
import { openBigtableStore } from '../connectors/state/bigtable.ts';
import type { StateStore } from '../connectors/state/port.ts';
import { openSqliteStore } from '../connectors/state/sqlite.ts';
import { cloudTasks } from '../connectors/tasks/cloud-tasks.ts';
import { openEmbeddedTasks } from '../connectors/tasks/embedded.ts';
import type { TaskQueue } from '../connectors/tasks/port.ts';
import { CHART_QUEUE } from '../schemas/chart-task.ts';
import { bearerOf } from './bearer.ts';
import { oidcOf } from './oidc.ts';
import { readSecret } from './secrets.ts';
import type {
  BusSettings,
  CallerSettings,
  MessengerSettings,
  StateSettings,
  TaskSettings,
} from './settings.ts';

interface Closeable {
  close(): Promise<void>;
}

export class Ports {
  readonly #clock: Clock;
  readonly #opened = new Map<string, Promise<Closeable>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  store(settings: StateSettings): Promise<StateStore> {
    const clock = this.#clock;
    return this.#open('store', async () =>
      settings.kind === 'sqlite'
        ? openSqliteStore({ path: settings.path, clock })
        : openBigtableStore({ ...settings, clock }),
    );
  }

  bus(settings: BusSettings): Promise<MessageBus> {
    const clock = this.#clock;
    return this.#open('bus', async () =>
      settings.kind === 'embedded'
        ? openEmbeddedBus({ dir: settings.dir, clock })
        : openPubSubBus({ ...settings, clock }),
    );
  }

  tasks(settings: TaskSettings): Promise<TaskQueue> {
    return this.#open('tasks', async () =>
      settings.kind === 'embedded'
        ? openEmbeddedTasks({ path: settings.path, clock: this.#clock })
        : cloudTasks({ ...settings, targets: { [CHART_QUEUE]: settings.chartUrl } }),
    );
  }

  messenger(settings: MessengerSettings): Promise<Messenger> {
    return this.#open('messenger', async () =>
      settings.kind === 'file'
        ? fileMessenger({ dir: settings.dir })
        : telegramMessenger({ token: readSecret(settings.token), apiRoot: settings.apiRoot }),
    );
  }

  /** The last opened first; all of them, whatever fails. */
  async close(): Promise<void> {
    const failures: unknown[] = [];
    for (const port of [...this.#opened.values()].reverse()) {
      await port.then((each) => each.close()).catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0) throw failures[0];
  }

  #open<T extends Closeable>(name: string, open: () => Promise<T>): Promise<T> {
    const known = this.#opened.get(name) as Promise<T> | undefined;
    const opening = known ?? open();
    this.#opened.set(name, opening);
    return opening;
  }
}

/** Who may call. @throws ConfigError where nobody could, or a secret cannot be read. */
export function authorizeOf(settings: CallerSettings): (request: IncomingMessage) => Promise<boolean> {
  if (settings.kind === 'oidc') return oidcOf(settings);
  const isRight = bearerOf(readSecret(settings.secret));
  return async (request) => isRight(request);
}
