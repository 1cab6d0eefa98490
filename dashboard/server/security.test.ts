import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../schemas/errors.ts';
import { HOUR_MS } from '../../schemas/primitives.ts';
import { Access, isOurHost, isOurOrigin } from './security.ts';

const TOKEN = 'correct horse battery staple';
const NOW = Date.UTC(2024, 4, 1);

describe('names that are ours', () => {
  it.each([
    ['127.0.0.1', '127.0.0.1:8484', true],
    ['127.0.0.1', 'localhost:8484', true],
    ['127.0.0.1', 'LocalHost', true],
    ['::1', '[::1]:8484', true],
    ['127.0.0.1', 'evil.example:8484', false],
    ['127.0.0.1', '127.0.0.1.evil.example', false],
    ['127.0.0.1', '192.168.1.7:8484', false],
    ['127.0.0.1', 'localhost:8484@evil.example', false],
    ['127.0.0.1', '', false],
    ['127.0.0.1', undefined, false],
    ['192.168.1.7', '192.168.1.7:8484', true],
    ['192.168.1.7', 'localhost:8484', false],
    ['signals.lan', 'Signals.LAN:8484', true],
    ['0.0.0.0', '192.168.1.7:8484', true],
    ['0.0.0.0', 'localhost', true],
    ['0.0.0.0', 'evil.example', false],
    ['::', '[2001:db8::7]:8484', true],
  ])('bound to %s, asked for %s: %s', (bound, header, isOurs) => {
    expect(isOurHost(header, bound)).toBe(isOurs);
  });
});

describe('a request', () => {
  const host = 'localhost:8484';
  it.each([
    [{ host }, true],
    [{ host, origin: 'http://localhost:8484', 'sec-fetch-site': 'same-origin' }, true],
    [{ host, origin: 'http://evil.example' }, false],
    [{ host, origin: 'http://localhost:3000' }, false],
    [{ host, origin: 'http://localhost' }, false],
    [{ host: 'LOCALHOST:8484', origin: 'http://localhost:8484' }, true],
    [{ host, origin: 'null' }, false],
    [{ host, 'sec-fetch-site': 'cross-site' }, false],
    [{ host, 'sec-fetch-site': 'same-site' }, false],
  ])('asked for by %j: %s', (headers, isOurs) => {
    expect(isOurOrigin(headers)).toBe(isOurs);
  });
});

describe('access', () => {
  const access = new Access(TOKEN);
  const cookieOf = (text: string) => text.split(';')[0]!;

  it('is for everybody where no token is wanted', () => {
    expect(new Access(null).isGranted({}, NOW)).toBe(true);
    expect(new Access(null).isToken('')).toBe(false);
  });

  it('is for who has the token', () => {
    expect(access.isGranted({ authorization: `Bearer ${TOKEN}` }, NOW)).toBe(true);
    for (const authorization of ['', TOKEN, `Bearer ${TOKEN} `, `bearer ${TOKEN}`, 'Bearer ']) {
      expect(access.isGranted({ authorization }, NOW), authorization).toBe(false);
    }
  });

  it('is for who has a cookie that was given for it, for a day', () => {
    const cookie = cookieOf(access.cookie(NOW));
    expect(access.isGranted({ cookie }, NOW)).toBe(true);
    expect(access.isGranted({ cookie: `a=b; ${cookie}; c=d` }, NOW + 23 * HOUR_MS)).toBe(true);
    expect(access.isGranted({ cookie }, NOW + 24 * HOUR_MS)).toBe(false);
    expect(new Access(`${TOKEN}!`).isGranted({ cookie }, NOW)).toBe(false);
  });

  it('is not for who changes the cookie', () => {
    const cookie = cookieOf(access.cookie(NOW));
    const later = cookie.replace(/=(\d)/, '=9');
    for (const changed of [
      later,
      cookie.slice(0, -1),
      `${cookie}0`,
      cookieOf(access.cookie(null)),
      `x${cookie}`,
    ]) {
      expect(access.isGranted({ cookie: changed }, NOW), changed).toBe(false);
    }
  });

  it('gives a cookie that no script reads and no other site sends, and that does not tell the token', () => {
    const cookie = access.cookie(NOW);
    expect(cookie).toMatch(/; HttpOnly; SameSite=Strict; Path=\/; Max-Age=86400$/);
    expect(cookie).not.toContain(TOKEN);
  });

  it('takes no token that can be guessed, and does not repeat it', () => {
    expect(() => new Access('short')).toThrow(ConfigError);
    expect(() => new Access('short')).toThrow(/^(?!.*short).*at least 16 characters, got 5/);
  });
});
