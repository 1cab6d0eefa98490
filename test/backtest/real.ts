/** A backtest of real bars for the tests: its input, and its files read back. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'vitest';
import type { z } from 'zod';
import type { BacktestOptions, FilesInput } from '../../cli/backtest/options.ts';
import { DEFAULT_ASSUMPTIONS } from '../../schemas/backtest-assumptions.ts';
import { DeskConfig } from '../../schemas/desk-params.ts';
import { DEFAULT_MACRO_PARAMS } from '../../schemas/macro-params.ts';
import { DEFAULT_PARAMS } from '../../schemas/params.ts';
import { REAL_SYMBOLS } from '../../transforms/real-candles.fixture.ts';
import { needRealData } from '../real-data.ts';

/** First whole day of the files. */
export const FIRST_DAY = Date.UTC(2025, 4, 31);

export function realInput(context: Pick<TestContext, 'skip'>, toMs?: number): FilesInput {
  const files = REAL_SYMBOLS.map((symbol) => ({
    symbol,
    path: needRealData(context, `candles/bybit-linear-${symbol.toLowerCase()}-1m-2025-05-30.parquet`),
  }));
  return { kind: 'files', files, interval: '1m', fromMs: undefined, toMs, fundings: new Map() };
}

export function realOptions(input: FilesInput): Omit<BacktestOptions, 'out'> {
  return {
    input,
    venue: 'bybit',
    history: [],
    params: DEFAULT_PARAMS,
    desk: DeskConfig.parse({}),
    macro: DEFAULT_MACRO_PARAMS,
    assumptions: DEFAULT_ASSUMPTIONS,
    code: 'test',
    data: [],
  };
}

export function linesOf(folder: string, name: string): string[] {
  return readFileSync(join(folder, `${name}.ndjson`), 'utf8')
    .split('\n')
    .slice(0, -1);
}

export function recordsOf<S extends z.ZodType>(folder: string, name: string, schema: S): z.output<S>[] {
  return linesOf(folder, name).map((line) => schema.parse(JSON.parse(line)));
}
