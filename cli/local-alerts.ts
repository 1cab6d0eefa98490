/** What reaches people from a stack: notifier, charts, and the commands of a bot, on one messenger. */
import { join } from 'node:path';
import type { MessageBus } from '../connectors/bus/port.ts';
import { systemClock } from '../connectors/clock/system.ts';
import type { Notice } from '../connectors/log-line.ts';
import type { Messenger } from '../connectors/messenger/port.ts';
import { type Meter, sample } from '../connectors/metrics/meter.ts';
import type { StateStore } from '../connectors/state/port.ts';
import { type EmbeddedTasks, openEmbeddedTasks } from '../connectors/tasks/embedded.ts';
import type { Stages } from '../connectors/telemetry/stages.ts';
import { ChartRenderer } from '../functions/chart-renderer/chart-renderer.ts';
import type { Notifier } from '../functions/telegram-notifier/notifier.ts';
import { runNotifier } from '../functions/telegram-notifier/subscriber.ts';
import { CHART_QUEUE } from '../schemas/chart-task.ts';
import type { Close } from './close-in-order.ts';
import { CONSOLE_CHAT, localMessenger, type TelegramAccess } from './local-messenger.ts';
import type { MarketSource } from './market-source.ts';
import type { StackConfig } from './stack-config.ts';
import { ALERTS, FUNCTION_FILES } from './stack-folders.ts';

export interface LocalAlertsOptions {
  readonly bus: MessageBus;
  readonly stages?: Stages;
  readonly meter?: Meter | undefined;
  readonly source: MarketSource;
  readonly config: StackConfig;
  /** Folder of state, tasks and alerts. */
  readonly dir: string;
  /** Null: alerts go to the console and the folder alone. */
  readonly telegram: TelegramAccess | null;
  /** Told in a sentence what a person should know. */
  readonly notice: Notice;
  /** Told the file of each chart, and what it shows. */
  readonly onChart: (path: string, title: string) => void;
}

interface Ports {
  readonly store: StateStore;
  readonly messenger: Messenger;
  readonly tasks: EmbeddedTasks;
}

/** An alert is out before its bar is in the store: the chart is tried again at once. */
const CHART_BACKOFF = { firstMs: 100, maxMs: 300_000 };
const TOLD_FROM = 5;

/** People, and Telegram’s limits, live in the machine’s time, whatever the market’s. */
export async function openAlerts(
  options: LocalAlertsOptions,
  store: StateStore,
  onClose: (close: Close) => void,
): Promise<Notifier> {
  const { bus, stages, meter, config, dir, telegram, notice, onChart } = options;
  const messenger = await localMessenger({ dir: join(dir, ALERTS), telegram, onPicture: onChart });
  onClose(() => messenger.close());
  const tasks = openTasks(options);
  const charts = chartRenderer(options, { store, messenger });
  onClose(() => charts.close());
  onClose(() => tasks.close());
  const { notifier, close } = await runNotifier({
    bus,
    messenger,
    tasks,
    stages,
    meter,
    clock: systemClock,
    path: join(dir, FUNCTION_FILES.outbox),
    settings: { ...config.notifier, chats: [CONSOLE_CHAT, ...(telegram?.chats ?? [])] },
    unlimited: [CONSOLE_CHAT],
    onTrouble: (line) => notice(line),
  });
  onClose(close);
  tasks.work(CHART_QUEUE, (attempt) => charts.handle(attempt));
  if (telegram !== null) {
    const commands = await openCommands(telegram, options, { store, messenger, tasks }, notifier);
    onClose(() => commands.close());
  }
  return notifier;
}

function openTasks({ dir, meter, notice }: LocalAlertsOptions): EmbeddedTasks {
  const tasks = openEmbeddedTasks({
    path: join(dir, FUNCTION_FILES.tasks),
    clock: systemClock,
    backoff: CHART_BACKOFF,
    onFailure: ({ name, attempt, reason }) => {
      if (attempt >= TOLD_FROM) notice(`Chart ${name}: ${reason}`);
    },
  });
  meter?.read(() => {
    const { waiting, givenUp } = tasks.count(CHART_QUEUE);
    const queue = { queue: CHART_QUEUE };
    return [sample('cst_tasks_waiting', waiting, queue), sample('cst_tasks_given_up', givenUp, queue)];
  });
  return tasks;
}

function chartRenderer(
  { source, stages, meter, notice }: LocalAlertsOptions,
  { store, messenger }: Pick<Ports, 'store' | 'messenger'>,
): ChartRenderer {
  const { venue, restUrl } = source.adapter;
  const rest = source.adapter.rest({ baseUrl: restUrl, clock: systemClock });
  return new ChartRenderer({
    store,
    messenger,
    clock: source.clock,
    venue,
    stages,
    meter,
    onNotice: (line) => notice(line),
    exchange: (query) => rest.klines(query),
  });
}

/** Loaded for a stack with a bot alone. */
async function openCommands(
  telegram: TelegramAccess,
  { source, notice }: LocalAlertsOptions,
  ports: Ports,
  notifier: Notifier,
): Promise<{ close: Close }> {
  const { runTelegramPolling } = await import('../functions/telegram-webhook/polling.ts');
  return runTelegramPolling({
    ...telegram,
    ...ports,
    clock: source.clock,
    realClock: systemClock,
    onMessage: (chat, messageId) => notifier.noteMessage(chat, messageId),
    onTrouble: notice,
  });
}
