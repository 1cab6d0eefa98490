/** The inputs on which the engines are held against the embedded runner. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'vitest';
import type { EngineName } from '../../pipelines/runners/portable/engines/catalog.ts';
import { needRealData } from '../real-data.ts';
import { simulatedDay, writeDay } from './simulated-day.ts';

export interface EngineInput {
  readonly name: string;
  readonly engine: EngineName;
  /** Words for `cst replay`; skips the test where the data is not there. */
  words(context: Pick<TestContext, 'skip'>): string[];
}

const HOUR_MS = 3_600_000;
/** Which revisions come before the last of a late-revised bar is up to an engine's timing; the last is not. */
const LATE = ['--revisions', 'last'];

const kraken =
  (...range: string[]) =>
  (context: Pick<TestContext, 'skip'>) => [
    `BTCUSDT=${needRealData(context, 'trades/kraken-btcusdt-2023-11-17.parquet')}`,
    ...['--venue', 'kraken', ...range],
  ];

const litecoin =
  (...range: string[]) =>
  (context: Pick<TestContext, 'skip'>) => [
    `LTCUSDT=${needRealData(context, 'trades/binance-ltcusdt-2025-06-21.parquet')}`,
    ...['--venue', 'binance', ...range],
  ];

const bars =
  (...range: string[]) =>
  (context: Pick<TestContext, 'skip'>) => [
    ...['BTC', 'ETH', 'SOL', 'DOGE', 'ADA'].map((coin) => {
      const file = `candles/bybit-linear-${coin.toLowerCase()}usdt-1m-2025-05-30.parquet`;
      return `${coin}USDT=${needRealData(context, file)}`;
    }),
    ...['--venue', 'bybit', '--interval', '1m', ...range],
  ];

const simulated = (lengthMs: number) => {
  let files: string[] | undefined;
  return () => {
    files ??= writeDay(simulatedDay({ seed: 1, lengthMs }), mkdtempSync(join(tmpdir(), 'day-')));
    return [...files, '--venue', 'bybit', ...LATE];
  };
};

export const TWO_DAYS = kraken('--to', '2023-11-19');
export const BAD_DAY = simulated(24 * HOUR_MS);

/**
 * Engines pay for every element of every window that is open, which for windows of three hours is a second for some
 * hundred minutes of a symbol: what takes them longest is taken in part here, and whole by hand (docs/ENGINES.md).
 */
export const INPUTS: readonly EngineInput[] = [
  { engine: 'flink', name: 'five days of Kraken trades', words: kraken() },
  { engine: 'flink', name: '31 hours of LTCUSDT trades', words: litecoin() },
  {
    engine: 'flink',
    name: 'seven days of 1m bars of five symbols',
    words: bars('--from', '20250601', '--to', '20250608'),
  },
  {
    engine: 'flink',
    name: 'a simulated day, late, twice and silent (last revisions)',
    words: BAD_DAY,
  },
  { engine: 'prism', name: 'six hours of Kraken trades', words: kraken('--to', '2023-11-17T06:00Z') },
  { engine: 'prism', name: '31 hours of LTCUSDT trades', words: litecoin() },
  {
    engine: 'prism',
    name: '90 minutes of 1m bars of five symbols',
    words: bars('--from', '2025-06-01T00:00Z', '--to', '2025-06-01T01:30Z'),
  },
  {
    engine: 'prism',
    name: 'two simulated hours, late, twice and silent (last revisions)',
    words: simulated(2 * HOUR_MS),
  },
];
