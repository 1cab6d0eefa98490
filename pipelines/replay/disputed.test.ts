import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../connectors/clock/system.ts';
import { Candle } from '../../schemas/candle.ts';
import { DEFAULT_PARAMS } from '../../schemas/params.ts';
import type { Interval } from '../../schemas/primitives.ts';
import { replay } from './replay.ts';

const T = Date.UTC(2023, 10, 14, 20);

/** Revisions of the candle that opens at `openTime`, as published. */
async function revisionsOf(openTime: number, length: Interval, rows: readonly string[], interval?: Interval) {
  const out = mkdtempSync(join(tmpdir(), 'disputed-'));
  const path = join(out, 'rows.csv');
  const header = interval ? 'open_time_ms,open,high,low,close,volume' : 'ts_ms,price,size,trade_id';
  writeFileSync(path, `${[header, ...rows].join('\n')}\n`);
  const summary = await replay({
    files: [{ symbol: 'BTCUSDT', path }],
    venue: 'bybit',
    params: DEFAULT_PARAMS,
    history: [],
    interval,
    out,
    clock: systemClock,
    fromMs: undefined,
    toMs: undefined,
  });
  const text = readFileSync(join(out, 'market-candles.ndjson'), 'utf8').trim();
  const candles = text.split('\n').map((line) => Candle.parse(JSON.parse(line)));
  const found = candles.filter((candle) => candle.openTime === openTime && candle.interval === length);
  return { summary, found: found.sort((a, b) => a.revision - b.revision) };
}

describe('what is told twice, and differently', () => {
  const trades = [`${T + 1_000},100,1,1`, `${T + 2_000},101,1,2`, `${T + 70_000},102,1,3`];

  it.each([
    ['lower', 55, 55],
    ['higher', 155, 101],
  ])('makes a revision where a late trade repeats an id at a %s price', async (_, price, close) => {
    const rows = [...trades, `${T + 2_000},${price},1,2`, `${T + 130_000},103,1,4`];
    const { summary, found } = await revisionsOf(T, '1m', rows);
    expect(found.map((candle) => [candle.close, candle.trades])).toEqual([
      [101, 2],
      [close, 2],
    ]);
    expect(summary).toMatchObject({ trades: 5, duplicates: 1, late: 1 });
  });

  it('makes no revision where a late trade repeats another to the letter', async () => {
    const { found } = await revisionsOf(T, '1m', [...trades, trades[1]!, `${T + 130_000},103,1,4`]);
    expect(found.map(({ close }) => close)).toEqual([101]);
  });

  it.each(['1m', '5m'] as const)(
    'makes a revision where a late %s bar differs from the first',
    async (interval) => {
      const step = interval === '1m' ? 60_000 : 300_000;
      const bars = [0, 1, 2, 3].map((n) => `${T + n * step},100,105,95,${n === 1 ? 101 : 100},10`);
      const { found } = await revisionsOf(
        T + step,
        interval,
        [...bars, `${T + step},100,105,95,99,10`],
        interval,
      );
      expect(new Set(found.map(({ id }) => id)).size).toBe(found.length);
      expect(found.length).toBeGreaterThan(1);
    },
  );
});
