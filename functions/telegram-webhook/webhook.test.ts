import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../connectors/clock/manual.ts';
import { BotApi, TOKEN } from '../../connectors/messenger/bot-api.fixture.ts';
import { plainText } from '../../connectors/messenger/html.ts';
import { telegramMessenger } from '../../connectors/messenger/telegram.ts';
import { OwnedRows } from '../../connectors/state/owned.ts';
import { keepNewest } from '../../connectors/state/records.ts';
import { openSqliteStore } from '../../connectors/state/sqlite.ts';
import type { NewTask } from '../../connectors/tasks/port.ts';
import type { BookSnapshot } from '../../schemas/book-snapshot.ts';
import type { PositionEvent } from '../../schemas/position-event.ts';
import { OWNED_STATE } from '../../schemas/state.ts';
import { renderAlert } from '../telegram-notifier/render.ts';
import { refOf } from '../telegram-notifier/store.ts';
import { withEvent } from '../telegram-notifier/thread.ts';
import { exitOf, position, START, SWING, scalp, swingEnd, tell } from '../telegram-notifier/told.fixture.ts';
import { Book, newBook, newFacts, PairFacts } from '../trade-desk/state.ts';
import { webhookHandler } from './handler.ts';

const SECRET = 'a-webhook-secret_0123456789';
const CHAT = -1001;
const NOW = START + 3_600_000;
const depth = { bps5: 1, bps10: 2, bps25: 3, bps50: 4 };

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

function snapshot(symbol: string, changes: Partial<BookSnapshot> = {}): BookSnapshot {
  return {
    id: `bybit:${symbol}:${NOW}`,
    venue: 'bybit',
    symbol,
    ts: NOW - 1_000,
    bestBid: 61_099,
    bestAsk: 61_101,
    bidDepth: depth,
    askDepth: depth,
    lastPrice: 61_100,
    lastTradeTs: NOW - 2_000,
    lastTradeSeq: 1,
    fundingRate: null,
    nextFundingTime: null,
    markPrice: null,
    openInterest: null,
    connected: true,
    lastTradeAgeMs: 1_000,
    desyncMs: 0,
    publishedTrades: 1,
    ...changes,
  };
}

/** A webhook on a store with one open position, three trades that ended, and two feeds. */
async function open(users: string[] = []) {
  const clock = new ManualClock(NOW);
  const server = await new BotApi().start();
  const store = await openSqliteStore({ path: ':memory:', clock });
  const tasks: NewTask[] = [];
  const heard: [string, number][] = [];
  const messenger = telegramMessenger({ token: TOKEN, apiRoot: server.url });
  const queue = {
    async add(task: NewTask) {
      tasks.push(task);
      return 'added' as const;
    },
    close: async () => {},
  };
  const onMessage = (chat: string, id: number) => void heard.push([chat, id]);
  const options = {
    store,
    messenger,
    tasks: queue,
    clock,
    chats: [String(CHAT)],
    users,
    onMessage,
    secret: SECRET,
  };
  const web = createServer(webhookHandler(options));
  await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
  ends.push(
    () => server.stop(),
    () => store.close(),
    async () => {
      web.closeAllConnections();
      web.close();
    },
  );
  const url = `http://127.0.0.1:${(web.address() as AddressInfo).port}`;
  const post = async (body: unknown, secret: string | null = SECRET, method = 'POST') => {
    const headers = secret === null ? {} : { 'x-telegram-bot-api-secret-token': secret };
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const response = await fetch(url, { method, headers, ...(method === 'GET' ? {} : { body: text }) });
    return response.status;
  };
  let id = 0;
  const from = { id: 5, username: 'trader' };
  const message = (text: string, chat = CHAT) => ({ message_id: 10 + id, chat: { id: chat }, from, text });
  const say = async (text: string, chat?: number) => {
    const status = await post({ update_id: ++id, message: message(text, chat) });
    return { status, answer: plainText(server.seen(String(CHAT)).at(-1)?.html ?? '') };
  };
  return { server, store, tasks, heard, post, say, clock };
}

async function fill({ store }: Awaited<ReturnType<typeof open>>) {
  await keepNewest(store, 'snapshot', snapshot('BTCUSDT'));
  await keepNewest(store, 'snapshot', snapshot('ETHUSDT', { connected: false, ts: NOW - 130_000 }));
  const book: Book = {
    ...newBook('default', 10_050),
    positions: [
      {
        signalId: scalp(0).id,
        venue: 'bybit',
        symbol: 'BTCUSDT',
        pair: 'BTCUSDT',
        side: 'LONG',
        status: 'OPEN',
        entry: 61_000,
        size: 0.1,
        tp: 61_305,
        sl: 60_695,
        leverage: 10,
        halved: false,
        signalEntry: 61_000,
        expiresAt: NOW,
        since: NOW - 600_000,
        entryFee: 1,
        account: null,
      },
    ],
    day: { start: Date.UTC(2024, 2, 1), equity: 10_000, entries: 4, realised: 50, halted: false },
  };
  await new OwnedRows(store, 'desk-book', Book).replace(['default'], 0, book);
  const day = 86_400_000;
  const ended: Partial<PositionEvent>[] = [
    { pnl: 40, ts: NOW - 1_000 },
    { pnl: -30, exit: 'SL', ts: NOW - day },
    { pnl: 20, ts: NOW - 2 * day },
  ];
  for (const [n, changes] of ended.entries()) {
    const event = exitOf(scalp(n, n === 1 ? 'ETHUSDT' : 'BTCUSDT'), changes);
    await keepNewest(store, 'position-event', position(scalp(n, event.pair), { ts: event.ts - 60_000 }));
    await keepNewest(store, 'position-event', event);
  }
  const swing = { signal: SWING, until: NOW + 7_200_000, closedAt: null };
  const facts = new OwnedRows(store, 'desk-facts', PairFacts);
  await facts.replace(['BTCUSDT'], 0, { ...newFacts('BTCUSDT'), swing });
  const over = { ...newFacts('ETHUSDT'), swing: { ...swing, closedAt: NOW } };
  await facts.replace(['ETHUSDT'], 0, over);
  const refused = { kind: 'DECISION', refusal: 'COOLDOWN', price: null, ts: NOW - 5_000 } as const;
  await keepNewest(store, 'position-event', position(scalp(7), refused));
}

describe('webhookHandler', () => {
  it('lets nobody in but Telegram', async () => {
    const { post, server } = await open();
    const body = { update_id: 1, message: { message_id: 1, chat: { id: CHAT }, text: '/help' } };
    for (const secret of [null, '', SECRET.slice(0, -1), `${SECRET}x`, SECRET.toUpperCase()]) {
      expect(await post(body, secret)).toBe(401);
    }
    expect(server.calls).toEqual([]);
    expect([await post(body, SECRET, 'GET'), await post('no JSON'), await post({})]).toEqual([405, 400, 400]);
    expect(await post('x'.repeat((1 << 20) + 1))).toBe(400);
  });

  it.each(['short', 'with a space in it', ''])('refuses %j as a secret, and does not repeat it', (secret) => {
    const make = () => webhookHandler({ secret } as Parameters<typeof webhookHandler>[0]);
    expect(make).toThrow('Expected a webhook secret of 16');
  });

  it('hears allowed chats and people only, and says nothing to others', async () => {
    const world = await open(['6']);
    expect(await world.say('/help', 99)).toMatchObject({ status: 204 });
    expect(await world.say('/pause')).toMatchObject({ status: 204 });
    expect(world.server.calls).toEqual([]);
    expect(world.heard).toEqual([[String(CHAT), 12]]);
    expect(await new OwnedRows(world.store, 'pause', OWNED_STATE.pause.schema).list()).toEqual([]);
  });

  it('takes updates that are none of its business', async () => {
    const { post, say } = await open();
    expect(await post({ update_id: 1, poll: {} })).toBe(204);
    expect((await say('hello')).answer).toBe('');
  });

  it('has Telegram repeat what it could not answer', async () => {
    const { say, server } = await open();
    server.fault = () => ({ what: 'retry', retryAfter: 1 });
    expect((await say('/help')).status).toBe(503);
  });
});

describe('commands', () => {
  it.each([
    [
      '/status',
      /default: equity 10050.00, today \+50.00 in 4 entries, 1 open\n1 of 2 feeds healthy – see \/health/,
    ],
    [
      '/positions',
      /LONG BTCUSDT \[default\] \+0.16 % \(\+10.00 before fees\)\n {2}0.1 at 61000, TP 61305, SL 60695, since 10 min\n/,
    ],
    [
      '/positions',
      /\n🔴 SHORT BTCUSDT \[SWING\] −0.16 %\n {2}at 61000, TP 60000, SL 61610, since 60 min, ends in 2 h 0 min$/,
    ],
    ['/profit', /30 days \+30.00 in 3, 67 % won, average \+30.00 \/ −30.00, factor 2.00\nToday \+40.00 in 1/],
    ['/daily 2', /2024-03-01 {5}\+40.00 {3}1\n2024-02-29 {5}−30.00 {3}1$/],
    ['/performance', /^BTCUSDT \+60.00 in 2, .*\nETHUSDT −30.00 in 1/],
    ['/stats', /^TP: \+60.00 in 2.*\nSL: −30.00 in 1.*\nRefused today COOLDOWN 1$/],
    [
      '/health',
      /^❌ bybit ETHUSDT: nothing published for 2 min, not connected, .*\n✅ bybit BTCUSDT: last trade 2 s ago$/,
    ],
    ['/help@a_bot', /\/status – .*\n(.*\n)*\/chart PAIR/],
    ['/unknown', /\/status – /],
  ])('%s tells what is in the store', async (text, expected) => {
    const world = await open();
    await fill(world);
    const { status, answer } = await world.say(text);
    expect(status).toBe(204);
    expect(answer).toMatch(expected);
  });

  it.each([
    '/status',
    '/positions',
    '/profit',
    '/daily x',
    '/performance',
    '/stats',
    '/health',
    '/chart BTC',
  ])('%s has an answer to an empty store', async (text) => {
    expect((await (await open()).say(text)).answer.length).toBeGreaterThan(10);
  });

  it('sets the flag that the desk reads, for all or a pair, and lifts it', async () => {
    const { say, store } = await open();
    const flags = new OwnedRows(store, 'pause', OWNED_STATE.pause.schema);
    expect((await say('/pause news <now>')).answer).toMatch(
      /Entries paused by @trader at 2024-03-01 13:00 UTC: news <now>/,
    );
    expect((await flags.read('all'))?.value).toEqual({
      scope: 'all',
      paused: true,
      setAt: NOW,
      setBy: '@trader',
      reason: 'news <now>',
    });
    // No pair that trades: who shouts wants all to stop.
    await say('/resume');
    await say('/pause URGENT');
    expect(await flags.read('all')).toMatchObject({ value: { paused: true, reason: 'URGENT' } });
    await say('/pause news <now>');
    await say('/pause ETHUSDT');
    expect((await say('/resume ETHUSDT')).answer).toMatch(
      /ETHUSDT resumed.\nStill: ⏸ Entries paused by @trader/,
    );
    expect((await say('/status')).answer).toContain('⏸ Entries paused');
    await say('/resume');
    expect((await flags.read('all'))?.value.paused).toBe(false);
  });

  it('asks for a chart of a pair, once for one update', async () => {
    const world = await open();
    await fill(world);
    expect((await world.say('/chart eth')).status).toBe(204);
    expect(world.tasks.map(({ body }) => JSON.parse(body))).toMatchObject([
      { id: 'ask-1', chat: String(CHAT), replyTo: 11, pair: 'ETHUSDT', signalId: null, scalp: null },
    ]);
    expect((await world.say('/chart DOGE')).answer).toContain('Expected one of BTCUSDT, ETHUSDT');
  });
});

describe('the 📊 button', () => {
  const signal = scalp(0);
  const html = renderAlert(withEvent(undefined, tell.scalp(signal)), { at: 0, sentAt: 0, lateAfterMs: 1 });
  const text = plainText(html);
  const offset = text.indexOf('\n{') + 1;
  const alert = {
    message_id: 77,
    chat: { id: CHAT },
    text,
    entities: [{ type: 'pre', offset, length: text.length - offset }],
  };
  const pressOf = (data: string, message: object) => ({
    update_id: 9,
    callback_query: { id: 'p', from: { id: 5 }, data, message },
  });

  it('finds the signal in its own alert, with its end', async () => {
    const world = await open();
    await fill(world);
    expect(await world.post(pressOf(`chart:${refOf(signal.id)}`, alert))).toBe(204);
    const [task] = world.tasks.map(({ body }) => JSON.parse(body));
    expect(task).toMatchObject({ id: 'press-9', replyTo: 77, signalId: signal.id, exit: { pnl: 40 } });
    expect(task.scalp).toMatchObject({ id: signal.id, entry: 61_000 });
    expect(world.server.calls.map(({ method }) => method)).toEqual(['answerCallbackQuery']);
  });

  it('finds the end of a swing', async () => {
    const world = await open();
    await keepNewest(world.store, 'position-event', swingEnd());
    const html = renderAlert(withEvent(undefined, tell.swing(SWING)), { sentAt: 0, at: 0, lateAfterMs: 1 });
    const text = plainText(html);
    const offset = text.indexOf('\n{') + 1;
    const entities = [{ type: 'pre', offset, length: text.length - offset }];
    await world.post(pressOf(`chart:${refOf(SWING.id)}`, { ...alert, text, entities }));
    expect(world.tasks.map(({ body }) => JSON.parse(body))).toMatchObject([
      { signalId: SWING.id, swing: { id: SWING.id }, exit: { exit: 'TP' } },
    ]);
  });

  it('draws nothing of another signal', async () => {
    const world = await open();
    await world.post(pressOf('chart:0123456789abcdef', alert));
    await world.post(pressOf(`chart:${refOf(signal.id)}`, { ...alert, entities: [] }));
    expect(world.tasks).toEqual([]);
    const { message_id, chat } = alert;
    const answer = { message_id, chat, text: 'TP', reply_to_message: alert };
    await world.post(pressOf(`chart:${refOf(signal.id)}:exit`, answer));
    expect(world.tasks).toHaveLength(1);
  });
});
