/** The one list of topics: bus, BigQuery, infrastructure and docs derive from it. */
import type { z } from 'zod';
import { BookSnapshot } from './book-snapshot.ts';
import { Candle } from './candle.ts';
import { DeadLetter } from './dead-letter.ts';
import { FeatureRow } from './feature-row.ts';
import { FeedEvent } from './feed-event.ts';
import { LevelSet } from './level-set.ts';
import { MacroBias, SwingSignal } from './macro.ts';
import { PositionEvent } from './position-event.ts';
import { ScalpSignal } from './scalp-signal.ts';
import { Trade } from './trade.ts';

export interface Topic {
  /** What one message is, for people. */
  readonly message: string;
  /** Schema of the message, or of one record in a batch. */
  readonly schema: z.ZodObject;
  /** `json` for one record a message, `trade-batch` for the binary batches of trade-batch.ts. */
  readonly encoding: 'json' | 'trade-batch';
  /** Field or fields whose value orders messages among themselves; null where order means nothing. */
  readonly orderingKey: 'venue:symbol' | 'pair' | null;
  /** Field with the event time: the Pub/Sub timestamp attribute and the table's partition. */
  readonly timeField: string;
  readonly readers: readonly string[];
}

export const TOPICS = {
  'raw-tick-data': {
    message: 'Batch of trades of one symbol',
    schema: Trade,
    encoding: 'trade-batch',
    orderingKey: 'venue:symbol',
    timeField: 'ts',
    readers: ['graph', 'tick-sink'],
  },
  'book-snapshots': {
    message: 'Book, funding and feed health of one symbol, each second',
    schema: BookSnapshot,
    encoding: 'json',
    orderingKey: 'venue:symbol',
    timeField: 'ts',
    readers: ['graph', 'trade desk', 'BigQuery', 'Bigtable'],
  },
  'market-candles': {
    message: 'Candle of any interval, each revision',
    schema: Candle,
    encoding: 'json',
    orderingKey: 'venue:symbol',
    timeField: 'openTime',
    readers: ['BigQuery', 'Bigtable', 'macro engine'],
  },
  'market-levels': {
    message: 'Support, resistance and trend of one pair at a 15m close',
    schema: LevelSet,
    encoding: 'json',
    orderingKey: 'pair',
    timeField: 'asOf',
    readers: ['BigQuery', 'Bigtable'],
  },
  'market-features': {
    message: 'What was known of one pair at a 1m close',
    schema: FeatureRow,
    encoding: 'json',
    orderingKey: 'pair',
    timeField: 'openTime',
    readers: ['trade desk', 'BigQuery'],
  },
  'trade-signals-micro': {
    message: 'Scalp signal',
    schema: ScalpSignal,
    encoding: 'json',
    orderingKey: 'pair',
    timeField: 'timestamp',
    readers: ['trade desk', 'notifier', 'BigQuery'],
  },
  'macro-bias-updates': {
    message: 'Directional bias of one pair',
    schema: MacroBias,
    encoding: 'json',
    orderingKey: 'pair',
    timeField: 'timestamp',
    readers: ['trade desk', 'notifier', 'BigQuery', 'Bigtable'],
  },
  'trade-signals-macro': {
    message: 'Swing signal',
    schema: SwingSignal,
    encoding: 'json',
    orderingKey: 'pair',
    timeField: 'timestamp',
    readers: ['trade desk', 'notifier', 'BigQuery'],
  },
  'position-events': {
    message: 'Decision, entry or exit of the trade desk',
    schema: PositionEvent,
    encoding: 'json',
    orderingKey: 'pair',
    timeField: 'ts',
    readers: ['notifier', 'BigQuery', 'Bigtable'],
  },
  'feed-events': {
    message: 'Connect, gap, resync, stale, recovered',
    schema: FeedEvent,
    encoding: 'json',
    orderingKey: 'venue:symbol',
    timeField: 'ts',
    readers: ['BigQuery', 'dashboard'],
  },
  'dead-letters': {
    message: 'Input that could not be read, with its reason',
    schema: DeadLetter,
    encoding: 'json',
    orderingKey: null,
    timeField: 'eventTime',
    readers: ['BigQuery'],
  },
} as const satisfies Record<string, Topic>;

export type TopicName = keyof typeof TOPICS;
export const TOPIC_NAMES = Object.keys(TOPICS) as TopicName[];

/** Message attributes. Every publisher sets id and event time: Pub/Sub reads identity and time from them. */
export const ATTRIBUTES = {
  /** Content identity; the bus and the sinks drop a second copy. */
  id: 'id',
  /** Event time, decimal ms since the epoch. */
  eventTime: 'ts',
  /** Place in the symbol's stream of trades, set by the relay: see feed-position.ts. */
  position: 'pos',
  /** Trace of the bar it is of, as W3C Trace Context has it: see trace.ts. */
  trace: 'traceparent',
} as const;
