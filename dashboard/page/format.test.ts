import { describe, expect, it } from 'vitest';
import {
  age,
  bytes,
  dateTime,
  decimalsOf,
  duration,
  fixed,
  partsOf,
  percent,
  signed,
  words,
} from './format.ts';

describe('numbers', () => {
  it.each([
    [fixed(65_425, 1), '65,425.0'],
    [fixed(-0.001, 2), '0.00'],
    [fixed(-1.5, 2), '−1.50'],
    [fixed(null, 2), '–'],
    [signed(41.2, 2), '+41.20'],
    [signed(0, 2), '0.00'],
    [percent(-0.0365), '−3.65 %'],
    [percent(undefined), '–'],
    [bytes(5_560_000), '5.56 MB'],
    [bytes(512), '512 B'],
  ])('%s is %s', (written, expected) => expect(written).toBe(expected));

  it('has as many decimals as it needs', () => {
    expect([65_000, 0.1, 0.00001, 1.5e-8].map(decimalsOf)).toEqual([0, 1, 5, 8]);
  });
});

describe('times', () => {
  it.each([
    [age(59_999), '59s'],
    [age(90_000), '1m'],
    [age(7_200_000), '2h'],
    [age(null), '–'],
    [duration(0.4), '0.4 ms'],
    [duration(1_500), '1.5 s'],
    [dateTime('2026-11-21T21:04:07.000Z'), '21 Nov 21:04'],
  ])('%s is %s', (written, expected) => expect(written).toBe(expected));
});

it('writes names as words', () => {
  expect(['rsi_extreme', 'PAIR_OPEN', 'orderBookFlip', 'rsi7'].map(words)).toEqual([
    'RSI extreme',
    'Pair open',
    'Order book flip',
    'RSI7',
  ]);
});

it('parts a pair into base and quote', () => {
  expect(['BTCUSDT', 'ETHBTC', 'ODD'].map(partsOf)).toEqual([
    ['BTC', 'USDT'],
    ['ETH', 'BTC'],
    ['ODD', ''],
  ]);
});
