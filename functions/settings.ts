/** The settings of the functions, each with the names it is read from. */
import { z } from 'zod';
import type { Environment } from '../connectors/environment.ts';
import { type Complain, type Secret, secretIn } from '../connectors/secret.ts';
import { ChatNumber } from '../schemas/chat-number.ts';
import { pairOf, Venue, VenueSymbol } from '../schemas/primitives.ts';
import { PROJECT_ID } from '../schemas/project-id.ts';
import { json, neededSecret, piece, value, variable } from './environment.ts';

const list = z.string().transform((text) =>
  text
    .split(',')
    .map((word) => word.trim())
    .filter(Boolean),
);
const HOST_PORT = z
  .string()
  .regex(/^[^:/]+:\d+$/)
  .optional();
const URL_HTTP = z.url({ protocol: /^https?$/ }).optional();
const NAME = z.string().regex(/^[a-zA-Z][\w.-]{0,99}$/);
const PROJECT = [
  'GOOGLE_CLOUD_PROJECT',
  z.string().regex(PROJECT_ID),
  'the id of a Google Cloud project',
] as const;

export type StateSettings =
  | { readonly kind: 'sqlite'; readonly path: string }
  | {
      readonly kind: 'bigtable';
      readonly project: string;
      readonly instance: string;
      readonly table: string;
      readonly appProfile: string | undefined;
      readonly endpoint: string | undefined;
    };

function readState(from: Environment, complain: Complain): StateSettings {
  const path = from.CST_STATE_FILE;
  if (path !== undefined) return { kind: 'sqlite', path };
  const one = <S extends z.ZodType>(...what: readonly [string, S, string]) => variable(from, complain, what);
  return {
    kind: 'bigtable',
    project: one(...PROJECT),
    instance: one('CST_BIGTABLE_INSTANCE', NAME, 'the id of a Bigtable instance (or CST_STATE_FILE)'),
    table: one('CST_BIGTABLE_TABLE', NAME, 'the id of the state table'),
    appProfile: one('CST_BIGTABLE_APP_PROFILE', NAME.optional(), 'the id of an app profile'),
    endpoint: one('BIGTABLE_EMULATOR_HOST', HOST_PORT, 'host:port'),
  };
}

/** CST_STATE_FILE, or Bigtable's. */
export const STATE = piece(readState);

/** The outbox of alerts: a file, on a disk that outlives the process, or the state store. */
export const OUTBOX = piece<{ readonly kind: 'file'; readonly path: string } | StateSettings>(
  (from, complain) => {
    const path = from.CST_OUTBOX_FILE;
    if (path === undefined) return readState(from, complain);
    // Its disk is memory.
    if (from.K_SERVICE !== undefined) {
      complain('CST_OUTBOX_FILE', 'expected none on Cloud Run, whose disk ends with the process, got one');
    }
    return { kind: 'file', path };
  },
);

export type BusSettings =
  | { readonly kind: 'embedded'; readonly dir: string }
  | { readonly kind: 'pubsub'; readonly project: string; readonly endpoint: string | undefined };

/** CST_BUS_DIR, or Pub/Sub's. */
export const BUS = piece<BusSettings>((from, complain) => {
  const dir = from.CST_BUS_DIR;
  if (dir !== undefined) return { kind: 'embedded', dir };
  return {
    kind: 'pubsub',
    project: variable(from, complain, PROJECT),
    endpoint: variable(from, complain, ['PUBSUB_EMULATOR_HOST', HOST_PORT, 'host:port']),
  };
});

export type HistorySettings =
  | { readonly kind: 'duckdb'; readonly path: string }
  | {
      readonly kind: 'bigquery';
      readonly project: string;
      readonly dataset: string;
      readonly apiEndpoint: string | undefined;
    };

/** CST_HISTORY_FILE, or BigQuery's. */
export const HISTORY = piece<HistorySettings>((from, complain) => {
  const path = from.CST_HISTORY_FILE;
  if (path !== undefined) return { kind: 'duckdb', path };
  const one = <S extends z.ZodType>(...what: readonly [string, S, string]) => variable(from, complain, what);
  return {
    kind: 'bigquery',
    project: one(...PROJECT),
    dataset: one('CST_HISTORY_DATASET', NAME, 'the dataset of history (or CST_HISTORY_FILE)'),
    apiEndpoint: one('CST_BIGQUERY_ENDPOINT', URL_HTTP, 'the address of a server like BigQuery'),
  };
});

export type CallerSettings =
  | { readonly kind: 'secret'; readonly secret: Secret }
  | {
      readonly kind: 'oidc';
      readonly audience: string;
      readonly callers: readonly string[];
      readonly certsUrl: string | undefined;
    };

/** Who may call: accounts that Google vouches for; outside Google's cloud whoever knows a secret. */
export const CALLERS = piece<CallerSettings>((from, complain) => {
  const secret = secretIn(from, 'CST_CALLER_SECRET', complain);
  const isOidc = from.CST_AUDIENCE !== undefined || from.CST_CALLERS !== undefined;
  if (secret && isOidc)
    complain('CST_CALLER_SECRET', 'expected it, or CST_AUDIENCE and CST_CALLERS, got both');
  if (secret) return { kind: 'secret', secret };
  const emails = list.pipe(z.array(z.email()).min(1));
  return {
    kind: 'oidc',
    audience: variable(from, complain, ['CST_AUDIENCE', z.string(), 'what callers’ tokens are signed for']),
    callers: variable(from, complain, [
      'CST_CALLERS',
      emails,
      'e-mails of service accounts, with commas between',
    ]),
    certsUrl: variable(from, complain, ['CST_OIDC_CERTS_URL', URL_HTTP, 'an address of certificates']),
  };
});

export type TaskSettings =
  | { readonly kind: 'embedded'; readonly path: string }
  | {
      readonly kind: 'cloud';
      readonly project: string;
      readonly location: string;
      readonly chartUrl: string;
      readonly signer: string | null;
      readonly endpoint: string | undefined;
    };

/** CST_TASKS_FILE, or Cloud Tasks'. */
export const TASKS = piece<TaskSettings>((from, complain) => {
  const path = from.CST_TASKS_FILE;
  if (path !== undefined) return { kind: 'embedded', path };
  const one = <S extends z.ZodType>(...what: readonly [string, S, string]) => variable(from, complain, what);
  const endpoint = one('CST_TASKS_ENDPOINT', URL_HTTP, 'the address of a server like Cloud Tasks');
  // Only a server of tests takes tasks that nobody signs.
  const signer = endpoint === undefined ? z.email() : z.email().optional();
  return {
    kind: 'cloud',
    project: one(...PROJECT),
    location: one('CST_TASKS_LOCATION', NAME, 'the region of the queues (or CST_TASKS_FILE)'),
    chartUrl: one('CST_CHART_URL', z.url({ protocol: /^https?$/ }), 'the address of the chart renderer'),
    signer: one('CST_TASKS_SIGNER', signer, 'the account that tasks are signed as') ?? null,
    endpoint,
  };
});

export type MessengerSettings =
  | { readonly kind: 'file'; readonly dir: string }
  | { readonly kind: 'telegram'; readonly token: Secret; readonly apiRoot: string | undefined };

/** CST_MESSAGES_DIR, or Telegram's. */
export const MESSENGER = piece<MessengerSettings>((from, complain) => {
  const dir = from.CST_MESSAGES_DIR;
  if (dir !== undefined) return { kind: 'file', dir };
  const apiRoot = variable(from, complain, ['CST_TELEGRAM_API', URL_HTTP, 'the address of a Bot API server']);
  return { kind: 'telegram', token: neededSecret(from, 'CST_TELEGRAM_TOKEN', complain), apiRoot };
});

export const CHATS = value(
  'CST_CHATS',
  list.pipe(z.array(ChatNumber).min(1)),
  'numbers of chats, with commas between',
);
export const USERS = value(
  'CST_USERS',
  list.pipe(z.array(z.string().regex(/^\d{1,20}$/))).default([]),
  'numbers of people, with commas between',
);

const Instrument = z
  .string()
  .regex(/^\w+:[^:]+$/)
  .transform((text) => ({
    venue: text.slice(0, text.indexOf(':')),
    symbol: text.slice(text.indexOf(':') + 1),
  }))
  .pipe(z.object({ venue: Venue, symbol: VenueSymbol }));
const Instruments = list.pipe(z.array(Instrument));
const INSTRUMENTS_ARE = 'venue:symbol, with commas between, e.g. bybit:BTCUSDT,kraken:BTC/USDT';
/** By pair: the first is the one that is traded, the next ones stand in for it. */
export const INSTRUMENTS = value(
  'CST_INSTRUMENTS',
  Instruments.refine((all) => all.length > 0).transform((all) =>
    [...Map.groupBy(all, ({ symbol }) => pairOf(symbol))].map(([pair, [first, ...others]]) => ({
      pair,
      instruments: [first!, ...others] as const,
    })),
  ),
  INSTRUMENTS_ARE,
);
/** The same, where it may be that none is traded. */
export const TRADED = value('CST_INSTRUMENTS', Instruments.default([]), INSTRUMENTS_ARE);
/** As they were written: what is wrong with them matters where a book lives on an account. */
export const BROKER = json('CST_BROKER', z.looseObject({}));

/** Where an exchange is asked instead of at its own address, by venue. */
export const REST_URLS = json('CST_REST_URLS', z.partialRecord(Venue, z.url({ protocol: /^https?$/ })));

/** What the graph runs on: `dataflow` measures no stage of a signal itself. */
export const GRAPH_ENGINE = value(
  'CST_GRAPH_ENGINE',
  z.enum(['node', 'dataflow']).default('node'),
  'node or dataflow',
);
