import { describe, expect, it, type TestContext } from 'vitest';
import { z } from 'zod';
import type { BookSnapshot } from '../../schemas/book-snapshot.ts';
import { type Candle, candleId } from '../../schemas/candle.ts';
import { HOUR_MS, MINUTE_MS } from '../../schemas/primitives.ts';
import { OWNED_STATE } from '../../schemas/state.ts';
import { ManualClock } from '../clock/manual.ts';
import { candle } from '../history/contract.ts';
import { OwnedRows } from './owned.ts';
import { candlesOf, findRecord, keepNewest, listRecords } from './records.ts';
import { openSqliteStore } from './sqlite.ts';

const START = Date.UTC(2024, 2, 1);
const SERIES = { venue: 'bybit', symbol: 'BTCUSDT', interval: '1m' } as const;
const barAt = (minute: number, changes: Partial<Candle> = {}): Candle => {
  const bar = candle({ openTime: START + minute * MINUTE_MS, ...changes });
  return { ...bar, id: candleId(bar) };
};
const depth = { bps5: 1, bps10: 2, bps25: 3, bps50: 4 };
const snapshotOf = (symbol: string, ts: number): BookSnapshot => ({
  id: `bybit:${symbol}:${ts}`,
  venue: 'bybit',
  symbol,
  ts,
  bestBid: 1,
  bestAsk: 2,
  bidDepth: depth,
  askDepth: depth,
  lastPrice: null,
  lastTradeTs: null,
  lastTradeSeq: null,
  fundingRate: null,
  nextFundingTime: START,
  markPrice: 1.5,
  openInterest: null,
  connected: true,
  lastTradeAgeMs: null,
  desyncMs: 0,
  publishedTrades: 7,
});

async function open(test: Pick<TestContext, 'onTestFinished'>) {
  const clock = new ManualClock(START);
  const store = await openSqliteStore({ path: ':memory:', clock });
  test.onTestFinished(() => store.close());
  return { store, clock };
}

describe('records', () => {
  it('are found as they were kept, the newest of each key', async (test) => {
    const { store } = await open(test);
    const [older, newer] = [snapshotOf('BTCUSDT', START), snapshotOf('BTCUSDT', START + 1_000)];
    expect(await keepNewest(store, 'snapshot', newer)).toBe(true);
    expect(await keepNewest(store, 'snapshot', older)).toBe(false);
    expect(await keepNewest(store, 'snapshot', newer)).toBe(false);
    await keepNewest(store, 'snapshot', snapshotOf('ETHUSDT', START));
    expect(await findRecord(store, 'snapshot', { venue: 'bybit', symbol: 'BTCUSDT' })).toEqual(newer);
    expect(await findRecord(store, 'snapshot', { venue: 'kraken', symbol: 'BTCUSDT' })).toBeNull();
    const all = await listRecords(store, 'snapshot');
    expect(all.map(({ symbol }) => symbol)).toEqual(['BTCUSDT', 'ETHUSDT']);
    expect(await listRecords(store, 'snapshot', {}, 1)).toEqual([newer]);
  });

  it('end when their time is over', async (test) => {
    const { store, clock } = await open(test);
    await keepNewest(store, 'snapshot', snapshotOf('BTCUSDT', START));
    await clock.advanceTo(START + 24 * HOUR_MS);
    expect(await listRecords(store, 'snapshot')).toEqual([]);
  });

  it('are refused by name where the row is not of their schema', async (test) => {
    const { store } = await open(test);
    await store.put('levels#BTCUSDT', { value: '{"id":1}' });
    const reading = findRecord(store, 'levels', { pair: 'BTCUSDT' });
    await expect(reading).rejects.toThrow('Expected row "levels#BTCUSDT" of the state store to fit');
  });
});

describe('candles', () => {
  it('come by open time, each in its highest revision, of one series', async (test) => {
    const { store } = await open(test);
    const bars = [barAt(2), barAt(0), barAt(1, { revision: 70 }), barAt(1, { revision: 69 })];
    const others = [
      barAt(0, { symbol: 'BTCUSDT2' }),
      barAt(0, { interval: '15m' }),
      barAt(1, { venue: 'kraken' }),
    ];
    for (const bar of [...bars, ...others]) await keepNewest(store, 'candle', bar);
    expect(await candlesOf(store, SERIES)).toEqual([barAt(0), barAt(1, { revision: 70 }), barAt(2)]);
  });

  it('come from a range of open times, the newest so many', async (test) => {
    const { store } = await open(test);
    await Promise.all(Array.from({ length: 1_500 }, (_, i) => keepNewest(store, 'candle', barAt(i))));
    const minutes = async (range: { fromMs?: number; toMs?: number; limit?: number }) => {
      const bars = await candlesOf(store, { ...SERIES, ...range });
      return bars.map(({ openTime }) => (openTime - START) / MINUTE_MS);
    };
    const at = (minute: number) => START + minute * MINUTE_MS;
    expect(await minutes({})).toEqual(Array.from({ length: 1_500 }, (_, i) => i));
    expect(await minutes({ limit: 3 })).toEqual([1497, 1498, 1499]);
    expect(await minutes({ fromMs: at(10), toMs: at(13) })).toEqual([10, 11, 12]);
    expect(await minutes({ fromMs: at(10) + 1, toMs: at(13) + 1 })).toEqual([11, 12, 13]);
    expect(await minutes({ toMs: at(13), limit: 2 })).toEqual([11, 12]);
    expect(await minutes({ fromMs: at(1498) })).toEqual([1498, 1499]);
    expect(await minutes({ fromMs: at(13), toMs: at(13) })).toEqual([]);
    expect(await minutes({ fromMs: -5, toMs: Number.POSITIVE_INFINITY, limit: 1 })).toEqual([1499]);
  });
});

describe('owned rows', () => {
  const Count = z.object({ count: z.number() });
  const made = async (test: TestContext) => new OwnedRows((await open(test)).store, 'desk-book', Count);

  it('are replaced only in the version that was read', async (test) => {
    const rows = await made(test);
    expect(await rows.read('default')).toBeNull();
    expect(await rows.replace(['default'], 0, { count: 1 })).toBe(true);
    expect(await rows.replace(['default'], 0, { count: 2 })).toBe(false);
    expect(await rows.read('default')).toEqual({ value: { count: 1 }, version: 1 });
    expect(await rows.replace(['default'], 1, { count: 2 })).toBe(true);
    expect(await rows.replace(['default'], 1, { count: 3 })).toBe(false);
    expect(await rows.list()).toEqual([{ value: { count: 2 }, version: 2 }]);
  });

  it('lose no update of many at once', async (test) => {
    const rows = await made(test);
    const add = () => rows.update(['default'], (value) => ({ count: (value?.count ?? 0) + 1 }));
    const counts = await Promise.all(Array.from({ length: 50 }, add));
    expect(counts.map((value) => value!.count).toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: 50 }, (_, i) => i + 1),
    );
    expect(await rows.update(['default'], () => null)).toEqual({ count: 50 });
    expect(await rows.update(['other'], () => null)).toBeNull();
    expect(await rows.list()).toHaveLength(1);
  });

  it('travel in wire form', async (test) => {
    const { store } = await open(test);
    const flags = new OwnedRows(store, 'pause', OWNED_STATE.pause.schema);
    const flag = { scope: 'all', paused: true, setAt: START, setBy: '@trader', reason: 'news' };
    await flags.replace([flag.scope], 0, flag);
    expect((await store.get('pause#all'))!.value).toContain('"setAt":"2024-03-01T00:00:00.000Z"');
    expect((await flags.read('all'))!.value).toEqual(flag);
  });
});
