/** The inputs on which the engines are held against the embedded runner. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'vitest';
import { ENGINE_NAMES, type EngineName } from '../../pipelines/runners/portable/engines/catalog.ts';
import { DAY_MS } from '../../schemas/primitives.ts';
import { needRealData } from '../real-data.ts';
import { simulatedDay, writeDay } from './simulated-day.ts';

export interface EngineInput {
  readonly name: string;
  readonly engine: EngineName;
  /** Words for `cst replay`; skips the test where the data is not there. */
  words(context: Pick<TestContext, 'skip'>): string[];
}

type Words = EngineInput['words'];

/** Which revisions come before the last of a late-revised bar is up to an engine's timing; the last is not. */
const LATE = ['--revisions', 'last'];

const kraken =
  (...range: string[]): Words =>
  (context) => [
    `BTCUSDT=${needRealData(context, 'trades/kraken-btcusdt-2023-11-17.parquet')}`,
    ...['--venue', 'kraken', ...range],
  ];

const litecoin: Words = (context) => [
  `LTCUSDT=${needRealData(context, 'trades/binance-ltcusdt-2025-06-21.parquet')}`,
  ...['--venue', 'binance'],
];

const bars: Words = (context) => [
  ...['BTC', 'ETH', 'SOL', 'DOGE', 'ADA'].map((coin) => {
    const file = `candles/bybit-linear-${coin.toLowerCase()}usdt-1m-2025-05-30.parquet`;
    return `${coin}USDT=${needRealData(context, file)}`;
  }),
  ...['--venue', 'bybit', '--interval', '1m', '--from', '20250601', '--to', '20250608'],
];

let day: string[] | undefined;

export function badDay(): string[] {
  day ??= writeDay(simulatedDay({ seed: 1, lengthMs: DAY_MS }), mkdtempSync(join(tmpdir(), 'day-')));
  return [...day, '--venue', 'bybit', ...LATE];
}

export const TWO_DAYS = kraken('--to', '2023-11-19');

export const SIMULATED_DAY = 'a simulated day, late, twice and silent (last revisions)';

/** The longest first, so that cases side by side end together. */
const WHOLE: readonly Omit<EngineInput, 'engine'>[] = [
  { name: 'five days of Kraken trades', words: kraken() },
  { name: '31 hours of LTCUSDT trades', words: litecoin },
  { name: 'seven days of 1m bars of five symbols', words: bars },
  { name: SIMULATED_DAY, words: badDay },
];

export const INPUTS: readonly EngineInput[] = ENGINE_NAMES.flatMap((engine) =>
  WHOLE.map((input) => ({ engine, ...input })),
);
