/** Folders of backtests as a report reads them: what was written there, checked as far as it is shown. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { ConfigError, messageOf, NotFoundError } from '../../schemas/errors.ts';
import { FeedEvent } from '../../schemas/feed-event.ts';
import { EventTime } from '../../schemas/primitives.ts';
import { ScalpSignal } from '../../schemas/scalp-signal.ts';
import type { BacktestTrade } from '../backtest/desk-run.ts';
import type { NearBar } from '../backtest/near-bars.ts';
import type { BacktestReport } from '../backtest/report.ts';

/** One backtest. */
export interface Run {
  /** Null: there is but one. */
  readonly variant: string | null;
  readonly report: BacktestReport;
  /** By the time of their exit. */
  readonly trades: readonly BacktestTrade[];
  readonly gaps: readonly FeedEvent[];
  readonly bars: readonly NearBar[];
  readonly signals: readonly ScalpSignal[];
}

/** What is asked of a file before it is taken for one of ours; the rest is as `cst backtest` wrote it. */
const Times = z.looseObject({ openedAt: EventTime, closedAt: EventTime, net: z.number() });
const Bar = z.looseObject({ openTime: EventTime, pair: z.string(), high: z.number(), low: z.number() });
const Report = z.looseObject({
  version: z.string(),
  range: z.looseObject({ fromMs: z.number(), toMs: z.number() }),
  pairs: z.array(z.string()),
  books: z.record(z.string(), z.looseObject({ performance: z.looseObject({ trades: z.number() }) })),
  files: z.record(z.string(), z.string()),
});

/** One run, or one for each variant. @throws NotFoundError, ConfigError */
export function runsOf(folder: string): Run[] {
  if (existsSync(join(folder, 'report.json'))) return [runOf(folder, null)];
  // Not of a file: it has nothing in it.
  const variants = existsSync(`${folder}/.`)
    ? readdirSync(folder)
        .filter((name) => existsSync(join(folder, name, 'report.json')))
        .sort()
    : [];
  if (variants.length > 0) return variants.map((name) => runOf(join(folder, name), name));
  throw new NotFoundError(
    `Expected a backtest in ${folder}, got no report.json. Give the --out folder of cst backtest.`,
  );
}

/** @throws ConfigError where a file is missing or is not what was written. */
export function runOf(folder: string, variant: string | null): Run {
  const path = join(folder, 'report.json');
  const report = checked(Report, readText(path), path) as unknown as BacktestReport;
  const lines = <S extends z.ZodType>(name: string, schema: S) =>
    linesOf(folder, `${name}.ndjson`, report, schema);
  return {
    variant,
    report,
    trades: lines('trades', Times) as unknown as BacktestTrade[],
    gaps: lines('feed-events', FeedEvent),
    bars: lines('bars', Bar) as unknown as NearBar[],
    signals: lines('trade-signals-micro', ScalpSignal),
  };
}

/** None where the report tells of no such file: those of earlier versions have no bars. @throws ConfigError where it is not what was written. */
function linesOf<S extends z.ZodType>(
  folder: string,
  file: string,
  report: BacktestReport,
  schema: S,
): z.output<S>[] {
  const path = join(folder, file);
  const sha256 = report.files[file];
  if (sha256 === undefined) return [];
  const text = readText(path);
  if (createHash('sha256').update(text).digest('hex') !== sha256) {
    throw new ConfigError(`Expected ${path} as its report.json tells its hash, got another. Backtest again.`);
  }
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.map((line, i) => checked(schema, line, `line ${i + 1} of ${path}`));
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new ConfigError(`Cannot read ${path}: ${messageOf(cause)}. Backtest again.`, { cause });
  }
}

function checked<S extends z.ZodType>(schema: S, json: string, name: string): z.output<S> {
  try {
    return schema.parse(JSON.parse(json));
  } catch (cause) {
    throw new ConfigError(`Expected ${name} as cst backtest writes it: ${messageOf(cause)}.`, { cause });
  }
}
