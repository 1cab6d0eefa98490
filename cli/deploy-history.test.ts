import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { openDuckDbHistory } from '../connectors/history/duckdb.ts';
import { Candle, candleId } from '../schemas/candle.ts';
import { NotFoundError } from '../schemas/errors.ts';
import { deployHistory } from './deploy-history.ts';

const START = Date.UTC(2026, 0, 2);
const MINUTE = 60_000;

function minute(symbol: string, openTime: number): Candle {
  const key = { venue: 'bybit', symbol, interval: '1m', openTime, revision: 1 } as const;
  const prices = { open: 1, high: 1, low: 1, close: 1, volume: 1, turnover: 1, vwap: 1 };
  const counts = { buyVolume: null, trades: null, coverage: 1, filled: false, complete: true };
  return { id: candleId(key), ...key, ...prices, ...counts };
}

it('takes from a DuckDB file the bars that some window still looks at', async () => {
  const path = join(mkdtempSync(join(tmpdir(), 'history-')), 'history.duckdb');
  const bars = ['BTCUSDT', 'ETHUSDT'].flatMap((symbol) =>
    Array.from({ length: 600 }, (_, i) => minute(symbol, START - i * MINUTE)),
  );
  const history = await openDuckDbHistory({ path });
  await history.insert(
    'candles',
    bars.map((bar) => z.encode(Candle, bar) as Record<string, unknown>),
  );
  await history.close();

  const request = { source: path, venue: 'bybit', startMs: START } as const;
  const candles = await deployHistory({ ...request, symbols: ['BTCUSDT'] });
  // 180 minutes of features, and 30 from which an earlier run is taken up.
  expect(candles).toHaveLength(210);
  expect(candles.at(-1)).toEqual(minute('BTCUSDT', START - MINUTE));
  await expect(deployHistory({ ...request, symbols: undefined })).rejects.toThrow(/--symbols/);
});

it('refuses what is not there', async () => {
  const request = { symbols: ['BTCUSDT'], venue: 'bybit', startMs: START } as const;
  await expect(deployHistory({ ...request, source: 'nowhere.duckdb' })).rejects.toThrow(NotFoundError);
  await expect(deployHistory({ ...request, source: 'nowhere' })).rejects.toThrow(/--history/);
});
