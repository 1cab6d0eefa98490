import { afterEach, beforeEach, expect, it } from 'vitest';
import { BotApi, TOKEN } from '../../connectors/messenger/bot-api.fixture.ts';
import { BotUpdates } from '../../connectors/messenger/bot-updates.ts';
import { ConfigError, UpstreamError } from '../../schemas/errors.ts';
import { deleteWebhook, setWebhook, webhookInfo } from './registration.ts';

const URL_OF_IT = 'https://webhook.example/';
const SECRET = 'a-webhook-secret_0123456789';

let server: BotApi;
let bot: BotUpdates;
beforeEach(async () => {
  server = await new BotApi().start();
  bot = new BotUpdates({ token: TOKEN, apiRoot: server.url });
});
afterEach(async () => {
  bot.close();
  await server.stop();
});

it('sets, shows and takes away the webhook, any number of times', async () => {
  server.updates.add({ message: {} });
  for (let times = 0; times < 2; times++) {
    const set = await setWebhook(bot, { url: URL_OF_IT, secret: SECRET });
    expect(set).toEqual({ url: URL_OF_IT, pending: 1, lastError: null });
  }
  expect(server.updates.webhook).toEqual({
    url: URL_OF_IT,
    secret: SECRET,
    allowed: ['message', 'channel_post', 'callback_query'],
  });
  server.updates.lastError = { message: 'Wrong response from the webhook: 503', date: 1_700_000_000 };
  expect(await webhookInfo(bot)).toMatchObject({
    lastError: { text: 'Wrong response from the webhook: 503', atMs: 1_700_000_000_000 },
  });
  await deleteWebhook(bot);
  await deleteWebhook(bot);
  expect(server.updates.webhook).toBeNull();
  expect((await webhookInfo(bot)).url).toBe('');
});

it.each([
  ['an address without TLS', { url: 'http://x.example' }, 'https'],
  ['no address', { url: 'x' }, 'https'],
  ['a secret that can be guessed', { secret: 'short' }, '16 to 256'],
  ['a secret of other letters', { secret: 'a secret with spaces in it' }, '16 to 256'],
])('refuses %s before Telegram is asked', async (_, changes, message) => {
  const setting = setWebhook(bot, { url: URL_OF_IT, secret: SECRET, ...changes });
  await expect(setting).rejects.toThrow(ConfigError);
  await expect(setting).rejects.toThrow(message);
  expect(server.calls).toEqual([]);
});

it('tells a wrong token from a Telegram that is away', async () => {
  const wrong = new BotUpdates({ token: TOKEN.replace('01', '02'), apiRoot: server.url });
  await expect(webhookInfo(wrong)).rejects.toThrow('Check the bot’s token');
  server.fault = () => ({ what: 502, when: 'before', isHtml: true });
  await expect(webhookInfo(bot)).rejects.toThrow(UpstreamError);
  await server.stop();
  await expect(deleteWebhook(bot)).rejects.toThrow('The connection to Telegram failed');
});
