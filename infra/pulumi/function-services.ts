/** The functions of the list of what runs: one image holds all, and a target says which of them it is. */
import { CHART_QUEUE } from '../../schemas/chart-task.ts';
import { type SubscriptionSettings, subscriptionSettings } from '../../schemas/subscriptions.ts';
import { TOPIC_NAMES, TOPICS } from '../../schemas/topics.ts';
import type { Config } from './config.ts';
import { jsonIn, QUIET, type Service } from './service.ts';

const SMALL = { cpu: '1', memory: '512Mi' } as const;
const ORDERS = { CST_BYBIT_KEY: 'bybit-key', CST_BYBIT_SECRET: 'bybit-secret' } as const;
const TOKEN = { CST_TELEGRAM_TOKEN: 'telegram-token' } as const;

export function functionsOf(config: Config): readonly Service[] {
  const all = [stateSink, tradeDesk, macroEngine, telegramNotifier, telegramWebhook, chartRenderer];
  return [...all, ...(config.tickHistory ? [tickSink] : [])].map((service) => service(config));
}

function target(name: string, { region }: Config, env: Readonly<Record<string, string>> = {}) {
  return {
    ...QUIET,
    ...SMALL,
    name,
    region,
    image: 'functions' as const,
    env: { FUNCTION_TARGET: name, FUNCTION_SOURCE: `functions/${name}/index.ts`, ...env },
  };
}

function stateSink(config: Config): Service {
  return {
    ...target('state-sink', config),
    about: 'Newest of each topic into the state store',
    state: 'writes',
    reachesInternet: false,
    // Snapshots of each second keep it busy: CPU all the time is cheaper then than by the request.
    isAlwaysOn: true,
    instances: { min: 1, max: 10 },
    pushed: readBy('Bigtable'),
    publishes: ['dead-letters'],
  };
}

function tradeDesk(config: Config): Service {
  const { deskParams, broker } = config;
  const isOnAccount = Object.keys(broker).length > 0;
  const params = { ...jsonIn('CST_PARAMS', deskParams), ...jsonIn('CST_BROKER', broker) };
  // Nobody measures the graph there: the desk tells of it by when signals were published.
  const engine = config.tier === 'dataflow' ? { CST_GRAPH_ENGINE: 'dataflow' } : {};
  return {
    ...target('trade-desk', config, { ...instrumentsOf(config), ...engine, ...params }),
    about: 'Rules of position and risk: entries, exits and refusals',
    state: 'writes',
    reachesInternet: isOnAccount,
    // As of the sink: snapshots.
    isAlwaysOn: true,
    // A cold start would be told in the price of an entry.
    instances: { min: 1, max: 10 },
    secrets: isOnAccount ? ORDERS : {},
    pushed: readBy('trade desk'),
    // The next minute's timer is the next attempt.
    timers: [{ path: '/timer', schedule: '* * * * *', deadlineS: 60, retries: 0 }],
    publishes: ['position-events', 'dead-letters'],
  };
}

function macroEngine(config: Config): Service {
  return {
    ...target('macro-engine', config, {
      ...instrumentsOf(config),
      ...jsonIn('CST_PARAMS', config.macroParams),
    }),
    about: 'Bias of each pair and swing signals',
    state: 'reads',
    instances: { min: 0, max: 1 },
    // It waits until the bars are there, and fails rather than decides on less than could be known.
    timers: [{ path: '/', schedule: '*/15 * * * *', deadlineS: 600, retries: 3 }],
    publishes: ['macro-bias-updates', 'trade-signals-macro'],
  };
}

function telegramNotifier(config: Config): Service {
  return {
    ...target('telegram-notifier', config, {
      ...chatsOf(config),
      ...jsonIn('CST_PARAMS', config.notifierParams),
    }),
    about: 'Alerts to Telegram',
    state: 'writes',
    // It sends between requests, too, and of two the younger deposes the other.
    isAlwaysOn: true,
    instances: { min: 1, max: 1 },
    secrets: TOKEN,
    pushed: readBy('notifier'),
    publishes: ['dead-letters'],
    enqueues: [CHART_QUEUE],
  };
}

function telegramWebhook(config: Config): Service {
  const users = config.users.length > 0 ? { CST_USERS: config.users.join(',') } : {};
  return {
    ...target('telegram-webhook', config, { ...chatsOf(config), ...users }),
    about: 'Buttons and commands from Telegram',
    state: 'writes',
    isPublic: true,
    instances: { min: 0, max: 3 },
    secrets: { ...TOKEN, CST_TELEGRAM_WEBHOOK_SECRET: 'telegram-webhook-secret' },
    enqueues: [CHART_QUEUE],
  };
}

function chartRenderer(config: Config): Service {
  return {
    ...target('chart-renderer', config),
    about: 'Charts of signals as pictures',
    state: 'writes',
    instances: { min: 0, max: 5 },
    memory: '1Gi',
    secrets: TOKEN,
    works: [CHART_QUEUE],
  };
}

function tickSink(config: Config): Service {
  return {
    ...target('tick-sink', config),
    about: 'Each trade into history',
    reachesInternet: false,
    // It holds twenty thousand batches at once; whatever it did not manage is the next run's.
    memory: '2Gi',
    instances: { min: 0, max: 1 },
    timers: [{ path: '/', schedule: '*/10 * * * *', deadlineS: 300, retries: 0 }],
    pulls: readBy('tick-sink'),
    publishes: ['dead-letters'],
    loads: ['ticks'],
  };
}

function instrumentsOf({ instruments }: Config) {
  return { CST_INSTRUMENTS: instruments.join(',') };
}

function chatsOf({ chats }: Config) {
  return { CST_CHATS: chats.join(',') };
}

function readBy(reader: string): SubscriptionSettings[] {
  const topics = TOPIC_NAMES.filter((topic) => TOPICS[topic].readers.some((each) => each === reader));
  return topics.map((topic) => subscriptionSettings(topic, reader));
}
