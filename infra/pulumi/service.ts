/** What is to be said of one thing that runs. */
import { CHART_QUEUE } from '../../schemas/chart-task.ts';
import type { SubscriptionSettings } from '../../schemas/subscriptions.ts';
import type { TableName } from '../../schemas/tables.ts';
import type { TopicName } from '../../schemas/topics.ts';
import type { Image } from './config.ts';

/** Kept in Secret Manager; whoever deploys adds their values, which never pass through Pulumi. */
export const SECRETS = {
  'telegram-token': 'Token of the Telegram bot, from @BotFather.',
  'telegram-webhook-secret': 'What Telegram shows when it calls the webhook: any 32 letters and digits.',
  'bybit-key': 'API key of the account that real orders go to.',
  'bybit-secret': 'Its secret.',
  'deadman-url': 'Address outside Google that misses us when we are silent.',
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

/** What collects metrics beside each service takes as much. */
export const COLLECTOR = { cpu: '0.1', memory: '256Mi' } as const;

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
export const QUIET = {
  state: 'nothing',
  lease: null,
  isPair: false,
  isAlwaysOn: false,
  isPublic: false,
  reachesInternet: true,
  args: [],
  env: {},
  secrets: {},
  publishes: [],
  pushed: [],
  pulls: [],
  loads: [],
  enqueues: [],
  works: [],
  timers: [],
} as const;

/** A variable of the environment, or a parameter; none where there is nothing to say. */
export function jsonIn(name: string, value: object): Record<string, string> {
  return Object.keys(value).length > 0 ? { [name]: JSON.stringify(value) } : {};
}
