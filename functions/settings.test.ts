import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Environment } from '../connectors/environment.ts';
import { readSecret } from '../connectors/secret.ts';
import { ConfigError } from '../schemas/errors.ts';
import { json, secret, settingsOf } from './environment.ts';
import { BUS, CALLERS, CHATS, INSTRUMENTS, MESSENGER, OUTBOX, STATE, TASKS, USERS } from './settings.ts';

const CLOUD = { GOOGLE_CLOUD_PROJECT: 'my-project' };
const one = <S extends z.ZodType<unknown, Environment>>(piece: S, environment: Environment) =>
  settingsOf({ it: piece }, environment).it;

/** What is said of each variable. */
function complaint(pieces: Parameters<typeof settingsOf>[0], environment: Environment): string {
  try {
    settingsOf(pieces, environment);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as Error).message;
  }
  return '';
}

describe('settings', () => {
  it.each<[string, z.ZodType<unknown, Environment>, Environment, unknown]>([
    ['a state file', STATE, { CST_STATE_FILE: 's.db' }, { kind: 'sqlite', path: 's.db' }],
    [
      'Bigtable',
      STATE,
      { ...CLOUD, CST_BIGTABLE_INSTANCE: 'state', CST_BIGTABLE_TABLE: 'state' },
      {
        kind: 'bigtable',
        project: 'my-project',
        instance: 'state',
        table: 'state',
        appProfile: undefined,
        endpoint: undefined,
      },
    ],
    ['an outbox on disk', OUTBOX, { CST_OUTBOX_FILE: 'o.db' }, { kind: 'file', path: 'o.db' }],
    ['an outbox in a store', OUTBOX, { CST_STATE_FILE: 's.db' }, { kind: 'sqlite', path: 's.db' }],
    ['a bus on disk', BUS, { CST_BUS_DIR: 'bus', ...CLOUD }, { kind: 'embedded', dir: 'bus' }],
    [
      'an emulator of Pub/Sub',
      BUS,
      { ...CLOUD, PUBSUB_EMULATOR_HOST: 'localhost:8085' },
      { kind: 'pubsub', project: 'my-project', endpoint: 'localhost:8085' },
    ],
    [
      'accounts that call',
      CALLERS,
      { CST_AUDIENCE: 'https://f', CST_CALLERS: 'a@b.iam.gserviceaccount.com, c@d.com,' },
      {
        kind: 'oidc',
        audience: 'https://f',
        certsUrl: undefined,
        callers: ['a@b.iam.gserviceaccount.com', 'c@d.com'],
      },
    ],
    [
      'Cloud Tasks',
      TASKS,
      {
        ...CLOUD,
        CST_TASKS_LOCATION: 'europe-west1',
        CST_TASKS_SIGNER: 'a@b.com',
        CST_CHART_URL: 'https://charts.example',
      },
      {
        kind: 'cloud',
        project: 'my-project',
        location: 'europe-west1',
        signer: 'a@b.com',
        chartUrl: 'https://charts.example',
        endpoint: undefined,
      },
    ],
    ['a folder of messages', MESSENGER, { CST_MESSAGES_DIR: 'm' }, { kind: 'file', dir: 'm' }],
    ['chats', CHATS, { CST_CHATS: '-1001, 7' }, ['-1001', '7']],
    ['no users', USERS, { CST_USERS: '' }, []],
    [
      'instruments',
      INSTRUMENTS,
      { CST_INSTRUMENTS: 'bybit:BTCUSDT,bybit:ETHUSDT,kraken:XBT/USDT' },
      [
        {
          pair: 'BTCUSDT',
          instruments: [
            { venue: 'bybit', symbol: 'BTCUSDT' },
            { venue: 'kraken', symbol: 'XBT/USDT' },
          ],
        },
        { pair: 'ETHUSDT', instruments: [{ venue: 'bybit', symbol: 'ETHUSDT' }] },
      ],
    ],
    ['parameters', json('P', z.strictObject({ a: z.number().default(1) })), { P: '{"a":2}' }, { a: 2 }],
    ['no parameters', json('P', z.strictObject({ a: z.number().default(1) })), {}, { a: 1 }],
  ])('reads %s', (_, piece, environment, expected) => {
    expect(one(piece, environment)).toEqual(expected);
  });

  it('tells all that is wrong at once, each variable once, and no value', () => {
    const pieces = { state: STATE, bus: BUS, tasks: TASKS, chats: CHATS, callers: CALLERS };
    const text = complaint(pieces, {
      GOOGLE_CLOUD_PROJECT: 'NO PROJECT',
      CST_CHATS: 'hidden',
      CST_CALLERS: 'hidden',
      PUBSUB_EMULATOR_HOST: 'http://hidden',
      CST_CHART_URL: 'ftp://hidden',
    });
    expect(text.match(/GOOGLE_CLOUD_PROJECT/g)).toHaveLength(1);
    for (const name of [
      ...['CST_BIGTABLE_INSTANCE', 'CST_BIGTABLE_TABLE', 'PUBSUB_EMULATOR_HOST', 'CST_TASKS_LOCATION'],
      ...['CST_TASKS_SIGNER', 'CST_CHART_URL', 'CST_CHATS', 'CST_AUDIENCE', 'CST_CALLERS'],
    ])
      expect(text).toContain(`${name}: expected`);
    expect(text).not.toMatch(/hidden|NO PROJECT/);
  });

  it.each<[string, z.ZodType<unknown, Environment>, Environment, string]>([
    ['no JSON', json('P', z.object({})), { P: '{hidden' }, 'P: expected JSON'],
    ['a parameter that is none', json('P', z.strictObject({})), { P: '{"wrong":1}' }, 'wrong'],
    ['a secret and accounts', CALLERS, { CST_CALLER_SECRET: 'x', CST_AUDIENCE: 'y' }, 'got both'],
    ['tasks that nobody signs', TASKS, { ...CLOUD, CST_TASKS_LOCATION: 'x' }, 'CST_TASKS_SIGNER'],
    ['a file that Cloud Run would lose', OUTBOX, { CST_OUTBOX_FILE: 'o.db', K_SERVICE: 'n' }, 'Cloud Run'],
    ['an unknown venue', INSTRUMENTS, { CST_INSTRUMENTS: 'mtgox:BTCUSD' }, 'CST_INSTRUMENTS'],
  ])('refuses %s', (_, piece, environment, message) => {
    const text = complaint({ it: piece }, environment);
    expect(text).toContain(message);
    expect(text).not.toContain('hidden');
  });
});

describe('secrets', () => {
  const folder = mkdtempSync(join(tmpdir(), 'cst-secrets-'));
  const file = (name: string, content: string) => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };

  it('come as text or in a file, with the white space around them gone', () => {
    expect(readSecret(one(secret('S'), { S: ' abc\n' }))).toBe('abc');
    expect(readSecret(one(secret('S'), { S: '', S_FILE: file('s', 'abc\r\n') }))).toBe('abc');
  });

  it.each<[string, Environment, string]>([
    ['a file that is not there', { S_FILE: join(folder, 'nowhere') }, 'ENOENT'],
    ['an empty file', { S_FILE: file('empty', '\n') }, 'got nothing'],
  ])('are missed in %s, by name', (_, environment, message) => {
    const found = one(secret('S'), environment);
    expect(() => readSecret(found)).toThrow(ConfigError);
    expect(() => readSecret(found)).toThrow(message);
  });
});
