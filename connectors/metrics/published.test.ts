import { expect, it } from 'vitest';
import { z } from 'zod';
import { Candle, candleId } from '../../schemas/candle.ts';
import { HOUR_MS, MINUTE_MS } from '../../schemas/primitives.ts';
import type { TopicName } from '../../schemas/topics.ts';
import type { MessageBus } from '../bus/port.ts';
import { ManualClock } from '../clock/manual.ts';
import { scraped, unlisted } from './exposition.fixture.ts';
import { Meter } from './meter.ts';
import { countPublished } from './published.ts';

const START = Date.UTC(2026, 2, 1);

function setUp() {
  const clock = new ManualClock(START);
  const meter = new Meter(['graph']);
  const taken: TopicName[] = [];
  const under: MessageBus = {
    publish: async (topic) => void taken.push(topic),
    subscribe: () => Promise.reject(new Error('nobody reads')),
    close: async () => undefined,
  };
  const bus = countPublished(under, meter, clock);
  const publish = (topic: TopicName, message: unknown) =>
    bus.publish(topic, [{ data: Buffer.from(JSON.stringify(message)), attributes: {}, orderingKey: '' }]);
  const read = async (name: string, labels = {}) => {
    const text = await meter.text();
    expect(unlisted(text)).toEqual([]);
    const wanted = Object.entries(labels);
    return scraped(text)
      .filter((one) => one.name === name && wanted.every(([label, is]) => one.labels[label] === is))
      .map(({ value }) => value);
  };
  return { clock, under, bus, taken, publish, read };
}

function bar(change: Partial<Candle> = {}) {
  const prices = { open: 10, high: 11, low: 9, close: 10, vwap: 10 };
  const sums = {
    volume: 1,
    turnover: 10,
    buyVolume: 1,
    trades: 1,
    coverage: 1,
    filled: false,
    complete: true,
  };
  const known = { venue: 'bybit', symbol: 'BTCUSDT', interval: '1m', openTime: START, revision: 1 } as const;
  const candle = { ...known, ...prices, ...sums, ...change };
  return z.encode(Candle, { ...candle, id: candleId(candle) });
}

it('counts bars by interval and completeness, and how long after its close each came first', async () => {
  const { clock, publish, read } = setUp();
  await clock.advanceTo(clock.now() + MINUTE_MS + 2_500);
  await publish('market-candles', bar());
  await publish('market-candles', bar({ interval: '5m', complete: false }));
  await clock.advanceTo(clock.now() + 30_000);
  await publish('market-candles', bar({ revision: 2, complete: false }));
  expect(await read('cst_candles_total', { interval: '1m', complete: 'true' })).toEqual([1]);
  expect(await read('cst_candles_total', { interval: '1m', complete: 'false' })).toEqual([1]);
  expect(await read('cst_candles_total', { interval: '5m', complete: 'false' })).toEqual([1]);
  expect(await read('cst_candle_delay_seconds_sum')).toEqual([2.5]);
  expect(await read('cst_candle_delay_seconds_count')).toEqual([1]);
  expect(await read('cst_candle_age_seconds', { symbol: 'BTCUSDT' })).toEqual([32.5]);
});

it('forgets a symbol that others have left behind, and none while all stand still', async () => {
  const { clock, publish, read } = setUp();
  await publish('market-candles', bar());
  await publish('market-candles', bar({ symbol: 'ETHUSDT' }));
  await clock.advanceTo(clock.now() + 2 * HOUR_MS);
  expect(await read('cst_candle_age_seconds')).toEqual([7_140, 7_140]);
  await publish('market-candles', bar({ openTime: START + 2 * HOUR_MS - MINUTE_MS }));
  expect(await read('cst_candle_age_seconds')).toEqual([0]);
});

it('passes on what it cannot read, and counts nothing that the bus refused', async () => {
  const { under, taken, publish, read } = setUp();
  await publish('market-candles', { not: 'a bar' });
  expect(taken).toEqual(['market-candles']);
  expect(await read('cst_published_total', { topic: 'market-candles' })).toEqual([1]);
  under.publish = () => Promise.reject(new Error('away'));
  await expect(publish('market-candles', bar())).rejects.toThrow('away');
  expect(await read('cst_published_total', { topic: 'market-candles' })).toEqual([1]);
});
