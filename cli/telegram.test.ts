import { spawn } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { BotApi, TOKEN } from '../connectors/messenger/bot-api.fixture.ts';
import { ConfigError, NotRunningError } from '../schemas/errors.ts';
import { runTelegram, type TelegramFlags } from './run-telegram.ts';

const URL_OF_IT = 'https://webhook.example/';
const SECRET = 'a-webhook-secret_0123456789';

let server: BotApi;
beforeEach(async () => {
  server = await new BotApi().start();
});
afterEach(() => server.stop());

async function run(
  verb: Parameters<typeof runTelegram>[0],
  flags: TelegramFlags = {},
  changes: Record<string, string> = {},
) {
  let out = '';
  const secrets = { CST_TELEGRAM_TOKEN: TOKEN, CST_TELEGRAM_WEBHOOK_SECRET: SECRET };
  const environment = { CST_TELEGRAM_API: server.url, ...secrets, ...changes };
  await runTelegram(verb, flags, environment, (more) => {
    out += more;
  });
  return out;
}

it('sets, shows and deletes the webhook', async () => {
  expect(await run('set', { url: URL_OF_IT })).toBe(`Telegram posts to ${URL_OF_IT}\n0 updates wait.\n`);
  expect(server.updates.webhook?.secret).toBe(SECRET);
  server.updates.lastError = { message: 'Connection refused', date: 1_700_000_000 };
  expect(await run('info')).toContain('Last failure, 2023-11-14T22:13:20.000Z: Connection refused');
  expect(JSON.parse(await run('info', { json: true }))).toMatchObject({ url: URL_OF_IT, pending: 0 });
  expect(await run('delete')).toContain('No webhook');
  expect(server.updates.webhook).toBeNull();
  await expect(run('info')).rejects.toThrow(NotRunningError);
});

it('takes secrets from files, without the line end behind them', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'cst-telegram-'));
  const file = (name: string, content: string) => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };
  const files = {
    CST_TELEGRAM_TOKEN: '',
    CST_TELEGRAM_TOKEN_FILE: file('token', `${TOKEN}\n`),
    CST_TELEGRAM_WEBHOOK_SECRET: '',
    CST_TELEGRAM_WEBHOOK_SECRET_FILE: file('secret', `${SECRET}\n`),
  };
  await run('set', { url: URL_OF_IT }, files);
  expect(server.updates.webhook?.secret).toBe(SECRET);
});

it('asks the Bot API server of the settings where the environment names none', async () => {
  const layers = [{ origin: 'cst.json', values: { telegram: { api: server.url } } }];
  await run('set', { url: URL_OF_IT, layers }, { CST_TELEGRAM_API: '' });
  expect(server.updates.webhook?.secret).toBe(SECRET);
});

it.each<[string, Record<string, string>, string]>([
  ['no token', { CST_TELEGRAM_TOKEN: '' }, 'CST_TELEGRAM_TOKEN'],
  ['a token twice', { CST_TELEGRAM_TOKEN_FILE: 'x' }, 'got both'],
  ['a file that is not there', { CST_TELEGRAM_TOKEN: '', CST_TELEGRAM_TOKEN_FILE: '/nowhere' }, 'ENOENT'],
  ['no secret', { CST_TELEGRAM_WEBHOOK_SECRET: '' }, 'CST_TELEGRAM_WEBHOOK_SECRET'],
  ['a token that is none', { CST_TELEGRAM_TOKEN: 'TEST-token' }, 'BotFather'],
])('refuses %s, and tells none of them', async (_, changes, message) => {
  const setting = run('set', { url: URL_OF_IT }, changes);
  await expect(setting).rejects.toThrow(ConfigError);
  await expect(setting).rejects.toThrow(message);
  await expect(setting).rejects.not.toThrow('TEST-token');
  expect(server.calls).toEqual([]);
});

it('is a command that ends with the code of what went wrong', async () => {
  const main = resolve(import.meta.dirname, 'main.ts');
  const env = { ...process.env, CST_TELEGRAM_TOKEN: TOKEN, CST_TELEGRAM_API: server.url };
  const child = spawn(process.execPath, [main, 'telegram', 'webhook', 'info'], { env });
  const ended = new Promise((end) => child.on('close', end));
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
  expect([await ended, out]).toEqual([3, 'No webhook: commands can be had by polls.\n0 updates wait.\n']);
  expect(err).toBe('Error: The bot has no webhook. (code 3)\n');
});
