import { expect, it } from 'vitest';
import { candle } from '../../connectors/history/contract.ts';
import { position, scalp } from '../../functions/telegram-notifier/told.fixture.ts';
import { bias } from '../../functions/trade-desk/trade-desk.fixture.ts';
import { HOUR_MS } from '../../schemas/primitives.ts';
import { Told } from './told.ts';

it('keeps the newest of what has no end', () => {
  const told = new Told();
  for (let n = 0; n < 2_000; n++) {
    told.signal(scalp(n));
    told.notice({ ts: n, text: `${n}` });
  }
  expect(told.signals().map(({ id }) => id)).toEqual(
    Array.from({ length: 500 }, (_, n) => scalp(1_500 + n).id),
  );
  expect([told.notices.length, told.notices[0]!.text]).toEqual([50, '1999']);
});

it('forgets symbols that are followed no more', () => {
  const told = new Told();
  for (let n = 0; n < 100; n++) {
    told.minutesOf(`S${n}`, `S${n}`).trade(n, 1, 1);
    told.minute(candle({ symbol: `S${n}` }));
  }
  told.keepOnly(['S7', 'S8', 'NEW']);
  expect([[...told.minutes.keys()], [...told.closed.keys()]]).toEqual([
    ['S7', 'S8'],
    ['S7', 'S8'],
  ]);
});

it('tells a signal once, and again with each event of it alone', () => {
  const told = new Told();
  expect(told.signal(scalp(1))).toMatchObject({ outcomes: [] });
  expect(told.signal(scalp(1))).toBeNull();
  expect(told.position(position(scalp(1), { book: 'a' }))).toMatchObject({ outcomes: [{ state: 'OPEN' }] });
  expect(told.position(position(scalp(2), { book: 'a' }))).toBeNull();
});

it('takes no bias that is older than the one it has', () => {
  const told = new Told();
  expect(told.bias(bias('LONG', { timestamp: 2 }))).toBe(true);
  expect(told.bias(bias('SHORT', { timestamp: 1 }))).toBe(false);
  expect(told.bias(bias('LONG', { timestamp: 2 }))).toBe(false);
  expect(told.biases.get('BTCUSDT')!.bias).toBe('LONG');
});

it('knows the price of a day ago by the last hour that had closed', () => {
  const told = new Told();
  const hours = [1, 2, 3].map((n) => candle({ interval: '1h', openTime: n * HOUR_MS, close: 61_000 + n }));
  told.hours.set('BTCUSDT', hours);
  expect(told.closeBy('BTCUSDT', 2 * HOUR_MS)).toBe(61_001);
  expect(told.closeBy('BTCUSDT', 4 * HOUR_MS - 1)).toBe(61_002);
  expect(told.closeBy('BTCUSDT', 4 * HOUR_MS)).toBe(61_003);
  expect(told.closeBy('BTCUSDT', 2 * HOUR_MS - 1)).toBeUndefined();
  expect(told.closeBy('ETHUSDT', 9 * HOUR_MS)).toBeUndefined();
});
