import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ScriptedTurn } from '../pipelines/runners/embedded/testing.ts';
import {
  BTC,
  candlesOf,
  runGraph,
  snapshotMessage,
  T0,
  tradesMessage,
} from '../pipelines/signals.fixture.ts';
import type { Candle } from '../schemas/candle.ts';
import { SignalParams } from '../schemas/params.ts';
import type { TradeRow } from '../schemas/trade-batch.ts';

/** The trades of the reference vector, in order of arrival. The fourth happened before the third. */
const ARRIVALS: readonly { readonly atMs: number; readonly trade: TradeRow }[] = [
  { atMs: 10_000, trade: trade('1', 10_000, 100) },
  { atMs: 30_000, trade: trade('2', 30_000, 101) },
  { atMs: 75_000, trade: trade('3', 75_000, 102) },
  { atMs: 75_500, trade: trade('4', 59_500, 50) },
  { atMs: 75_600, trade: trade('3', 75_000, 102) },
  { atMs: 100_000, trade: trade('5', 100_000, 103) },
  { atMs: 245_000, trade: trade('6', 245_000, 104) },
];

function trade(tradeId: string, ms: number, price: number): TradeRow {
  return { tradeId, seq: Number(tradeId), ts: T0 + ms, price, size: 1, side: 'BUY' };
}

/** A turn for each second until 04:10: what was traded and came by its end, and the snapshot that proves it. */
function secondBySecond(disorderMs: number): { trades: ScriptedTurn[]; books: ScriptedTurn[] } {
  const trades: ScriptedTurn[] = [];
  const books: ScriptedTurn[] = [];
  for (let second = 0; second < 250; second++) {
    const end = (second + 1) * 1_000;
    const come = ARRIVALS.filter(({ atMs }) => atMs >= end - 1_000 && atMs < end);
    const watermarkMs = T0 + end - disorderMs;
    const known = ARRIVALS.filter(({ atMs }) => atMs < end).map((arrival) => arrival.trade);
    const last = known.reduce<TradeRow | null>((a, b) => (a && a.ts >= b.ts ? a : b), null);
    trades.push({ messages: come.map((arrival) => tradesMessage(BTC, [arrival.trade])), watermarkMs });
    books.push({ messages: [snapshotMessage(BTC, T0 + end - 1_000, true, last)], watermarkMs });
  }
  return { trades, books };
}

interface Told {
  readonly openTime: number | string;
  readonly low: number;
  readonly high: number;
  readonly volume: number;
  readonly filled: boolean;
}
const told = (candles: readonly Told[]) =>
  candles.map((c) => [new Date(c.openTime).toISOString().slice(11, 16), c.low, c.high, c.volume, c.filled]);

const RIGHT = [
  ['00:00', 50, 101, 3, false],
  ['00:01', 102, 103, 2, false],
  ['00:02', 103, 103, 0, true],
  ['00:03', 103, 103, 0, true],
  ['00:04', 104, 104, 1, false],
];
const TOO_EARLY = ['00:00', 100, 101, 2, false];

describe('the reference vector through the whole graph', () => {
  it.each([20_000, 16_000])(
    'gives each bar once, and right, where a trade may be %i ms out of order',
    async (disorderMs) => {
      const params = SignalParams.parse({ market: { allowedDisorderMs: disorderMs } });
      const run = await runGraph(secondBySecond(disorderMs), { params });
      expect(told(candlesOf(run))).toEqual(RIGHT);
      expect(candlesOf(run).map((c) => [c.complete, c.trades, c.close])).toEqual([
        [true, 3, 50],
        [true, 2, 103],
        [true, 0, 103],
        [true, 0, 103],
        [false, 1, 104],
      ]);
      expect(run.dropped).toEqual({});
    },
  );

  it('gives the bar as it was known, then its revision, where the trade is later than that', async () => {
    const run = await runGraph(secondBySecond(2_000));
    expect(told(candlesOf(run))).toEqual([TOO_EARLY, ...RIGHT]);
    const [first, second] = candlesOf(run) as [Candle, Candle];
    // Two trades and sixty seconds; then one trade more.
    expect([first.revision, second.revision]).toEqual([1_000_062, 1_000_063]);
    expect(run.dropped).toEqual({});
  });

  it('keeps the bar as it was known where a trade may not be late at all', async () => {
    const params = SignalParams.parse({ market: { allowedLatenessMs: 0 } });
    const run = await runGraph(secondBySecond(2_000), { params });
    expect(told(candlesOf(run))).toEqual([TOO_EARLY, ...RIGHT.slice(1)]);
    expect(run.dropped).toEqual({ 'GroupIntoMinute/Group': 1 });
  });

  it('publishes each bar in the very second in which the watermark passes its end, also in silence', async () => {
    const run = await runGraph(secondBySecond(2_000));
    const minutes = run.published
      .filter(({ topic }) => topic === 'market-candles')
      .map(({ json, turn }) => ({ ...(JSON.parse(json) as Candle), turn }))
      .filter(({ interval }) => interval === '1m');
    // Turn n is the n-th second; the bar of minute m closes 2 s after it, and the trade of 00:04 comes in turn 246.
    expect(minutes.map((c) => [new Date(c.openTime).toISOString().slice(11, 16), c.turn])).toEqual([
      ['00:00', 62],
      ['00:00', 76],
      ['00:01', 122],
      ['00:02', 182],
      ['00:03', 242],
      ['00:04', 250],
    ]);
  });
});

describe('the reference vector through `cst replay`', () => {
  const CST = resolve(import.meta.dirname, '../cli/cst.js');

  function replay(disorderMs: number) {
    const folder = mkdtempSync(join(tmpdir(), 'vector-'));
    const rows = ARRIVALS.map(({ trade: t }) => `${t.ts},${t.price},${t.size},${t.tradeId},${t.side}`);
    writeFileSync(join(folder, 't.csv'), `ts_ms,price,size,trade_id,side\n${rows.join('\n')}\n`);
    const params = { market: { allowedDisorderMs: disorderMs } };
    writeFileSync(join(folder, 'p.json'), JSON.stringify(params));
    const words = ['replay', `BTCUSDT=${join(folder, 't.csv')}`, '--venue', 'bybit', '--json'];
    const files = ['--params', join(folder, 'p.json'), '--out', join(folder, 'out')];
    const run = spawnSync(process.execPath, [CST, ...words, ...files], { encoding: 'utf8' });
    expect(run).toMatchObject({ status: 0, stderr: '' });
    const lines = readFileSync(join(folder, 'out/market-candles.ndjson'), 'utf8').trim().split('\n');
    const candles = lines.map((line) => JSON.parse(line)).filter(({ interval }) => interval === '1m');
    return { summary: JSON.parse(run.stdout), candles: told(candles) };
  }

  it('holds within the allowed disorder', () => {
    const { summary, candles } = replay(20_000);
    expect(candles).toEqual(RIGHT);
    expect(summary).toMatchObject({ trades: 7, duplicates: 1, late: 0, droppedLate: 0, deadLetters: 0 });
  });

  it('holds outside of it, by a revision', () => {
    const { summary, candles } = replay(2_000);
    expect(candles).toEqual([TOO_EARLY, ...RIGHT]);
    expect(summary).toMatchObject({ trades: 7, duplicates: 1, late: 1, droppedLate: 0, deadLetters: 0 });
  });
});
