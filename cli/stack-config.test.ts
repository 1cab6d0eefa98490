import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ConfigError } from '../schemas/errors.ts';
import { settingsFor } from './config/files.ts';
import { telegramAccess } from './local-messenger.ts';
import { DEFAULT_STACK_CONFIG } from './stack-config.ts';

function read(json: object) {
  const path = join(mkdtempSync(join(tmpdir(), 'stack-config-')), 'desk.json');
  writeFileSync(path, JSON.stringify(json));
  return () => settingsFor({ stack: path }).values;
}

it('keeps the default of what is left out', () => {
  const config = read({ desk: { books: [{ book: 'a' }, { book: 'b', risk: { margin: 0.05 } }] } })();
  expect(config.desk.books.map(({ book, risk }) => [book, risk.margin])).toEqual([
    ['a', 0.1],
    ['b', 0.05],
  ]);
  expect(config.macro).toEqual(DEFAULT_STACK_CONFIG.macro);
  expect(read({})()).toMatchObject(DEFAULT_STACK_CONFIG);
});

it.each([
  [
    { desk: { books: [{ risk: { marign: 0.1 } }] } },
    /no "desk\.books\.0\.risk\.marign" \(.*desk\.json\)\. Did you mean "margin"\?/,
  ],
  [{ notifier: { chats: ['1'] } }, /no "notifier\.chats"/],
  [{ desk: { books: [{ book: 'a' }, { book: 'a' }] } }, /a different name for each book/],
  [{ macro: { bias: { engageAt: 101 } } }, /macro\.bias\.engageAt/],
  // Sums of it have no end.
  [{ desk: { books: [{ risk: { startEquity: 1e308 } }] } }, /risk\.startEquity/],
  // All of it would be asked of the exchange before anything else.
  [{ desk: { books: [{ risk: { correlationMinutes: 1e15 } }] } }, /risk\.correlationMinutes/],
])('refuses %j by its name', (json, message) => {
  expect(read(json)).toThrow(ConfigError);
  expect(read(json)).toThrow(message);
});

it('takes chats from the environment, beside the token', () => {
  const token = '123456789:a-token-that-must-not-be-seen-anywhere';
  expect(telegramAccess({})).toBe(null);
  expect(telegramAccess({ CST_TELEGRAM_CHATS: '1' })).toBe(null);
  const access = telegramAccess({ CST_TELEGRAM_TOKEN: token, CST_TELEGRAM_CHATS: ' 42, -1001234 ' });
  expect(access).toMatchObject({ token, chats: ['42', '-1001234'] });
  for (const chats of ['', 'me', '0', '1,,x']) {
    const wrong = () => telegramAccess({ CST_TELEGRAM_TOKEN: token, CST_TELEGRAM_CHATS: chats });
    expect(wrong).toThrow(/Expected CST_TELEGRAM_CHATS/);
    expect(wrong).not.toThrow(token);
  }
});
