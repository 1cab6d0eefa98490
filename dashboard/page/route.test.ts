import { expect, it } from 'vitest';
import { hashOf, placeOf } from './route.ts';

it('writes only what is not usual, and reads it again', () => {
  const place = {
    pair: 'ETHUSDT',
    interval: '15m',
    view: 'feed',
    signal: 'sr-exhaustion:a b:ETHUSDT:LONG:1',
    source: 'replay',
  } as const;
  expect(placeOf(hashOf(place))).toEqual(place);
  expect(hashOf(placeOf(''))).toBe('#');
});

it('takes the usual for what it does not know', () => {
  expect(placeOf('#pair=BTCUSDT&interval=7m&view=moon&source=x')).toEqual({
    pair: 'BTCUSDT',
    interval: '1m',
    view: 'chart',
    signal: null,
    source: 'live',
  });
});
