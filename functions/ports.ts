/** Which twin of each port a function runs on, chosen from its settings: each is loaded and opened when it is first asked for. */
import type { IncomingMessage } from 'node:http';
import type { MessageBus } from '../connectors/bus/port.ts';
import type { Clock } from '../connectors/clock/port.ts';
import type { History } from '../connectors/history/port.ts';
import type { Messenger } from '../connectors/messenger/port.ts';
import type { Meter } from '../connectors/metrics/meter.ts';
import { countPublished } from '../connectors/metrics/published.ts';
import { readSecret } from '../connectors/secret.ts';
import type { StateStore } from '../connectors/state/port.ts';
import type { TaskQueue } from '../connectors/tasks/port.ts';
import type { Stages } from '../connectors/telemetry/stages.ts';
import { tracedBus } from '../connectors/telemetry/traced-bus.ts';
import { CHART_QUEUE } from '../schemas/chart-task.ts';
import { bearerOf } from './bearer.ts';
import { oidcOf } from './oidc.ts';
import type {
  BusSettings,
  CallerSettings,
  HistorySettings,
  MessengerSettings,
  StateSettings,
  TaskSettings,
} from './settings.ts';

interface Closeable {
  close(): Promise<void>;
}

export interface PortsOptions {
  readonly clock: Clock;
  readonly meter: Meter;
  readonly stages: Stages;
}

/** Nothing is loaded that is not used: a function that was asleep starts the sooner. */
export class Ports {
  readonly #clock: Clock;
  readonly #meter: Meter;
  readonly #stages: Stages;
  readonly #opened = new Map<string, Promise<Closeable>>();

  constructor({ clock, meter, stages }: PortsOptions) {
    this.#clock = clock;
    this.#meter = meter;
    this.#stages = stages;
  }

  store(settings: StateSettings): Promise<StateStore> {
    const clock = this.#clock;
    return this.#open('store', async () => {
      if (settings.kind === 'sqlite') {
        const { openSqliteStore } = await import('../connectors/state/sqlite.ts');
        return openSqliteStore({ path: settings.path, clock });
      }
      const { openBigtableStore } = await import('../connectors/state/bigtable.ts');
      return openBigtableStore({ ...settings, clock });
    });
  }

  bus(settings: BusSettings): Promise<MessageBus> {
    return this.#open('bus', async () =>
      countPublished(tracedBus(await this.#busOf(settings), this.#stages), this.#meter, this.#clock),
    );
  }

  async #busOf(settings: BusSettings): Promise<MessageBus> {
    const clock = this.#clock;
    if (settings.kind === 'embedded') {
      const { openEmbeddedBus } = await import('../connectors/bus/embedded.ts');
      return openEmbeddedBus({ dir: settings.dir, clock });
    }
    const { openPubSubBus } = await import('../connectors/bus/pubsub.ts');
    return openPubSubBus({ ...settings, clock });
  }

  /** For rows that come by the million: on BigQuery a row that is written twice is there twice. */
  history(settings: HistorySettings): Promise<Pick<History, 'insert' | 'close'>> {
    return this.#open<Pick<History, 'insert' | 'close'>>('history', async () => {
      if (settings.kind === 'duckdb') {
        const { openDuckDbHistory } = await import('../connectors/history/duckdb.ts');
        return openDuckDbHistory({ path: settings.path, isLean: true });
      }
      const { bigQueryAppender } = await import('../connectors/history/bigquery.ts');
      return bigQueryAppender(settings);
    });
  }

  tasks(settings: TaskSettings): Promise<TaskQueue> {
    return this.#open<TaskQueue>('tasks', async () => {
      if (settings.kind === 'embedded') {
        const { openEmbeddedTasks } = await import('../connectors/tasks/embedded.ts');
        return openEmbeddedTasks({ path: settings.path, clock: this.#clock });
      }
      const { cloudTasks } = await import('../connectors/tasks/cloud-tasks.ts');
      return cloudTasks({ ...settings, targets: { [CHART_QUEUE]: settings.chartUrl } });
    });
  }

  messenger(settings: MessengerSettings): Promise<Messenger> {
    return this.#open('messenger', async () => {
      if (settings.kind === 'file') {
        const { fileMessenger } = await import('../connectors/messenger/file.ts');
        return fileMessenger({ dir: settings.dir });
      }
      const { telegramMessenger } = await import('../connectors/messenger/telegram.ts');
      return telegramMessenger({ token: readSecret(settings.token), apiRoot: settings.apiRoot });
    });
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
