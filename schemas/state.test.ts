import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Candle } from './candle.ts';
import { DAY_MS, HOUR_MS, MAX_EVENT_TIME } from './primitives.ts';
import { OWNED_KINDS, PUBLISHED_KINDS, PUBLISHED_STATE, type PublishedState } from './state.ts';
import { endOf, newestFirst, ownedKey, publishedKey, publishedPrefix, rankOf } from './state-keys.ts';
import { TOPICS, type Topic } from './topics.ts';

const START = Date.UTC(2024, 2, 1);
const series = { venue: 'bybit', symbol: 'BTCUSDT', interval: '1m' } as const;
const times = fc.integer({ min: 0, max: MAX_EVENT_TIME });

describe('the list', () => {
  it.each(PUBLISHED_KINDS)('fits the topic of %s', (kind) => {
    const { schema, topic, key, newestBy, keep }: PublishedState = PUBLISHED_STATE[kind];
    const { schema: published, readers }: Topic = TOPICS[topic];
    expect(schema).toBe(published);
    expect(readers).toContain('Bigtable');
    const fields = key.flatMap((part) => part.replace(/^-/, '').split(':'));
    for (const field of [...fields, ...newestBy, keep.after]) expect(schema.shape).toHaveProperty(field);
  });

  it('has a kind of its own for each sink and owner, and no kind for two', () => {
    const topics = PUBLISHED_KINDS.map((kind) => PUBLISHED_STATE[kind].topic);
    expect(new Set(topics).size).toBe(topics.length);
    const readers = Object.entries(TOPICS).filter(([, { readers }]: [string, Topic]) =>
      readers.includes('Bigtable'),
    );
    expect(new Set(readers.map(([topic]) => topic))).toEqual(new Set(topics));
    expect(OWNED_KINDS.filter((kind) => (PUBLISHED_KINDS as string[]).includes(kind))).toEqual([]);
  });
});

describe('keys', () => {
  it('go from the kind over the names to the time, newest first', () => {
    const key = publishedKey('candle', { ...series, openTime: START });
    expect(key).toBe('candle#bybit:BTCUSDT#1m#251661513599999');
    expect(publishedKey('snapshot', { venue: 'kraken', symbol: 'BTC/USD' })).toBe('snapshot#kraken:BTC/USD');
    expect(publishedKey('levels', { pair: 'BTCUSDT' })).toBe('levels#BTCUSDT');
    expect(ownedKey('desk-book', ['default'])).toBe('desk-book#default');
  });

  it('sort by time alone, the newest first', () => {
    fc.assert(
      fc.property(times, times, (a, b) => {
        expect(Math.sign(a - b)).toBe(newestFirst(a) < newestFirst(b) ? 1 : a === b ? 0 : -1);
      }),
      { seed: 1 },
    );
  });

  it('of different names differ, are printable, and lie within the prefix of their names alone', () => {
    const names = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(names, names, times, (a, b, ts) => {
        const keyOf = (pair: string, id: string) => publishedKey('position-event', { pair, ts, id });
        expect(keyOf(a, b)).toMatch(/^[\x21-\x7e]+$/);
        expect(keyOf(a, b).startsWith(publishedPrefix('position-event', { pair: a }))).toBe(true);
        expect(keyOf(a, b) === keyOf(b, a)).toBe(a === b);
        expect(keyOf(a, b).startsWith(publishedPrefix('position-event', { pair: b }))).toBe(a === b);
      }),
      { seed: 1 },
    );
    for (const pair of ['a#b', 'a%23b', 'ä', 'ä'.normalize('NFD'), 'a b', 'a\0b'])
      expect(publishedKey('bias', { pair })).toMatch(/^bias#[\x21-\x7e]+$/);
    expect(publishedKey('bias', { pair: 'a#b' })).not.toBe(publishedKey('bias', { pair: 'a%23b' }));
  });

  it('have prefixes of as many names as are known', () => {
    expect(publishedPrefix('candle')).toBe('candle#');
    expect(publishedPrefix('candle', { venue: 'bybit' })).toBe('candle#');
    expect(publishedPrefix('candle', { venue: 'bybit', symbol: 'BTCUSDT' })).toBe('candle#bybit:BTCUSDT#');
    expect(publishedPrefix('candle', series)).toBe('candle#bybit:BTCUSDT#1m#');
    expect(publishedPrefix('candle', { interval: '1m' })).toBe('candle#');
  });

  it('refuse times and names that have no place in them', () => {
    for (const openTime of [-1, MAX_EVENT_TIME + 1, Number.NaN])
      expect(() => publishedKey('candle', { ...series, openTime })).toThrow('from 1970 to 9999');
    const long = { pair: 'BTCUSDT', ts: START, id: 'ä'.repeat(300) };
    expect(() => publishedKey('position-event', long)).toThrow('at most 1024');
  });
});

it('ranks records as their fields do, the first one first', () => {
  const whole = fc.maxSafeNat();
  fc.assert(
    fc.property(fc.tuple(whole, whole), fc.tuple(whole, whole), ([a, ra], [b, rb]) => {
      const rank = (asOf: number, revision: number) => rankOf('levels', { asOf, revision } as never);
      const expected = Math.sign(a - b) || Math.sign(ra - rb);
      expect(rank(a, ra) > rank(b, rb) ? 1 : rank(a, ra) < rank(b, rb) ? -1 : 0).toBe(expected);
    }),
    { seed: 1 },
  );
  expect(() => rankOf('levels', { asOf: -1, revision: 0 } as never)).toThrow('at least 0');
});

it('keeps candles for a number of bars, all else for a time', () => {
  const bar = { ...series, openTime: START } as Candle;
  expect(endOf('candle', bar)).toBe(START + 2_000 * 60_000);
  expect(endOf('candle', { ...bar, interval: '4h' })).toBe(START + 2_000 * 4 * HOUR_MS);
  expect(endOf('levels', { asOf: START } as never)).toBe(START + 7 * DAY_MS);
  expect(endOf('bias', { expires_at: START } as never)).toBe(START + DAY_MS);
});
