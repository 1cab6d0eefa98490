/** The inputs on which the engines are held against each other. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'vitest';
import { needRealData } from '../real-data.ts';
import { simulatedDay, writeDay } from './simulated-day.ts';

export interface EngineInput {
  readonly name: string;
  /** Words for `cst replay`; skips the test where the data is not there. */
  words(context: Pick<TestContext, 'skip'>): string[];
}

const COINS = ['BTC', 'ETH', 'SOL', 'DOGE', 'ADA'];

export const KRAKEN: EngineInput = {
  name: 'five days of Kraken trades',
  words: (context) => [
    `BTCUSDT=${needRealData(context, 'trades/kraken-btcusdt-2023-11-17.parquet')}`,
    ...['--venue', 'kraken'],
  ],
};

const LTC: EngineInput = {
  name: '31 hours of LTCUSDT trades',
  words: (context) => [
    `LTCUSDT=${needRealData(context, 'trades/binance-ltcusdt-2025-06-21.parquet')}`,
    ...['--venue', 'binance'],
  ],
};

const BARS: EngineInput = {
  name: 'seven days of 1m bars of five symbols',
  words: (context) => [
    ...COINS.map((coin) => {
      const file = `candles/bybit-linear-${coin.toLowerCase()}usdt-1m-2025-05-30.parquet`;
      return `${coin}USDT=${needRealData(context, file)}`;
    }),
    ...['--venue', 'bybit', '--interval', '1m', '--from', '20250601', '--to', '20250608'],
  ],
};

/** Made once: each engine reads the same files. */
let dayWords: string[] | undefined;

export const DAY: EngineInput = {
  name: 'a simulated day, late, twice and silent',
  words: () => {
    dayWords ??= writeDay(simulatedDay({ seed: 1 }), mkdtempSync(join(tmpdir(), 'day-')));
    return [...dayWords, '--venue', 'bybit'];
  },
};

export const INPUTS: readonly EngineInput[] = [KRAKEN, LTC, BARS, DAY];
