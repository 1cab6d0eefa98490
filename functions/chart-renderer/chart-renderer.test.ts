import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ManualClock } from '../../connectors/clock/manual.ts';
import { BotApi, TOKEN } from '../../connectors/messenger/bot-api.fixture.ts';
import { telegramMessenger } from '../../connectors/messenger/telegram.ts';
import { OwnedRows } from '../../connectors/state/owned.ts';
import { keepNewest } from '../../connectors/state/records.ts';
import { openSqliteStore } from '../../connectors/state/sqlite.ts';
import { openEmbeddedTasks } from '../../connectors/tasks/embedded.ts';
import { CHART_QUEUE, ChartTask } from '../../schemas/chart-task.ts';
import { level, levelSet } from '../../transforms/strategies/rows.fixture.ts';
import type { CandleSource } from '../macro-engine/gather.ts';
import * as f from './chart.fixture.ts';
import { ChartRenderer } from './chart-renderer.ts';
import { chartOf } from './content/chart-of.ts';
import { textsOf } from './picture/png-texts.ts';
import { renderPng } from './picture/render.ts';
import { claim, Sending, settle } from './sending.ts';

const { AT, MINUTE } = f;
const CHAT = '-1001';
const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** A renderer before a Bot API server, on a store that knows 200 bars. */
async function open(bars = f.walk({ bars: 200 })) {
  const clock = new ManualClock(AT + 10_000);
  const server = await new BotApi().start();
  const store = await openSqliteStore({ path: ':memory:', clock });
  for (const bar of bars) await keepNewest(store, 'candle', bar);
  const notices: string[] = [];
  const renderer = (exchange?: CandleSource) => {
    const messenger = telegramMessenger({ token: TOKEN, apiRoot: server.url });
    ends.push(() => messenger.close());
    const onNotice = (line: string) => notices.push(line);
    return new ChartRenderer({ store, messenger, clock, venue: 'bybit', exchange, onNotice });
  };
  ends.push(
    () => store.close(),
    () => server.stop(),
  );
  const charts = () => server.seen(CHAT).filter(({ png }) => png !== null);
  return { clock, server, store, notices, renderer, charts };
}

const attemptOf = (task: ChartTask, attempt = 1) => ({
  name: task.id,
  body: JSON.stringify(z.encode(ChartTask, task)),
  attempt,
});
const TASK = f.task({ scalp: f.scalp() });

describe('a task', () => {
  it('becomes a picture of its own signal that answers its message', async () => {
    const { renderer, charts, server } = await open();
    const alert = server.say(CHAT);
    await renderer().handle(attemptOf({ ...TASK, replyTo: alert }));
    const [chart] = charts();
    expect(charts()).toHaveLength(1);
    expect(chart).toMatchObject({ replyTo: alert, html: '<b>LONG BTCUSDT</b>', isSilent: true, buttons: [] });
    expect(textsOf(chart!.png!)).toMatchObject({ Task: 'task-1', Signal: TASK.signalId, Pair: 'BTCUSDT' });
  });

  it('that comes again is not sent again, by whatever process', async () => {
    const { renderer, charts, notices } = await open();
    for (const one of [renderer(), renderer()]) {
      await one.handle(attemptOf(TASK));
      await one.handle(attemptOf(TASK, 2));
    }
    await renderer().handle(attemptOf({ ...TASK, id: 'press-1' }));
    expect(charts().map(({ png }) => textsOf(png!).Task)).toEqual(['task-1', 'press-1']);
    expect(notices).toEqual([]);
  });

  it('handed to several at once is sent by one, the others are to come again', async () => {
    const { renderer, charts } = await open();
    const all = await Promise.allSettled(Array.from({ length: 4 }, () => renderer().handle(attemptOf(TASK))));
    expect(charts()).toHaveLength(1);
    expect(all.filter(({ status }) => status === 'fulfilled').length).toBeGreaterThan(0);
  });

  it('comes again while Telegram is away, limits us or does not know the bot', async () => {
    const { renderer, charts, server } = await open();
    const faults = [{ what: 'retry', retryAfter: 3 } as const, { what: 401, when: 'before' } as const, null];
    for (const fault of faults.slice(0, 2)) {
      server.fault = () => fault;
      await expect(renderer().handle(attemptOf(TASK))).rejects.toThrow(
        /Expected to send chart task-1, got: Telegram/,
      );
    }
    await server.stop();
    await expect(renderer().handle(attemptOf(TASK))).rejects.toThrow('It comes again.');
    server.fault = () => null;
    await server.start();
    await renderer().handle(attemptOf(TASK, 4));
    expect(charts()).toHaveLength(1);
  });

  it('whose answer was lost may come twice, never three times', async () => {
    const { renderer, charts, server, notices } = await open();
    server.fault = () => ({ what: 'cut', when: 'after' });
    await expect(renderer().handle(attemptOf(TASK))).rejects.toThrow('It comes again.');
    await renderer().handle(attemptOf(TASK, 2));
    await renderer().handle(attemptOf(TASK, 3));
    expect(charts()).toHaveLength(2);
    expect(notices).toEqual([expect.stringMatching(/^Chart task-1 for chat -1001: given up\. /)]);
  });

  it('that is refused for good is over, with a word', async () => {
    const { renderer, server, notices } = await open();
    server.closedChats.add(CHAT);
    await renderer().handle(attemptOf(TASK));
    await renderer().handle(attemptOf(TASK, 2));
    expect(server.calls).toHaveLength(1);
    expect(notices).toEqual([expect.stringContaining('given up. Telegram answered 403')]);
  });

  it('that nobody can read is over, with a word', async () => {
    const { renderer, notices } = await open();
    for (const body of ['', 'null', '{"id":"x"}', '<xml>'])
      await renderer().handle({ name: 'n', body, attempt: 1 });
    expect(notices).toEqual(Array(4).fill('Chart n: expected a task of a chart, got something else.'));
  });

  it('waits for the bar of a young signal, then does without', async () => {
    const { renderer, charts, clock } = await open(f.walk({ bars: 200 }).slice(0, -1));
    for (const attempt of [1, 2, 3]) {
      const late = renderer().handle(attemptOf(TASK, attempt));
      await expect(late).rejects.toThrow('the bar of its signal is not known yet');
    }
    await renderer().handle(attemptOf(TASK, 4));
    await clock.advanceTo(AT + MINUTE);
    await renderer().handle(attemptOf({ ...TASK, id: 'press-2' }));
    expect(charts()).toHaveLength(2);
  });

  it('of a market finds its instrument, levels and positions', async () => {
    const { renderer, charts, store } = await open();
    await keepNewest(store, 'snapshot', f.snapshot());
    await keepNewest(store, 'levels', levelSet([level('SUPPORT', 104_100)], { asOf: AT }));
    await renderer().handle(attemptOf(f.task({ id: 'ask-1' })));
    expect(charts()[0]!.html).toBe('<b>BTCUSDT</b> · 104,250.0');
    expect(textsOf(charts()[0]!.png!)).toEqual({
      Software: 'crypto-signal-tracker',
      Task: 'ask-1',
      Pair: 'BTCUSDT',
    });
  });

  it('asks the exchange for bars that the state store lacks, and keeps its own', async () => {
    const all = f.walk({ bars: 400 });
    const own = all.slice(-10).map((bar) => ({ ...bar, complete: false }));
    const { renderer, charts, notices } = await open(own);
    const asked: unknown[] = [];
    const exchange: CandleSource = async (query) => {
      asked.push(query);
      return all;
    };
    await renderer(exchange).handle(attemptOf(TASK));
    const [fromMs, toMs] = [AT - 270 * MINUTE, AT - 10 * MINUTE];
    expect(asked).toEqual([{ venue: 'bybit', symbol: 'BTCUSDT', interval: '1m', fromMs, toMs }]);
    const filled = [...all.slice(-270, -10), ...own];
    const known = chartOf(f.factsOf({ task: TASK, candles: filled }));
    expect(known.footer).toContain('90 bars, 10 incomplete');
    expect(charts()[0]!.png).toEqual(new Uint8Array(await renderPng(known, TASK)));
    expect(notices).toEqual([]);
  });

  it('does without the bars that the exchange does not tell either', async () => {
    const { renderer, charts, notices } = await open(f.walk({ bars: 3 }));
    await renderer(async () => Promise.reject(new Error('away'))).handle(attemptOf(TASK));
    expect(charts()).toHaveLength(1);
    expect(notices).toEqual(['Chart task-1 lacks bars of the past: away']);
  });

  it('does not ask for bars that have only just closed, or not yet', async () => {
    const { renderer, clock } = await open(f.walk({ bars: 400 }));
    await clock.advanceTo(AT + 3 * MINUTE + 10_000);
    const asked: number[] = [];
    const exchange: CandleSource = async ({ toMs }) => {
      asked.push(toMs);
      return [];
    };
    await renderer(exchange).handle(attemptOf({ ...TASK, exit: f.exitOf({ ts: AT + 2.5 * MINUTE }) }));
    expect(asked).toEqual([AT + 2 * MINUTE]);
  });

  it('of a pair that nobody knows is drawn, too', async () => {
    const { renderer, charts } = await open([]);
    await renderer().handle(attemptOf(f.task({ pair: '<b>X&Y' })));
    expect(charts()[0]!.html).toBe('<b>&lt;b&gt;X&amp;Y</b>');
  });

  it('from the queue of this machine arrives after Telegram was away', async () => {
    const { renderer, charts, server, clock } = await open();
    const path = join(mkdtempSync(join(tmpdir(), 'cst-charts-')), 'tasks.sqlite');
    const failed = Promise.withResolvers<void>();
    const tasks = openEmbeddedTasks({ path, clock, onFailure: () => failed.resolve() });
    ends.push(() => tasks.close());
    server.fault = () => ({ what: 'retry', retryAfter: 1 });
    const one = renderer();
    const done = Promise.withResolvers<void>();
    tasks.work(CHART_QUEUE, (attempt) => one.handle(attempt).then(done.resolve));
    const { name, body } = attemptOf(TASK);
    await tasks.add({ queue: CHART_QUEUE, name, body });
    await failed.promise;
    server.fault = () => null;
    await clock.advanceTo(clock.now() + 5_000);
    await done.promise;
    expect(charts()).toHaveLength(1);
  });
});

it('closes when the pictures under way are sent', async () => {
  const { renderer, charts } = await open();
  const one = renderer();
  void one.handle(attemptOf(TASK));
  await one.close();
  expect(charts()).toHaveLength(1);
});

it('is remembered for a week after the last attempt', async () => {
  const { renderer, store, clock } = await open();
  await renderer().handle(attemptOf(TASK));
  const rows = new OwnedRows(store, 'chart-task', Sending);
  await clock.advanceTo(AT + 7 * 86_400_000);
  expect(await rows.read('task-1')).toMatchObject({ value: { state: 'OVER', doubts: 0 } });
  await clock.advanceTo(AT + 7 * 86_400_000 + 10_000);
  expect(await rows.read('task-1')).toBeNull();
});

describe('the row of a task', () => {
  const row = (known: Partial<Sending>): Sending => ({ state: 'FREE', until: 0, doubts: 0, ...known });
  const sending = (doubts: number) => ({ state: 'SENDING', until: 120_500, doubts });

  it.each([
    ['none', null, sending(0)],
    ['a free one', row({ doubts: 1 }), sending(1)],
    ['one that is over', row({ state: 'OVER' }), 'over'],
    ['one that another attempt holds', row({ state: 'SENDING', until: 501 }), 'busy'],
    ['one whose attempt has died', row({ state: 'SENDING', until: 500 }), sending(1)],
    ['one whose second attempt has died', row({ state: 'SENDING', until: 500, doubts: 1 }), 'over'],
  ])('%s is claimed so', (_what, known, wanted) => {
    expect(claim(known, 500)).toEqual(wanted);
  });

  it.each([
    ['done', { kind: 'done', value: 1 }, row({ state: 'OVER' })],
    ['not taken now', { kind: 'later', reason: '', afterMs: null }, row({})],
    ['refused for good', { kind: 'refused', reason: '', isOurs: false }, row({ state: 'OVER' })],
    ['refused until we are set up right', { kind: 'refused', reason: '', isOurs: true }, row({})],
    ['done or not', { kind: 'unknown', reason: '' }, row({ doubts: 1 })],
  ] as const)('after an attempt that was %s tells it', (_what, outcome, wanted) => {
    expect(settle(row({ state: 'SENDING' }), outcome)).toEqual(wanted);
  });
});
