/** Replays of real candles into memory, for tests. */
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../connectors/clock/system.ts';
import type { Candle } from '../schemas/candle.ts';
import { DEFAULT_PARAMS } from '../schemas/params.ts';
import { INTERVAL_MS, type Interval } from '../schemas/primitives.ts';
import type { TopicName } from '../schemas/topics.ts';
import { replay } from './replay/replay.ts';
import type { ReplayFile } from './replay/stream.ts';
import type { ReplaySummary } from './replay/summary.ts';

export interface Replayed {
  readonly out: string;
  readonly summary: ReplaySummary;
  lines(topic: TopicName): string[];
}

/** Bars of 1m through the graph, in [fromMs, toMs). */
export async function replayBars(
  files: readonly ReplayFile[],
  range: { readonly fromMs?: number; readonly toMs?: number; readonly history?: readonly Candle[] } = {},
): Promise<Replayed> {
  const out = mkdtempSync(join(tmpdir(), 'replayed-'));
  const summary = await replay({
    files,
    out,
    venue: 'bybit',
    interval: '1m',
    params: DEFAULT_PARAMS,
    clock: systemClock,
    fromMs: range.fromMs,
    toMs: range.toMs,
    history: range.history ?? [],
  });
  const lines = (topic: TopicName) =>
    readFileSync(join(out, `${topic}.ndjson`), 'utf8')
      .split('\n')
      .slice(0, -1);
  return { out, summary, lines };
}

interface Times {
  readonly interval?: Interval;
  readonly openTime?: string;
  readonly closeTime?: string;
  readonly asOf?: string;
  readonly timestamp?: string;
}

/** When a record is known. Unit: ms. */
export const KNOWN_AT = {
  'market-candles': (c) => Date.parse(c.openTime ?? '') + INTERVAL_MS[c.interval ?? '1m'],
  'market-levels': (set) => Date.parse(set.asOf ?? ''),
  'market-features': (row) => Date.parse(row.closeTime ?? ''),
  'trade-signals-micro': (signal) => Date.parse(signal.timestamp ?? ''),
} satisfies Partial<Record<TopicName, (record: Times) => number>>;
export type ReplayTopic = keyof typeof KNOWN_AT;

/** Lines of what was known after an instant, and not before. */
export function linesAfter(replayed: Replayed, topic: ReplayTopic, ms: number): string[] {
  return replayed.lines(topic).filter((line) => KNOWN_AT[topic](JSON.parse(line) as Times) > ms);
}

/** Lines of what was known at an instant. */
export function linesUntil(replayed: Replayed, topic: ReplayTopic, ms: number): string[] {
  return replayed.lines(topic).filter((line) => KNOWN_AT[topic](JSON.parse(line) as Times) <= ms);
}
