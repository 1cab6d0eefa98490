/** The one list of history tables, each filled from one topic. */
import type { z } from 'zod';
import { Tick } from './tick.ts';
import { TOPICS, type Topic, type TopicName } from './topics.ts';

export interface Table {
  readonly topic: TopicName;
  /** One row is … */
  readonly grain: string;
  /** DATE is taken of this column for the partition. */
  readonly partitionBy: string;
  readonly clusterBy: readonly string[];
  /** Partitions older than this are deleted; null: never. Unit: days. */
  readonly keepDays: number | null;
}

/** What is large goes when candles tell enough of it; what was decided and earned stays. */
export const TABLES = {
  ticks: {
    topic: 'raw-tick-data',
    grain: 'one trade',
    partitionBy: TOPICS['raw-tick-data'].timeField,
    clusterBy: ['venue', 'symbol'],
    keepDays: 90,
  },
  book_snapshots: {
    topic: 'book-snapshots',
    grain: 'one symbol and second',
    partitionBy: 'ts',
    clusterBy: ['venue', 'symbol'],
    keepDays: 90,
  },
  candles: {
    topic: 'market-candles',
    grain: 'one revision of one bar',
    partitionBy: 'openTime',
    clusterBy: ['interval', 'venue', 'symbol'],
    keepDays: null,
  },
  levels: {
    topic: 'market-levels',
    grain: 'one revision of one pair’s levels at a 15m close',
    partitionBy: 'asOf',
    clusterBy: ['pair'],
    keepDays: 400,
  },
  features: {
    topic: 'market-features',
    grain: 'one revision of one pair’s features at a 1m close',
    partitionBy: 'openTime',
    clusterBy: ['pair'],
    keepDays: 400,
  },
  scalp_signals: {
    topic: 'trade-signals-micro',
    grain: 'one scalp signal',
    partitionBy: 'timestamp',
    clusterBy: ['pair', 'strategy'],
    keepDays: null,
  },
  macro_bias: {
    topic: 'macro-bias-updates',
    grain: 'one pair and 15-minute slot',
    partitionBy: 'timestamp',
    clusterBy: ['pair'],
    keepDays: 400,
  },
  swing_signals: {
    topic: 'trade-signals-macro',
    grain: 'one swing signal',
    partitionBy: 'timestamp',
    clusterBy: ['pair'],
    keepDays: null,
  },
  position_events: {
    topic: 'position-events',
    grain: 'one decision, entry or exit',
    partitionBy: 'ts',
    clusterBy: ['pair', 'kind'],
    keepDays: null,
  },
  feed_events: {
    topic: 'feed-events',
    grain: 'one event of a feed',
    partitionBy: 'ts',
    clusterBy: ['venue', 'symbol'],
    keepDays: 400,
  },
  dead_letters: {
    topic: 'dead-letters',
    grain: 'one refused input',
    partitionBy: 'eventTime',
    clusterBy: ['stage'],
    keepDays: 30,
  },
} as const satisfies Record<string, Table>;

export type TableName = keyof typeof TABLES;
export const TABLE_NAMES = Object.keys(TABLES) as TableName[];

/** Schema of one row: the topic's message, or one trade of its batches. */
export function rowSchema(table: TableName): z.ZodObject {
  const { schema, encoding }: Topic = TOPICS[TABLES[table].topic];
  return encoding === 'trade-batch' ? Tick : schema;
}
