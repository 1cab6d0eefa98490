/**
 * The one list of what runs. Accounts, rights, push subscriptions, timers and services derive from it. Pure: what is known
 * only once something is made (addresses, accounts) is added by environment.ts.
 */
import { CHART_QUEUE } from '../../schemas/chart-task.ts';
import {
  GRAPH_INPUTS,
  type SubscriptionSettings,
  subscriptionSettings,
} from '../../schemas/subscriptions.ts';
import type { TableName } from '../../schemas/tables.ts';
import { TOPIC_NAMES, TOPICS, type TopicName } from '../../schemas/topics.ts';
import type { Config, Image } from './config.ts';

/** Kept in Secret Manager; whoever deploys adds their values, which never pass through Pulumi. */
export const SECRETS = {
  'telegram-token': 'Token of the Telegram bot, from @BotFather.',
  'telegram-webhook-secret': 'What Telegram shows when it calls the webhook: any 32 letters and digits.',
  'bybit-key': 'API key of the account that real orders go to.',
  'bybit-secret': 'Its secret.',
} as const;
export type SecretName = keyof typeof SECRETS;

export const QUEUES = [CHART_QUEUE] as const;
export type QueueName = (typeof QUEUES)[number];

export interface Timer {
  readonly path: string;
  /** As cron has it, UTC. */
  readonly schedule: string;
  /** An attempt that takes longer has failed. Unit: s. */
  readonly deadlineS: number;
  /** Attempts after one that failed. */
  readonly retries: number;
}

interface Size {
  readonly instances: { readonly min: number; readonly max: number };
  /** Has its CPU between requests, too. */
  readonly isAlwaysOn: boolean;
  readonly cpu: string;
  readonly memory: string;
}

export interface Service extends Size {
  /** Of the service and of its account. */
  readonly name: string;
  readonly about: string;
  readonly image: Image;
  readonly region: string;
  /** Runs twice, as NAME-a and NAME-b, which share its lease. */
  readonly isPair: boolean;
  /** Object in the bucket. */
  readonly lease: string | null;
  /** In place of the image's own. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Variable → secret. */
  readonly secrets: Readonly<Record<string, SecretName>>;
  readonly publishes: readonly TopicName[];
  /** Subscriptions that push to it. */
  readonly pushed: readonly SubscriptionSettings[];
  /** Subscriptions that it pulls. */
  readonly pulls: readonly SubscriptionSettings[];
  /** What it does with the state store. */
  readonly state: 'reads' | 'writes' | 'nothing';
  /** Tables of history that it loads. */
  readonly loads: readonly TableName[];
  /** Queues that it adds tasks to. */
  readonly enqueues: readonly QueueName[];
  /** Queues whose tasks are posted to it. */
  readonly works: readonly QueueName[];
  /** When Scheduler posts to it. */
  readonly timers: readonly Timer[];
  /** Whether it speaks to exchanges or Telegram; what does not has no way there. */
  readonly reachesInternet: boolean;
  /** Anybody may call; it checks a secret of its own. */
  readonly isPublic: boolean;
}

/** What every service is, where its own line does not say otherwise. */
const QUIET = {
  state: 'nothing',
  lease: null,
  ...{ isPair: false, isAlwaysOn: false, isPublic: false, reachesInternet: true },
  ...{ args: [], env: {}, secrets: {}, publishes: [], pushed: [], pulls: [] },
  ...{ loads: [], enqueues: [], works: [], timers: [] },
} as const;

const ONE = { min: 1, max: 1 } as const;
const SMALL = { cpu: '1', memory: '512Mi' } as const;
const GRAPH_OUTPUTS = [
  'market-candles',
  'market-levels',
  'market-features',
  'trade-signals-micro',
  'dead-letters',
] as const;
const ORDERS = { CST_BYBIT_KEY: 'bybit-key', CST_BYBIT_SECRET: 'bybit-secret' } as const;

export function servicesOf(config: Config): readonly Service[] {
  return [...config.relays.map((relay) => relayOf(relay, config)), graphOf(config), ...functionsOf(config)];
}

function relayOf(
  { venue, region, symbols, universe }: Config['relays'][number],
  { project }: Config,
): Service {
  const lease = `relay/${venue}`;
  const streams = symbols.length > 0 ? ['--symbols', symbols.join(',')] : ['--universe', String(universe)];
  return {
    ...QUIET,
    name: `relay-${venue}`,
    about: `Trades, books and funding of ${venue}`,
    image: 'relay',
    region,
    ...{ isPair: true, lease },
    isAlwaysOn: true,
    instances: ONE,
    ...{ cpu: '1', memory: '1Gi' },
    args: [
      ...['--venue', venue, ...streams, '--bus', 'pubsub', '--copies', '2', '--health-port', '8080'],
      ...['--lease', `gs://${bucketName(project)}/${lease}`],
    ],
    publishes: ['raw-tick-data', 'book-snapshots', 'feed-events', 'dead-letters'],
  };
}

/** The graph, in either tier with the same account, so that the same may do the same. */
function graphOf({ tier, region }: Config): Service {
  return {
    ...QUIET,
    name: 'graph',
    about: 'Candles, levels and scalp signals from trades',
    image: tier === 'single-node' ? 'node' : 'worker',
    region,
    isAlwaysOn: true,
    // Two would share the messages, and neither would see a whole minute.
    instances: ONE,
    ...{ cpu: '2', memory: '4Gi' },
    args: tier === 'single-node' ? ['--bus', 'pubsub', '--health-port', '8080'] : [],
    pulls: GRAPH_INPUTS.map((topic) => subscriptionSettings(topic, 'graph')),
    publishes: GRAPH_OUTPUTS,
  };
}

/** One image holds all; which of them runs is told by its target. */
function functionsOf(config: Config): readonly Service[] {
  const { region, chats, users, deskParams, macroParams, notifierParams, broker } = config;
  const target = (name: string) => ({
    ...{ ...QUIET, ...SMALL, name, region, image: 'functions' as const },
    env: { FUNCTION_TARGET: name, FUNCTION_SOURCE: `functions/${name}/index.ts` },
  });
  const told = { CST_CHATS: chats.join(','), ...(users.length > 0 && { CST_USERS: users.join(',') }) };
  const instruments = { CST_INSTRUMENTS: config.instruments.join(',') };
  const [sink, desk, macro] = [target('state-sink'), target('trade-desk'), target('macro-engine')];
  const [notifier, webhook, charts] = [
    target('telegram-notifier'),
    target('telegram-webhook'),
    target('chart-renderer'),
  ];
  const isOnAccount = Object.keys(broker).length > 0;
  return [
    {
      ...sink,
      about: 'Newest of each topic into the state store',
      state: 'writes',
      reachesInternet: false,
      // Snapshots of each second keep it busy: CPU all the time is cheaper then than by the request.
      isAlwaysOn: true,
      instances: { min: 1, max: 10 },
      pushed: readBy('Bigtable'),
      publishes: ['dead-letters'],
    },
    {
      ...desk,
      about: 'Rules of position and risk: entries, exits and refusals',
      state: 'writes',
      // As of the sink: snapshots.
      isAlwaysOn: true,
      // A cold start would be told in the price of an entry.
      instances: { min: 1, max: 10 },
      env: {
        ...desk.env,
        ...instruments,
        ...jsonIn('CST_PARAMS', deskParams),
        ...jsonIn('CST_BROKER', broker),
      },
      secrets: isOnAccount ? ORDERS : {},
      pushed: readBy('trade desk'),
      // The next minute's timer is the next attempt.
      timers: [{ path: '/timer', schedule: '* * * * *', deadlineS: 60, retries: 0 }],
      reachesInternet: isOnAccount,
      publishes: ['position-events', 'dead-letters'],
    },
    {
      ...macro,
      about: 'Bias of each pair and swing signals',
      state: 'reads',
      instances: { min: 0, max: 1 },
      env: { ...macro.env, ...instruments, ...jsonIn('CST_PARAMS', macroParams) },
      // It waits until the bars are there, and fails rather than decides on less than could be known.
      timers: [{ path: '/', schedule: '*/15 * * * *', deadlineS: 600, retries: 3 }],
      publishes: ['macro-bias-updates', 'trade-signals-macro'],
    },
    {
      ...notifier,
      about: 'Alerts to Telegram',
      state: 'writes',
      // It sends between requests, too, and of two the younger deposes the other.
      isAlwaysOn: true,
      instances: ONE,
      env: { ...notifier.env, CST_CHATS: told.CST_CHATS, ...jsonIn('CST_PARAMS', notifierParams) },
      secrets: { CST_TELEGRAM_TOKEN: 'telegram-token' },
      pushed: readBy('notifier'),
      publishes: ['dead-letters'],
      enqueues: [CHART_QUEUE],
    },
    {
      ...webhook,
      about: 'Buttons and commands from Telegram',
      state: 'writes',
      isPublic: true,
      instances: { min: 0, max: 3 },
      env: { ...webhook.env, ...told },
      secrets: {
        CST_TELEGRAM_TOKEN: 'telegram-token',
        CST_TELEGRAM_WEBHOOK_SECRET: 'telegram-webhook-secret',
      },
      enqueues: [CHART_QUEUE],
    },
    {
      ...charts,
      about: 'Charts of signals as pictures',
      state: 'writes',
      instances: { min: 0, max: 5 },
      memory: '1Gi',
      secrets: { CST_TELEGRAM_TOKEN: 'telegram-token' },
      works: [CHART_QUEUE],
    },
    ...(config.tickHistory ? [tickSinkOf(target('tick-sink'))] : []),
  ];
}

function tickSinkOf<T extends object>(sink: T) {
  return {
    ...sink,
    about: 'Each trade into history',
    reachesInternet: false,
    // It holds fifty thousand batches at once; whatever it did not manage is the next run's.
    memory: '2Gi',
    instances: { min: 0, max: 1 },
    timers: [{ path: '/', schedule: '*/10 * * * *', deadlineS: 300, retries: 0 }],
    pulls: readBy('tick-sink'),
    publishes: ['dead-letters'] as const,
    loads: ['ticks'] as const,
  };
}

/** Holds the relays' leases, and what Dataflow writes for a while. */
export function bucketName(project: string): string {
  return `${project.replace(/^.*:/, '')}-cst`;
}

function readBy(reader: string): SubscriptionSettings[] {
  const topics = TOPIC_NAMES.filter((topic) => TOPICS[topic].readers.some((each) => each === reader));
  return topics.map((topic) => subscriptionSettings(topic, reader));
}

function jsonIn(name: string, value: object): Record<string, string> {
  return Object.keys(value).length > 0 ? { [name]: JSON.stringify(value) } : {};
}
