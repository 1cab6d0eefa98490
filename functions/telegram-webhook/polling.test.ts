import { afterEach, expect, it } from 'vitest';
import { ManualClock } from '../../connectors/clock/manual.ts';
import { systemClock } from '../../connectors/clock/system.ts';
import { BotApi, TOKEN } from '../../connectors/messenger/bot-api.fixture.ts';
import { plainText } from '../../connectors/messenger/html.ts';
import { telegramMessenger } from '../../connectors/messenger/telegram.ts';
import { OwnedRows } from '../../connectors/state/owned.ts';
import { openSqliteStore } from '../../connectors/state/sqlite.ts';
import { ConfigError } from '../../schemas/errors.ts';
import { OWNED_STATE } from '../../schemas/state.ts';
import { runTelegramPolling } from './polling.ts';

const CHAT = -1001;
const SECRET = 'a-webhook-secret_0123456789';

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function open() {
  const clock = new ManualClock(Date.UTC(2024, 2, 1));
  const realClock = new ManualClock();
  const server = await new BotApi().start();
  const store = await openSqliteStore({ path: ':memory:', clock });
  const messenger = telegramMessenger({ token: TOKEN, apiRoot: server.url });
  const tasks = { add: async () => 'added' as const, close: async () => {} };
  const troubles: string[] = [];
  const start = (changes: object = {}) => {
    const polling = runTelegramPolling({
      store,
      messenger,
      tasks,
      clock,
      chats: [String(CHAT), '7'],
      token: TOKEN,
      apiRoot: server.url,
      realClock,
      onTrouble: (line: string) => void troubles.push(line),
      ...changes,
    });
    ends.push(() => polling.close());
    return polling;
  };
  ends.push(
    () => server.stop(),
    () => store.close(),
  );
  let messages = 0;
  const say = (text: string, chat = CHAT) =>
    server.updates.add({
      message: { message_id: 10 + ++messages, chat: { id: chat }, from: { id: 5, username: 'trader' }, text },
    });
  const pause = async () =>
    (await new OwnedRows(store, 'pause', OWNED_STATE.pause.schema).read('all'))?.value;
  const answers = (chat = CHAT) => server.seen(String(chat)).map(({ html }) => plainText(html));
  const polls = () => server.calls.filter(({ method }) => method === 'getUpdates').length;
  return { server, store, realClock, troubles, start, say, pause, answers, polls };
}

/** Until it is so; the test's own limit ends what never is. */
async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await systemClock.until(systemClock.now() + 2);
}

it('does what was said before it started, and what is said later', async () => {
  const { start, say, pause, answers } = await open();
  say('/pause news');
  start();
  await until(() => answers().length === 1);
  expect(await pause()).toMatchObject({ paused: true, setBy: '@trader', reason: 'news' });
  say('/resume');
  await until(() => answers().length === 2);
  expect(await pause()).toMatchObject({ paused: false });
  expect(answers()[1]).toContain('resumed');
});

it('goes on behind what it has done, after a restart', async () => {
  const { server, start, say, answers, polls } = await open();
  const first = start();
  say('/help');
  await until(() => answers().length === 1 && polls() >= 2);
  await first.close();
  const before = polls();
  start();
  say('/status');
  await until(() => answers().length === 2);
  await until(() => polls() >= before + 2);
  expect(answers()).toHaveLength(2);
  expect(server.updates.pending).toBe(0);
});

it('hears again what was not finished when it died', async () => {
  const { server, start, say, answers } = await open();
  say('/help');
  // The answer to the poll is lost, as in a crash: Telegram keeps the update until a higher offset is asked for.
  let isFirst = true;
  server.fault = ({ method }) => {
    if (method !== 'getUpdates' || !isFirst) return null;
    isFirst = false;
    return { what: 'cut', when: 'after' };
  };
  const polling = start();
  await until(() => !isFirst);
  await polling.close();
  start();
  await until(() => answers().length === 1);
});

it('passes over strangers and what is no command', async () => {
  const { start, say, answers, server, polls } = await open();
  say('/status', 99);
  server.updates.add({ message: { text: 'no number' } });
  server.updates.add({ poll: { id: '1' } });
  say('/help');
  start();
  await until(() => answers().length === 1 && polls() >= 2);
  expect(server.seen('99')).toEqual([]);
});

it('does not let a chat that cannot be answered hold up another, and gives up', async () => {
  const { server, start, say, answers, realClock, troubles, polls } = await open();
  server.fault = ({ method, chat }) =>
    method === 'sendMessage' && chat === '7' ? { what: 'retry', retryAfter: 9 } : null;
  say('/help', 7);
  say('/help');
  start();
  await until(() => answers().length === 1);
  for (let now = 1_000; troubles.length === 0; now += 1_000) {
    await realClock.advanceTo(now);
    await systemClock.until(systemClock.now() + 2);
  }
  expect(troubles).toEqual([expect.stringContaining('A command of chat 7 was given up')]);
  await until(() => polls() >= 2);
  say('/status');
  await until(() => answers().length === 2);
});

it.each<[string, string, (server: BotApi) => void, object?]>([
  ['a webhook is set', 'cst telegram webhook delete', setWebhook],
  ['the token is wrong', 'Check the bot’s token', () => {}, { token: TOKEN.replace('01', '02') }],
])('says what to do where %s, once, and tries again', async (_, advice, spoil, changes = {}) => {
  const { server, start, troubles, realClock, polls } = await open();
  spoil(server);
  start(changes);
  await until(() => polls() === 1 && troubles.length === 1);
  expect(troubles[0]).toContain(advice);
  expect(troubles[0]).not.toContain('TEST-token');
  await until(async () => {
    await realClock.advanceTo(realClock.now() + 30_000);
    return polls() === 2;
  });
  expect(troubles).toHaveLength(1);
});

it('names a second program that polls, and works again when that is gone', async () => {
  const { server, start, say, answers, troubles, realClock, polls } = await open();
  start();
  await until(() => polls() === 1);
  const other = fetch(`${server.url}/bot${TOKEN}/getUpdates`, { method: 'POST', body: '{"timeout":9}' });
  await until(() => troubles.length === 1);
  expect(troubles[0]).toContain('Another program polls');
  await realClock.advanceTo(30_000);
  await (await other).text();
  say('/help');
  await until(() => answers().length === 1);
});

it('tries again where Telegram is away', async () => {
  const { server, start, say, answers, troubles, realClock } = await open();
  await server.stop();
  start();
  await until(() => troubles.length === 1);
  await server.start();
  say('/help');
  await until(async () => {
    await realClock.advanceTo(realClock.now() + 1_000);
    return answers().length === 1;
  });
});

it('ends at once, and refuses what is no token', async () => {
  const { start, polls } = await open();
  const polling = start();
  await until(() => polls() === 1);
  await polling.close();
  expect(() => start({ token: 'x' })).toThrow(ConfigError);
});

function setWebhook(server: BotApi): void {
  const body = JSON.stringify({ url: 'https://x.example', secret_token: SECRET });
  server.updates.perform('setWebhook', JSON.parse(body));
}
