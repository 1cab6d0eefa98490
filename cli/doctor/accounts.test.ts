import { expect, it } from 'vitest';
import { startBrokerTwin } from '../../connectors/broker/bybit/twin.fixture.ts';
import { systemClock } from '../../connectors/clock/system.ts';
import { TOKEN } from '../../connectors/messenger/bot-api.fixture.ts';
import { accountFindings, botFindings, cloudFinding } from './accounts.ts';
import { freePort, serve } from './serve.fixture.ts';

type Answers = Readonly<Record<string, (body: { readonly chat_id?: string }) => readonly [number, unknown]>>;
const done = (result: unknown) => () => [200, { ok: true, result }] as const;
const refused = (code: number, description: string) => () =>
  [code, { ok: false, error_code: code, description }] as const;
const ME = done({ id: 1, is_bot: true, first_name: 'b', username: 'signals_bot' });

/** A Bot API server as far as it is asked here. */
async function bot(answers: Answers, chats: readonly string[] = ['42']) {
  const { port } = await serve(async (request, response) => {
    const method = request.url?.split('/').at(-1) ?? '';
    let text = '';
    for await (const chunk of request) text += chunk;
    const [status, body] = (answers[method] ?? refused(404, 'Not Found'))(JSON.parse(text || '{}'));
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  return botFindings({ token: TOKEN, chats, apiRoot: `http://127.0.0.1:${port}` });
}

it('a bot is who its token says, and in its chats', async () => {
  const findings = await bot({ getMe: ME, getWebhookInfo: done({ url: '' }), getChat: done({ id: 42 }) });
  expect(findings.map(({ level, what }) => [level, what])).toEqual([
    ['ok', 'the token is that of @signals_bot'],
    ['ok', '@signals_bot is let into chat 42'],
  ]);
});

it('a bot that a chat has thrown out, or whose commands go to a webhook, is told', async () => {
  const findings = await bot(
    {
      getMe: ME,
      getWebhookInfo: done({ url: 'https://a.b/c' }),
      getChat: ({ chat_id }) =>
        chat_id === '42' ? done({ id: 42 })() : refused(400, 'Bad Request: chat not found')(),
    },
    ['42', '-100'],
  );
  expect(findings.slice(1)).toMatchObject([
    { level: 'ok' },
    {
      level: 'stop',
      what: '@signals_bot is not let into chat -100: Telegram answered 400: Bad Request: chat not found',
      remedy: expect.stringContaining('send @signals_bot a message there'),
    },
    {
      level: 'warning',
      what: '@signals_bot has a webhook',
      remedy: expect.stringMatching(/^cst telegram webhook delete/),
    },
  ]);
});

it('a token that Telegram does not know, or a Telegram that does not answer, is told without it', async () => {
  const unknown = await bot({ getMe: refused(401, 'Unauthorized') });
  const apiRoot = `http://127.0.0.1:${await freePort()}`;
  const away = await botFindings({ token: TOKEN, chats: ['42'], apiRoot });
  expect([...unknown, ...away]).toMatchObject(
    [
      { check: 'telegram', level: 'stop', what: 'Telegram answered 401: Unauthorized', remedy: /BotFather/ },
      {
        check: 'telegram',
        level: 'stop',
        what: 'The connection to Telegram failed (ECONNREFUSED)',
        remedy: /curl/,
      },
    ].map((told) => ({ ...told, remedy: expect.stringMatching(told.remedy) })),
  );
  expect(JSON.stringify([unknown, away])).not.toContain(TOKEN.split(':')[1]);
});

it('a key of an account is known, or not, and never shown', async ({ onTestFinished }) => {
  const twin = await startBrokerTwin({ startMs: systemClock.now() });
  onTestFinished(() => twin.close());
  const settings = { network: 'twin', twinUrl: twin.url };
  const ask = (CST_BYBIT_KEY: string, CST_BYBIT_SECRET: string, of: object = settings) =>
    accountFindings(
      { broker: of, hasAccount: true },
      { environment: { CST_BYBIT_KEY, CST_BYBIT_SECRET }, clock: systemClock },
    );
  const [known, ...warnings] = await ask(twin.key, twin.secret);
  expect(known).toMatchObject({ level: 'ok', what: 'the key is known at bybit-twin, and may trade' });
  expect(warnings.every(({ level }) => level === 'warning')).toBe(true);
  const wrong = [...(await ask('hidden', twin.secret)), ...(await ask(twin.key, 'hidden'))];
  expect(wrong).toMatchObject([
    { check: 'account', level: 'stop', remedy: expect.stringContaining('broker.network') },
    { check: 'account', level: 'stop' },
  ]);
  const mainnet = await ask(twin.key, twin.secret, { network: 'mainnet' });
  expect(mainnet).toMatchObject([{ level: 'stop', what: expect.stringContaining('need two settings') }]);
  const all = JSON.stringify([known, warnings, wrong, mainnet]);
  for (const secret of ['hidden', twin.key, twin.secret]) expect(all).not.toContain(secret);
});

it('an emulator answers, or is to be started', async () => {
  const { port } = await serve((_, response) => response.end());
  expect(await cloudFinding('p', `127.0.0.1:${port}`)).toMatchObject({ level: 'ok' });
  const nobody = `127.0.0.1:${await freePort()}`;
  expect(await cloudFinding('p', nobody)).toMatchObject({
    level: 'stop',
    what: `the emulator at ${nobody} is not reached: ECONNREFUSED`,
    remedy: `start it at ${nobody}, or unset PUBSUB_EMULATOR_HOST`,
  });
});
