import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ConfigError } from '../schemas/errors.ts';
import { settingsFor } from './config/files.ts';
import { deadManUrlOf } from './dead-man.ts';
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

it('takes the token from a file, and an empty variable for none', () => {
  const token = '123456789:a-token-that-must-not-be-seen-anywhere';
  const path = join(mkdtempSync(join(tmpdir(), 'token-')), 'token');
  writeFileSync(path, `${token}\n`);
  const environment = { CST_TELEGRAM_TOKEN_FILE: path, CST_TELEGRAM_CHATS: '', CST_TELEGRAM_API: '' };
  const settings = { chats: ['42'], api: 'http://127.0.0.1:8081' };
  const access = { token, chats: ['42'], apiRoot: settings.api };
  expect(telegramAccess(environment, settings)).toEqual(access);
  expect(telegramAccess({ ...environment, CST_TELEGRAM_TOKEN: '' }, settings)).toEqual(access);
  expect(() => telegramAccess({ ...environment, CST_TELEGRAM_TOKEN: token }, settings)).toThrow(/got both/);
  expect(telegramAccess({ CST_TELEGRAM_TOKEN_FILE: '' }, settings)).toBe(null);
});

it('takes the address of a dead-man switch from a file, too', () => {
  const path = join(mkdtempSync(join(tmpdir(), 'dead-man-')), 'url');
  writeFileSync(path, 'https://example.com/ping/hidden\n');
  expect(deadManUrlOf({ CST_DEADMAN_URL_FILE: path })).toBe('https://example.com/ping/hidden');
  writeFileSync(path, 'hidden');
  expect(() => deadManUrlOf({ CST_DEADMAN_URL_FILE: path })).toThrow(/Expected CST_DEADMAN_URL/);
  expect(() => deadManUrlOf({ CST_DEADMAN_URL_FILE: path })).not.toThrow('hidden');
});
