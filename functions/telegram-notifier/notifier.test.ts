import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { acceleratedClock } from '../../connectors/clock/accelerated.ts';
import { systemClock } from '../../connectors/clock/system.ts';
import { BotApi, type Fault, TOKEN } from '../../connectors/messenger/bot-api.fixture.ts';
import { plainText } from '../../connectors/messenger/html.ts';
import { telegramMessenger } from '../../connectors/messenger/telegram.ts';
import { assertTask } from '../../connectors/tasks/names.ts';
import type { NewTask } from '../../connectors/tasks/port.ts';
import { Notifier } from './notifier.ts';
import { NotifierSettings } from './settings.ts';
import { exitOf, position, START, SWING, scalp, swingEnd, tell } from './told.fixture.ts';

const at = (speed: number) => acceleratedClock({ start: START, speed, base: systemClock });
const SUPERGROUP = '-1001';

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** A notifier on a server of its own, in accelerated time. */
async function open(settings: Partial<NotifierSettings> = {}, { speed = 300, timeoutMs = 10_000 } = {}) {
  const clock = at(speed);
  const server = await new BotApi().start();
  const tasks: NewTask[] = [];
  const lines: string[] = [];
  const about: (string | undefined)[] = [];
  const path = join(mkdtempSync(join(tmpdir(), 'cst-notifier-')), 'outbox.sqlite');
  const world = {
    clock,
    server,
    tasks,
    lines,
    about,
    faultyTasks: 0,
    notifier: undefined as unknown as Notifier,
    start() {
      const messenger = telegramMessenger({ token: TOKEN, apiRoot: server.url, timeoutMs });
      const queue = {
        async add(task: NewTask) {
          if (world.faultyTasks-- > 0) throw new Error('no queue');
          assertTask(task);
          tasks.push(task);
          return 'added' as const;
        },
        close: async () => {},
      };
      const parsed = NotifierSettings.parse({ chats: [SUPERGROUP], ...settings });
      const onTrouble = (line: string, signal?: string) => {
        lines.push(line);
        about.push(signal);
      };
      world.notifier = new Notifier({ path, messenger, tasks: queue, clock, settings: parsed, onTrouble });
      ends.push(() => world.notifier.close());
    },
    /** Titles and first prices of the alerts in a chat. */
    alerts: (chat = SUPERGROUP) => server.seen(chat).filter(({ buttons }) => buttons.length > 0),
    async settled(count: number, chat = SUPERGROUP) {
      const isSettled = () => {
        expect(world.alerts(chat)).toHaveLength(count);
        expect(world.notifier.counts().oldestOpen).toBeNull();
      };
      await vi.waitFor(isSettled, { timeout: 20_000, interval: 5 });
    },
  };
  ends.push(() => server.stop());
  world.start();
  return world;
}

/** Entries of `count` signals, told as the desk tells them. */
function tellEntries(notifier: Notifier, count: number, pair = 'BTCUSDT') {
  const signals = Array.from({ length: count }, (_, n) => scalp(n, pair, { entry: 61_000 + n }));
  for (const signal of signals) {
    notifier.take(tell.scalp(signal));
    notifier.take(tell.position(position(signal)));
  }
  return signals;
}

const entriesOf = (messages: readonly { html: string }[]) =>
  messages.map(({ html }) => Number(/Entry (\d+)/.exec(plainText(html))?.[1]));

describe('Notifier', () => {
  it('tells an entry once, then has its chart made, then shows its end', async () => {
    const { notifier, tasks, settled, alerts, server } = await open();
    const [signal] = tellEntries(notifier, 1);
    tellEntries(notifier, 1);
    await settled(1);
    await vi.waitFor(() => expect(tasks).toHaveLength(1));
    const [alert] = alerts();
    const task = JSON.parse(tasks[0]!.body);
    expect(task).toMatchObject({
      replyTo: alert!.id,
      signalId: signal!.id,
      scalp: { id: signal!.id },
      exit: null,
    });
    expect(alert).toMatchObject({ isSilent: false, buttons: [{ text: '📊 Chart' }] });
    notifier.take(tell.position(exitOf(signal!)));
    await vi.waitFor(() => expect(alerts()[0]!.html).toContain('net <b>+43.21</b>'), { timeout: 5_000 });
    expect(alerts()[0]!.id).toBe(alert!.id);
    expect(notifier.threadByRef(alert!.buttons[0]!.data.slice('chart:'.length))?.key).toBe(signal!.id);
    expect(server.calls.filter(({ method }) => method === 'sendMessage')).toHaveLength(2);
  });

  it('waits for the signal of an entry, but not for long', async () => {
    const { notifier, settled, alerts } = await open();
    notifier.take(tell.position(position(scalp(0))));
    notifier.take(tell.scalp(scalp(0)));
    notifier.take(tell.position(position(scalp(1, 'ETHUSDT'))));
    await settled(2);
    expect(alerts()[0]!.html).toContain('Resistance');
    expect(alerts()[1]!.html).toContain('LONG ETHUSDT');
  });

  it('answers an alert with its end where that is wanted aloud', async () => {
    const { notifier, settled, alerts } = await open({ exit: 'on', entry: 'silent' });
    const [signal] = tellEntries(notifier, 1);
    notifier.take(tell.position(exitOf(signal!)));
    await settled(2);
    expect(alerts()).toMatchObject([{ isSilent: true }, { isSilent: false, replyTo: alerts()[0]!.id }]);
  });

  it('edits and answers the alert of a swing when it ends', async () => {
    const { notifier, settled, alerts } = await open({ exit: 'on' });
    notifier.take(tell.swing(SWING));
    await settled(1);
    notifier.take(tell.position(swingEnd()));
    notifier.take(tell.position(swingEnd()));
    await settled(2);
    await vi.waitFor(() => expect(alerts()[0]!.html).toContain('<b>TP</b> at'), { timeout: 5_000 });
    expect(alerts()[1]).toMatchObject({ replyTo: alerts()[0]!.id, html: expect.stringContaining('+1.64 %') });
  });

  it('tells only what is wanted', async () => {
    const { notifier, settled } = await open({ refusal: 'off', entry: 'off', signal: 'on' });
    const signal = scalp(0);
    notifier.take(tell.position(position(signal, { kind: 'DECISION', refusal: 'COOLDOWN', price: null })));
    notifier.take(tell.position(position(scalp(1))));
    notifier.take(tell.scalp(scalp(2)));
    await settled(1);
  });

  it('keeps Telegram’s limits by itself', async () => {
    const { notifier, settled, server, clock } = await open({ chats: ['7', '8'] });
    const times = new Map<string, number[]>();
    server.fault = ({ chat }) => {
      times.set(chat, [...(times.get(chat) ?? []), clock.now()]);
      return null;
    };
    tellEntries(notifier, 8);
    await settled(8, '7');
    await settled(8, '8');
    for (const at of times.values()) {
      // Eight alerts and a greeting, less a second for the way to the server, some milliseconds at this speed.
      expect(at.at(-1)! - at[0]!).toBeGreaterThan(6_000);
    }
  });

  it('waits as long as Telegram says', async () => {
    const { notifier, server, settled, lines, clock } = await open();
    const calls: number[] = [];
    server.fault = () => {
      calls.push(clock.now());
      return calls.length === 2 ? { what: 'retry', retryAfter: 30 } : null;
    };
    tellEntries(notifier, 2);
    await settled(2);
    expect(calls[2]! - calls[1]!).toBeGreaterThanOrEqual(30_000);
    expect(lines).toEqual([expect.stringContaining('retry after 30')]);
  });

  it('sends each once and in order through every fault, others talking meanwhile', async () => {
    const { notifier, server, settled, alerts, lines } = await open({}, { timeoutMs: 100 });
    const faults: (Fault | null)[] = [
      ...[
        null,
        { what: 'cut', when: 'after' },
        { what: 500, when: 'before' },
        { what: 'hang', when: 'after' },
      ],
      ...[{ what: 502, when: 'after', isHtml: true }, null, { what: 'hang', when: 'before' }],
      ...[
        { what: 'retry', retryAfter: 2 },
        { what: 'cut', when: 'before' },
        { what: 503, when: 'after' },
      ],
    ] as (Fault | null)[];
    let n = 0;
    server.fault = ({ method }) => {
      if (method === 'sendMessage') server.say(SUPERGROUP);
      return faults[n++ % faults.length] ?? null;
    };
    tellEntries(notifier, 6);
    await settled(6);
    expect(entriesOf(alerts())).toEqual([0, 1, 2, 3, 4, 5].map((each) => 61_000 + each));
    expect(notifier.counts()).toMatchObject({ SENT: 6, UNCERTAIN: 0, REFUSED: 0 });
    expect(inspect(lines)).not.toContain('TEST-token');
  });

  it('outlasts an hour without Telegram: all come after it, once, in order, and say that they are late', async () => {
    const { notifier, server, settled, alerts, clock } = await open({}, { speed: 4_000 });
    tellEntries(notifier, 1);
    await settled(1);
    await server.stop();
    const signals = Array.from({ length: 20 }, (_, n) => scalp(n, 'ETHUSDT', { entry: 3_000 + n }));
    const from = clock.now();
    for (const signal of signals)
      notifier.take(tell.position(position(signal, { price: signal.entry, ts: from })));
    for (const signal of signals) notifier.take(tell.scalp(signal));
    // A sync to the disk takes minutes of this clock.
    await clock.until(from + 3_600_000 + 600_000);
    await server.start();
    await settled(21);
    expect(entriesOf(alerts()).slice(1)).toEqual(signals.map(({ entry }) => entry));
    for (const { html } of alerts().slice(1)) expect(html).toMatch(/Late by \d+ h/);
  }, 60_000);

  it('goes on in the next process, and asks for a chart again until the queue takes it', async () => {
    const world = await open();
    world.faultyTasks = 2;
    tellEntries(world.notifier, 3);
    await world.notifier.close();
    world.start();
    await world.settled(3);
    await vi.waitFor(() => expect(world.tasks).toHaveLength(3), { timeout: 5_000 });
  });

  it('gives up only the chat that has thrown it out', async () => {
    const { notifier, server, settled, lines, about } = await open({ chats: ['7', SUPERGROUP] });
    server.closedChats.add('7');
    const signals = tellEntries(notifier, 2);
    await settled(2);
    await vi.waitFor(() => expect(notifier.counts()).toMatchObject({ REFUSED: 2, SENT: 2 }), {
      timeout: 5_000,
    });
    expect(lines[0]).toMatch('bot was blocked');
    expect(about).toEqual(signals.map(({ id }) => id));
  });

  it('tells a chat once that is named twice', async () => {
    const { notifier, settled, server } = await open({ chats: [SUPERGROUP, SUPERGROUP] });
    tellEntries(notifier, 3);
    await settled(3);
    // With the greeting; nothing had to be looked for.
    expect(server.calls.map(({ method }) => method)).toEqual(Array(4).fill('sendMessage'));
  });

  it('gives a chart up that no queue takes, and makes the next', async () => {
    const { notifier, tasks, settled, lines } = await open();
    const signals = [scalp(0, 'BTCUSDT', { signal_reason: 'x'.repeat(110_000) }), scalp(1)];
    for (const signal of signals) {
      notifier.take(tell.scalp(signal));
      notifier.take(tell.position(position(signal)));
    }
    await settled(2);
    await vi.waitFor(() => expect(tasks).toHaveLength(1));
    expect(JSON.parse(tasks[0]!.body)).toMatchObject({ signalId: signals[1]!.id });
    await vi.waitFor(() => expect(lines).toHaveLength(1));
    expect(lines).toEqual([expect.stringMatching(/^Chart .*given up. Expected at most 102400 bytes/)]);
  });
});
