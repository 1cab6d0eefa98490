import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { plainText } from '../../connectors/messenger/html.ts';
import type { Found, Outcome } from '../../connectors/messenger/port.ts';
import { freeAt, mayGoAt, type Sent } from './limits.ts';
import {
  afterCrash,
  afterProbe,
  afterSend,
  beforeSend,
  type Delivery,
  editAgainAt,
  NEW_DELIVERY,
} from './outbox.ts';
import { renderAlert, renderExit } from './render.ts';
import { NotifierSettings } from './settings.ts';
import { consequenceOf, type Thread, withEvent } from './thread.ts';
import { exitOf, position, START, SWING, scalp, swingEnd, tell } from './told.fixture.ts';

const SETTINGS = NotifierSettings.parse({ chats: ['7'] });

describe('limits', () => {
  it('let a limit’s count go at once and the next when the oldest of them is out of the span', () => {
    const limit = { count: 3, perMs: 100 };
    expect(freeAt([5, 1], limit)).toBe(Number.NEGATIVE_INFINITY);
    expect(freeAt([9, 1, 5], limit)).toBe(101);
    expect(freeAt([9, 1, 5, 7], limit)).toBe(105);
  });

  it('are kept in every span by whoever waits for them', () => {
    const chats = fc.array(fc.tuple(fc.constantFrom('1', '2', '-3', '-1004'), fc.nat(400)), {
      maxLength: 150,
    });
    fc.assert(
      fc.property(chats, (wanted) => {
        const sent: Sent[] = [];
        let now = 0;
        for (const [chat, pause] of wanted) {
          now = Math.max(now + pause, mayGoAt(chat, sent));
          sent.push({ chat, at: now });
        }
        const most = (of: readonly Sent[], ms: number) =>
          Math.max(0, ...of.map(({ at }) => of.filter((each) => each.at >= at && each.at < at + ms).length));
        expect(most(sent, 1_000)).toBeLessThanOrEqual(30);
        for (const chat of ['1', '2', '-3', '-1004']) {
          const here = sent.filter((each) => each.chat === chat);
          expect(most(here, 1_000)).toBeLessThanOrEqual(1);
          if (chat.startsWith('-')) expect(most(here, 60_000)).toBeLessThanOrEqual(20);
        }
      }),
      { seed: 1, numRuns: 60 },
    );
  });
});

describe('outbox', () => {
  const queued: Delivery = { ...NEW_DELIVERY, due: 0 };
  const sending = beforeSend(queued, 41);
  const found = (value: Found): Outcome<Found> => ({ kind: 'done', value });

  it('sends again what surely did not go, when the other side wants it', () => {
    const later = { kind: 'later', reason: '429', afterMs: 17_000 } as const;
    expect(afterSend(sending, later, 1_000)).toMatchObject({ state: 'QUEUED', due: 18_000, failures: 1 });
    const refused = { kind: 'later', reason: 'ECONNREFUSED', afterMs: null } as const;
    const twice = afterSend({ ...sending, failures: 1 }, refused, 1_000);
    expect(twice).toMatchObject({ state: 'QUEUED', due: 3_000 });
    expect(afterSend({ ...sending, failures: 99 }, refused, 0).due).toBe(60_000);
  });

  it('waits for a person where the set-up is wrong, gives up where the message is', () => {
    const outcome = (isOurs: boolean) => ({ kind: 'refused', reason: 'no', isOurs }) as const;
    expect(afterSend(sending, outcome(true), 0)).toMatchObject({ state: 'QUEUED', due: 60_000 });
    expect(afterSend(sending, outcome(false), 0)).toMatchObject({ state: 'REFUSED', reason: 'no' });
  });

  it('looks for a message whose answer was lost, and takes it where it is', () => {
    let delivery = afterSend(sending, { kind: 'unknown', reason: 'cut' }, 1_000);
    expect(delivery).toMatchObject({ state: 'UNKNOWN', due: 11_000, probe: { id: 42 } });
    delivery = afterProbe(delivery, found('other'), 11_000);
    delivery = afterProbe(delivery, { kind: 'later', reason: '429', afterMs: 5_000 }, 11_000);
    expect(delivery).toMatchObject({ state: 'UNKNOWN', due: 16_000, probe: { id: 43 } });
    expect(afterProbe(delivery, found('same'), 16_000)).toMatchObject({ state: 'SENT', messageId: 43 });
  });

  it('sends it again once ten numbers in a row hold nothing', () => {
    let delivery = afterCrash(sending, 0);
    const seen: Found[] = ['nothing', 'other', ...Array<Found>(9).fill('nothing')];
    for (const each of seen) delivery = afterProbe(delivery, found(each), 0);
    expect(delivery.state).toBe('UNKNOWN');
    expect(afterProbe(delivery, found('nothing'), 5)).toMatchObject({ state: 'QUEUED', due: 5 });
  });

  it('never sends again what it cannot know of', () => {
    const nowhere = { ...afterCrash(beforeSend(queued, 0), 0) };
    let delivery = nowhere;
    for (let i = 0; i < 10; i++) delivery = afterProbe(delivery, found('nothing'), 0);
    expect(delivery.state).toBe('UNCERTAIN');
    delivery = afterCrash(sending, 0);
    for (let i = 0; i < 200; i++) delivery = afterProbe(delivery, found(i % 9 ? 'nothing' : 'other'), 0);
    expect(delivery.state).toBe('UNCERTAIN');
    const refused = { kind: 'refused', reason: 'chat not found', isOurs: false } as const;
    expect(afterProbe(afterCrash(sending, 0), refused, 0).state).toBe('UNCERTAIN');
  });

  it('repeats an edit until it is done or refused', () => {
    const unknown = { kind: 'unknown', reason: 'cut' } as const;
    expect(editAgainAt(unknown, 0, 10)).toBe(1_010);
    expect(editAgainAt({ kind: 'later', reason: '429', afterMs: 3 }, 5, 10)).toBe(13);
    expect(editAgainAt({ kind: 'done', value: null }, 0, 10)).toBeNull();
    expect(editAgainAt({ kind: 'refused', reason: 'gone', isOurs: false }, 0, 10)).toBeNull();
  });
});

describe('thread', () => {
  it('is the same whatever order its events come in', () => {
    const signal = scalp(1);
    const told = [tell.scalp(signal), tell.position(position(signal)), tell.position(exitOf(signal))];
    const orders = fc.shuffledSubarray(told, { minLength: 3 });
    const whole = told.reduce<Thread | undefined>(withEvent, undefined);
    fc.assert(
      fc.property(orders, (order) => {
        expect(order.reduce<Thread | undefined>(withEvent, undefined)).toEqual(whole);
      }),
      { seed: 1 },
    );
  });

  it('is told as loudly as wanted', () => {
    const signal = scalp(1);
    const exit = tell.position(exitOf(signal));
    expect(consequenceOf(tell.position(position(signal)), SETTINGS)).toMatchObject({
      opens: 'on',
      edits: true,
    });
    expect(consequenceOf(tell.scalp(signal), SETTINGS)).toMatchObject({ opens: 'off' });
    expect(consequenceOf(exit, SETTINGS)).toEqual({ opens: 'off', edits: true, answers: false });
    expect(consequenceOf(exit, { ...SETTINGS, exit: 'on' })).toMatchObject({ answers: true });
    expect(consequenceOf(exit, { ...SETTINGS, exit: 'off' })).toMatchObject({ edits: false });
    const ofBook = tell.position(exitOf(signal, { book: 'a' }));
    expect(consequenceOf(ofBook, { ...SETTINGS, books: ['b'] })).toMatchObject({ edits: false });
    expect(consequenceOf(ofBook, { ...SETTINGS, books: ['a'] })).toMatchObject({ edits: true });
    expect(consequenceOf(tell.position(swingEnd()), { ...SETTINGS, books: ['b'] })).toMatchObject({
      edits: true,
    });
  });
});

describe('renderAlert', () => {
  const moment = { at: START, sentAt: START + 1_000, lateAfterMs: 30_000 };
  const signal = scalp(0);
  const thread = [tell.scalp(signal), tell.position(position(signal))].reduce<Thread | undefined>(
    withEvent,
    undefined,
  )!;

  it('reads well', () => {
    const text = plainText(renderAlert(thread, moment)).split('\n{')[0];
    expect(text).toBe(
      [
        '🟢 LONG BTCUSDT · SCALP · sr-exhaustion',
        'Entry 61000',
        'TP 61305 (+0.50 %)',
        'SL 60695 (−0.50 %)',
        'Resistance 61400',
        'Support 60950.5 · 60500',
        'Trend ↗ +0.02 %/h, R² 0.83',
        'Confidence 72 % · 10×',
        'Exhaustion: volume_drop, rsi_extreme',
        'Support 60950.5 held (3 touches) & volume < 0.75 × EMA20',
        'Valid until 12:05:00 UTC',
        '▶️ Entered at 61000, 0.16 · 12:00:02 UTC',
      ].join('\n'),
    );
  });

  it('carries the machine’s JSON, whole and escaped', () => {
    const html = renderAlert(thread, moment);
    const [, code = ''] = /<pre><code class="language-json">([\s\S]*)<\/code><\/pre>/.exec(html) ?? [];
    expect(code).not.toContain('<');
    const iso = { timestamp: '2024-03-01T12:00:00.000Z', expires_at: '2024-03-01T12:05:00.000Z' };
    expect(JSON.parse(plainText(code))).toEqual({ ...signal, ...iso });
  });

  it('shows the end, with the turn of the price and the money', () => {
    const ended = withEvent(thread, tell.position(exitOf(signal)));
    const line = '✅ TP at 61305 (+0.50 %), net +43.21 · 12:10:00 UTC';
    expect(plainText(renderAlert(ended, moment))).toContain(line);
    expect(plainText(renderExit(ended))).toBe(line);
    const lost = exitOf(signal, { exit: 'SL', price: 60_695, pnl: -60, funding: null, book: 'b' });
    expect(plainText(renderExit(withEvent(thread, tell.position(lost))))).toBe(
      '❌ [b] SL at 60695, net −60.00, funding unknown · 12:10:00 UTC',
    );
  });

  it('shows the end of a swing, which no money was in', () => {
    const told = withEvent(withEvent(undefined, tell.swing(SWING)), tell.position(swingEnd()));
    const line = '✅ TP at 60000 (+1.64 %) · 16:00:00 UTC';
    expect(plainText(renderAlert(told, { ...moment, sentAt: START }))).toContain(line);
    expect(plainText(renderExit(told))).toBe(line);
    const lost = swingEnd({ exit: 'SL', numbers: { entry: 61_000, price: 61_610 } });
    expect(plainText(renderExit(withEvent(told, tell.position(lost))))).toBe(
      '❌ SL at 61610 (−1.00 %) · 16:00:00 UTC',
    );
  });

  it('says of an order that was never filled no more than that', () => {
    const nothing = { price: null, size: null, fees: null, funding: null, pnl: null, fundingKnown: null };
    const cancelled = exitOf(signal, { exit: 'CANCELLED', ...nothing });
    const alone = withEvent(withEvent(undefined, tell.scalp(signal)), tell.position(cancelled));
    expect(plainText(renderExit(alone))).toBe('⏹ CANCELLED · 12:10:00 UTC');
  });

  it('says that it is late, and when it is void', () => {
    expect(renderAlert(thread, { ...moment, sentAt: START + 29_999 })).not.toContain('⏰');
    expect(renderAlert(thread, { ...moment, sentAt: START + 62_000 })).toContain(
      '⏰ <b>Late by 1 min 2 s</b>\n',
    );
    expect(renderAlert(thread, { ...moment, sentAt: START + 3_720_000 })).toContain(
      '⏰ <b>Late by 1 h 2 min</b>: no longer valid',
    );
  });

  it('is never too long, nor broken by what a text holds', () => {
    const nasty = fc.string({
      unit: fc.constantFrom('<', '>', '&', '"', 'a', '</b>', '📊'),
      maxLength: 3_000,
    });
    fc.assert(
      fc.property(nasty, fc.nat(300), (reason, levels) => {
        const wild = scalp(0, 'BTCUSDT', { signal_reason: reason, support: Array(levels).fill(60_950.123) });
        const html = renderAlert(withEvent(undefined, tell.scalp(wild)), moment);
        expect(plainText(html).length).toBeLessThanOrEqual(4_096);
        expect(html.replace(/<\/?(b|i|pre|code)( class="language-json")?>/g, '')).not.toMatch(/[<>]/);
      }),
      { seed: 1, numRuns: 60 },
    );
  });
});
