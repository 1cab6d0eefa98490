import { afterEach, expect, it } from 'vitest';
import { NotFoundError, UpstreamError } from '../../../schemas/errors.ts';
import { MINUTE_MS } from '../../../schemas/primitives.ts';
import { ManualClock } from '../../clock/manual.ts';
import type { KlineQuery } from '../../exchanges/venue.ts';
import { openDuckDbHistory } from '../duckdb.ts';
import type { History } from '../port.ts';
import { BackfillCursor } from './cursor.ts';
import { exchange } from './exchange.fixture.ts';
import { backfillKlines, type KlineBackfill } from './klines.ts';

const START = Date.UTC(2025, 0, 1);
const MINUTES = 10_000;
const SPAN = { fromMs: START, toMs: START + MINUTES * MINUTE_MS };
const FEW = { toMs: START + 2_000 * MINUTE_MS };
const QUERY = { venue: 'bybit', interval: '1m', symbols: ['BTCUSDT'], ...SPAN } as const;

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function stage() {
  const history = await openDuckDbHistory({ path: ':memory:' });
  const cursor = new BackfillCursor(':memory:');
  closing.push(
    () => history.close(),
    () => cursor.close(),
  );
  const clock = new ManualClock(START + 365 * 86_400_000);
  const run = (rest: KlineBackfill['rest'], changes: Partial<KlineBackfill> = {}) =>
    backfillKlines({
      history,
      cursor,
      target: 'test',
      rest,
      venue: 'bybit',
      symbols: ['BTCUSDT'],
      interval: '1m',
      ...SPAN,
      clock,
      ...changes,
    });
  return { history, cursor, clock, run };
}

const ledger = (history: History) =>
  history.query('SELECT kind, "from", "to", resolved FROM feed_events ORDER BY ts, kind');

it('brings every bar once, and asks for none again', async () => {
  const { history, run } = await stage();
  const first = exchange();
  const shares: number[] = [];
  expect(await run(first, { onProgress: (share) => shares.push(share) })).toEqual({
    fetched: MINUTES,
    pages: 11,
    pagesKnown: 0,
    verdicts: [{ symbol: 'BTCUSDT', expected: MINUTES, bars: MINUTES, holes: [] }],
  });
  expect(shares).toEqual([8 / 11, 1]);
  const bars = await history.candles(QUERY);
  expect(bars.map(({ openTime }) => openTime)).toEqual(
    Array.from({ length: MINUTES }, (_, i) => START + i * MINUTE_MS),
  );
  const second = exchange();
  expect(await run(second)).toMatchObject({ fetched: 0, pages: 0, pagesKnown: 11 });
  expect(second.asked).toEqual([]);
  expect(await ledger(history)).toEqual([]);
});

it('goes on where the exchange or the disk stopped it', async () => {
  const { history, run } = await stage();
  const good = exchange();
  let left = 9;
  const failing = {
    ...good,
    klines: (query: KlineQuery) => {
      left -= 1;
      return left < 0 ? Promise.reject(new UpstreamError('away')) : good.klines(query);
    },
  };
  await expect(run(failing)).rejects.toThrow('away');
  const full = {
    candles: history.candles.bind(history),
    query: history.query.bind(history),
    close: async () => {},
    insert: () => Promise.reject(new UpstreamError('disk full')),
  };
  await expect(run(exchange(), { history: full })).rejects.toThrow('disk full');
  const again = exchange();
  expect(await run(again)).toMatchObject({ pages: 3, pagesKnown: 8 });
  expect(await history.candles(QUERY)).toHaveLength(MINUTES);
});

it('takes each bar once of answers that are out of order and overlap', async () => {
  const { history, run } = await stage();
  const good = exchange();
  const odd = {
    ...good,
    klines: async (query: KlineQuery) => {
      const bars = await good.klines({ ...query, fromMs: query.fromMs - 5 * MINUTE_MS });
      return [...bars.slice(500), ...bars.slice(0, 510)];
    },
  };
  expect(await run(odd, FEW)).toMatchObject({ fetched: 2_000, verdicts: [{ bars: 2_000, holes: [] }] });
  expect(await history.candles({ ...QUERY, ...FEW })).toHaveLength(2_000);
  expect(await run(odd, FEW)).toMatchObject({ fetched: 0, pages: 0 });
});

it('fills a history that was lost, whatever is remembered', async () => {
  const { run, cursor } = await stage();
  await run(exchange(), FEW);
  const history = await openDuckDbHistory({ path: ':memory:' });
  closing.push(() => history.close());
  expect(await run(exchange(), { ...FEW, history, cursor })).toMatchObject({ fetched: 2_000 });
});

it('writes what the exchange lacks to the gap ledger, does not ask again, and takes it off when it is filled', async () => {
  const { history, run, cursor } = await stage();
  const from = START + 1_500 * MINUTE_MS;
  const to = from + 30 * MINUTE_MS;
  const lacking = (openTime: number) => openTime >= from && openTime < to;
  const hole = { fromMs: from, toMs: to };
  expect((await run(exchange(lacking), FEW)).verdicts).toEqual([
    { symbol: 'BTCUSDT', expected: 2_000, bars: 1_970, holes: [hole] },
  ]);
  const span = { from: new Date(from).toISOString(), to: new Date(to).toISOString() };
  const gap = { kind: 'GAP', ...span, resolved: false };
  expect(await ledger(history)).toEqual([gap]);
  const second = exchange(lacking);
  await run(second, FEW);
  expect(second.asked).toEqual([]);
  expect(await ledger(history)).toEqual([gap]);
  const forgetful = new BackfillCursor(':memory:');
  closing.push(() => forgetful.close());
  expect((await run(exchange(), { ...FEW, cursor: forgetful })).verdicts[0]!.holes).toEqual([]);
  expect(await ledger(history)).toEqual([gap, { kind: 'RECOVERED', ...span, resolved: true }]);
  expect(cursor).toBeDefined();
});

it('asks for nothing before a listing, nor for bars that have not settled', async () => {
  const { run, clock } = await stage();
  const listedMs = START + 90_500;
  clock.advanceTo(START + 400 * 86_400_000);
  const now = clock.now();
  const rest = exchange(undefined, listedMs);
  const { verdicts } = await run(rest, { toMs: START + 5 * MINUTE_MS });
  expect(verdicts).toEqual([{ symbol: 'BTCUSDT', expected: 3, bars: 3, holes: [] }]);
  const young = exchange(undefined, now - 10 * MINUTE_MS);
  const {
    verdicts: [today],
  } = await run(young, { fromMs: now - 60 * MINUTE_MS, toMs: now + 60 * MINUTE_MS });
  expect(today).toMatchObject({ expected: 9, bars: 9 });
});

it('refuses what the exchange does not list', async () => {
  const { run } = await stage();
  await expect(run(exchange(), { symbols: ['BTCUSD'] })).rejects.toThrow(NotFoundError);
});
