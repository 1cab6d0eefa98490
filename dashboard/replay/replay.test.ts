import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { candle } from '../../connectors/history/contract.ts';
import { row, signal } from '../../functions/trade-desk/trade-desk.fixture.ts';
import { Candle, candleId } from '../../schemas/candle.ts';
import { FeatureRow } from '../../schemas/feature-row.ts';
import { INTERVAL_MS, type Interval, MINUTE_MS } from '../../schemas/primitives.ts';
import { ScalpSignal } from '../../schemas/scalp-signal.ts';
import { wireJson } from '../../schemas/wire-json.ts';
import { Replays, ROUTES } from '../api.ts';
import { NOW, TestDashboard } from '../dashboard.fixture.ts';
import { extentOf, type Published, publishedIn } from './published.ts';
import { findRecordings } from './recordings.ts';

const PATIENCE = { timeout: 30_000, interval: 20 };
const MINUTES = 12;
let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'replay-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const bar = (interval: Interval, openTime: number, symbol = 'BTCUSDT') => {
  const made = candle({ interval, openTime, symbol, high: 70_000, low: 60_000, close: 61_000 });
  return { ...made, id: candleId(made) };
};

/** What `cst replay` writes of twelve minutes of two symbols, with a signal at the end of the third. */
function writeOutput(folder: string): void {
  const lines = (schema: Parameters<typeof wireJson>[0], records: readonly object[]) =>
    records.map((record) => `${wireJson(schema, record)}\n`).join('');
  const minutes = Array.from({ length: MINUTES }, (_, n) => NOW + n * MINUTE_MS);
  const known = [3, 2, 1].map((n) => bar('1h', NOW - n * INTERVAL_MS['1h']));
  const candles = minutes.flatMap((openTime, n) => [
    ...['BTCUSDT', 'ETHUSDT'].map((symbol) => bar('1m', openTime, symbol)),
    ...(n % 5 === 0 ? [bar('5m', openTime)] : []),
  ]);
  const files = {
    'market-candles': lines(Candle, [...known, ...candles]),
    'market-levels': '',
    'market-features': lines(
      FeatureRow,
      minutes.map((openTime) => row({ openTime })),
    ),
    'trade-signals-micro': lines(ScalpSignal, [signal({ timestamp: NOW + 3 * MINUTE_MS })]),
  };
  for (const [topic, text] of Object.entries(files)) writeFileSync(join(folder, `${topic}.ndjson`), text);
}

describe('recordings', () => {
  it('are what lies in the folders that were named', async () => {
    writeFileSync(join(dir, 'BTCUSDT-2024-05.csv.gz'), 'trades');
    writeFileSync(join(dir, 'binance_ethusdt.parquet.parquet'), 'more');
    writeFileSync(join(dir, 'notes.txt'), 'no recording');
    writeFileSync(join(dir, 'x.csv'), 'of no symbol');
    mkdirSync(join(dir, 'frames', 'kraken'), { recursive: true });
    writeFileSync(join(dir, 'frames', 'kraken', '20260301T120000.000Z-000001.ndjson.zst'), '12345');
    mkdirSync(join(dir, 'empty'));
    const found = await findRecordings([dir, join(dir, 'missing')]);
    expect(found.map(({ path, ...is }) => is)).toEqual([
      { id: 'BTCUSDT-2024-05.csv.gz', kind: 'trades', bytes: 6, venue: 'bybit', symbol: 'BTCUSDT' },
      {
        id: 'binance_ethusdt.parquet.parquet',
        kind: 'trades',
        bytes: 4,
        venue: 'binance',
        symbol: 'ETHUSDT',
      },
      { id: 'frames', kind: 'frames', bytes: 5, venue: 'kraken', symbol: null },
    ]);
    expect((await findRecordings([join(dir, 'frames')])).map(({ id }) => id)).toEqual(['frames']);
  });

  it('are not what a link leads to elsewhere', async () => {
    const [named, other] = ['named', 'other'].map((name) => join(dir, name)) as [string, string];
    const segment = '20260301T120000.000Z-000001.ndjson.zst';
    for (const folder of [named, other]) mkdirSync(join(folder, 'of', 'bybit'), { recursive: true });
    writeFileSync(join(other, 'BTCUSDT-secret.csv'), 'trades');
    writeFileSync(join(other, 'of', 'bybit', segment), '1');
    writeFileSync(join(named, 'ETHUSDT-own.csv'), 'trades');
    symlinkSync(join(named, 'ETHUSDT-own.csv'), join(named, 'ETHUSDT-again.csv'));
    symlinkSync(join(other, 'BTCUSDT-secret.csv'), join(named, 'BTCUSDT-link.csv'));
    symlinkSync(join(other, 'of'), join(named, 'frames'));
    symlinkSync(join(other, 'of', 'bybit', segment), join(named, 'of', 'bybit', segment));
    symlinkSync(join(named, 'nowhere'), join(named, 'SOLUSDT-gone.csv'));
    const ids = async (folder: string) => (await findRecordings([folder])).map(({ id }) => id);
    expect(await ids(named)).toEqual(['ETHUSDT-again.csv', 'ETHUSDT-own.csv']);
    // A folder may be named by a link.
    symlinkSync(other, join(dir, 'link'));
    expect(await ids(join(dir, 'link'))).toEqual(['BTCUSDT-secret.csv', 'of']);
  });
});

describe('what a replay published', () => {
  it('comes when it was known', async () => {
    writeOutput(dir);
    const all = (await Readable.from(publishedIn(dir)).toArray()) as Published[];
    expect(all).toHaveLength(3 + 2 * MINUTES + 3 + MINUTES + 1);
    const times = all.map(({ at }) => at);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    for (const { topic, at, data } of all.filter((message) => message.topic === 'market-candles')) {
      const { openTime, interval } = Candle.parse(JSON.parse(Buffer.from(data).toString()));
      expect([topic, at]).toEqual(['market-candles', openTime + INTERVAL_MS[interval]]);
    }
    const ofSignal = all.findIndex(({ topic }) => topic === 'trade-signals-micro');
    expect(all[ofSignal - 1]).toMatchObject({ topic: 'market-features', at: NOW + 3 * MINUTE_MS });
  });

  it('tells which market it is of, and when', async () => {
    writeOutput(dir);
    expect(await extentOf(dir)).toEqual({
      venue: 'bybit',
      symbols: ['BTCUSDT', 'ETHUSDT'],
      fromMs: NOW,
      toMs: NOW + MINUTES * MINUTE_MS,
    });
  });
});

describe('a replay', () => {
  const prepared: string[] = [];
  let dashboard: TestDashboard;
  const open = async (prepare: (out: string, signal: AbortSignal) => Promise<void>) => {
    writeFileSync(join(dir, 'BTCUSDT-may.csv'), 'trades');
    dashboard = await TestDashboard.open({
      replays: {
        folders: [dir],
        prepare: (_, out, signal) => {
          prepared.push(out);
          return prepare(out, signal);
        },
      },
    });
  };
  const state = async () => Replays.parse((await dashboard.ask('/api/replays')).json()).replay;
  const order = (speed = 600) => dashboard.post('/api/replays', { recording: 'BTCUSDT-may.csv', speed });
  afterEach(() => dashboard.close());

  it('is played from its beginning, in a market of its own', async () => {
    await open(async (out) => writeOutput(out));
    expect((await order()).status).toBe(200);
    await vi.waitFor(async () => expect((await state())?.state).toBe('PLAYING'), PATIENCE);
    const page = await dashboard.follow(0, '/api/replay/events');
    const signals = () => page.named('signal').length;
    await vi.waitFor(() => expect(signals()).toBe(1), PATIENCE);
    await vi.waitFor(async () => expect((await state())?.state).toBe('ENDED'), PATIENCE);
    const { bars } = ROUTES['/api/candles'].answer.parse(
      (await dashboard.ask('/api/replay/candles?pair=ETHUSDT')).json(),
    );
    expect(bars.map(({ openTime }) => openTime)).toEqual(
      Array.from({ length: MINUTES }, (_, n) => NOW + n * MINUTE_MS),
    );
    expect(page.named('candle').filter(({ data }) => data.interval === '1h')).toEqual([]);
    const hours = ROUTES['/api/candles'].answer.parse(
      (await dashboard.ask('/api/replay/candles?pair=BTCUSDT&interval=1h')).json(),
    );
    expect(hours.bars).toHaveLength(3);
    const overview = ROUTES['/api/overview'].answer.parse(
      (await dashboard.ask('/api/replay/overview')).json(),
    );
    expect(overview.source).toEqual({ title: 'replay of BTCUSDT-may.csv, 600×', kind: 'replay', speed: 600 });
    const live = ROUTES['/api/signals'].answer.parse((await dashboard.ask('/api/signals')).json());
    expect(live.signals).toEqual([]);
    page.cut();
  });

  it('leaves nothing behind when it is stopped, or another takes its place', async () => {
    await open(async (out) => writeOutput(out));
    await order(1);
    await vi.waitFor(async () => expect((await state())?.state).toBe('PLAYING'), PATIENCE);
    const page = await dashboard.follow(0, '/api/replay/events');
    const ended = new Promise((resolve) => page.response.once('close', resolve));
    await order(2);
    await ended;
    await vi.waitFor(
      async () => expect(await state()).toMatchObject({ state: 'PLAYING', speed: 2 }),
      PATIENCE,
    );
    expect((await dashboard.post('/api/replays/stop', {})).json()).toMatchObject({ replay: null });
    expect((await dashboard.ask('/api/replay/overview')).status).toBe(404);
    for (const folder of prepared) expect(() => readdirSync(folder)).toThrow('ENOENT');
  });

  it('that cannot be prepared is told, and another can be begun', async () => {
    let isBroken = true;
    await open(async (out) => {
      if (isBroken) throw new Error('line 7 is no trade');
      writeOutput(out);
    });
    await order();
    await vi.waitFor(
      async () => expect(await state()).toMatchObject({ state: 'FAILED', error: 'line 7 is no trade' }),
      PATIENCE,
    );
    isBroken = false;
    await order();
    await vi.waitFor(async () => expect((await state())?.state).toBe('PLAYING'), PATIENCE);
  });

  it('ends what prepares it when it is stopped', async () => {
    let isEnded = false;
    await open(
      (_, signal) =>
        new Promise((_done, failed) => {
          signal.addEventListener('abort', () => {
            isEnded = true;
            failed(signal.reason);
          });
        }),
    );
    await order();
    await vi.waitFor(async () => expect((await state())?.state).toBe('PREPARING'), PATIENCE);
    await dashboard.post('/api/replays/stop', {});
    expect(isEnded).toBe(true);
  });
});
