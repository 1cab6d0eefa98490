/**
 * The one list of what the state store holds: typed access, the sink, infrastructure and docs derive from it.
 *
 * Keys begin with the kind and go on with what is asked for by name (symbol, pair, book), time last and reversed. So
 * writes of one moment go to as many places as there are symbols, where Bigtable spreads them over its nodes: with time
 * in front, all of them would go to the one node that holds the end of the table. And the newest row of a series is the
 * first of its prefix, found without knowing its time.
 */
import type { z } from 'zod';
import { BookSnapshot } from './book-snapshot.ts';
import { Candle } from './candle.ts';
import { LevelSet } from './level-set.ts';
import { MacroBias } from './macro.ts';
import { PositionEvent } from './position-event.ts';
import { DAY_MS } from './primitives.ts';
import { Parameters, PauseFlag } from './state-rows.ts';
import type { TopicName } from './topics.ts';

export interface PublishedState {
  /** What one row is, for people. */
  readonly row: string;
  readonly schema: z.ZodObject;
  readonly topic: TopicName;
  /** Fields, `venue:symbol`, or `-field` for a time, newest first. */
  readonly key: readonly string[];
  /** Integer fields, most significant first; of two records of a key the higher stays. */
  readonly newestBy: readonly string[];
  /** The row ends this long after the time in a field; `bars` in lengths of the record's interval. */
  readonly keep: { readonly after: string } & ({ readonly ms: number } | { readonly bars: number });
}

/** Written by the sink from the topics; a message that comes late or twice never makes a row older. */
export const PUBLISHED_STATE = {
  candle: {
    row: 'one bar, in its highest revision',
    schema: Candle,
    topic: 'market-candles',
    key: ['venue:symbol', 'interval', '-openTime'],
    newestBy: ['revision'],
    // A day of 1m for correlation (1,440) is the longest look-back in bars; 200 of 1h for trend, 4h for MACRO are fewer.
    keep: { after: 'openTime', bars: 2_000 },
  },
  levels: {
    row: 'newest levels and trend of one pair',
    schema: LevelSet,
    topic: 'market-levels',
    key: ['pair'],
    newestBy: ['asOf', 'revision'],
    keep: { after: 'asOf', ms: 7 * DAY_MS },
  },
  snapshot: {
    row: 'newest book, funding and feed health of one symbol',
    schema: BookSnapshot,
    topic: 'book-snapshots',
    key: ['venue:symbol'],
    newestBy: ['ts'],
    keep: { after: 'ts', ms: DAY_MS },
  },
  bias: {
    row: 'newest bias of one pair, also when it is void',
    schema: MacroBias,
    topic: 'macro-bias-updates',
    key: ['pair'],
    newestBy: ['timestamp'],
    keep: { after: 'expires_at', ms: DAY_MS },
  },
  'position-event': {
    row: 'one decision, entry or exit',
    schema: PositionEvent,
    topic: 'position-events',
    key: ['pair', '-ts', 'id'],
    newestBy: ['ts'],
    keep: { after: 'ts', ms: 30 * DAY_MS },
  },
} as const satisfies Record<string, PublishedState>;

export interface OwnedState {
  readonly row: string;
  /** Null where the schema is its owner’s own. */
  readonly schema: z.ZodObject | null;
  /** Names of the parts, for people. */
  readonly key: readonly string[];
  readonly owner: string;
}

/** Decided upon by compare-and-set; kept until deleted, where the row does not say otherwise. */
export const OWNED_STATE = {
  'desk-book': {
    row: 'one book of the desk: positions, caps, pause, events not yet published',
    schema: null,
    key: ['book'],
    owner: 'trade desk',
  },
  'desk-facts': {
    row: 'newest facts of one pair that the desk decides on, its SWING position among them',
    schema: null,
    key: ['pair'],
    owner: 'trade desk',
  },
  'desk-closes': {
    row: 'closes of the last day’s 1m bars of one pair, for correlation',
    schema: null,
    key: ['pair'],
    owner: 'trade desk',
  },
  'chart-task': {
    row: 'whether the chart of one task was sent; ends 7 days after the last attempt',
    schema: null,
    key: ['task'],
    owner: 'chart renderer',
  },
  parameters: {
    row: 'parameters in force, by what they are for',
    schema: Parameters,
    key: ['scope'],
    owner: 'operator',
  },
  pause: {
    row: 'whether entries are paused, for all or one pair',
    schema: PauseFlag,
    key: ['scope'],
    owner: 'operator',
  },
  'telegram-offset': {
    row: 'next update of one bot, where it is polled',
    schema: null,
    key: ['bot'],
    owner: 'telegram webhook',
  },
  'alert-outbox': {
    row: 'the whole outbox of alerts, as one of its changes left it',
    schema: null,
    key: ['name'],
    owner: 'notifier',
  },
  'alert-outbox-change': {
    row: 'one change of the outbox of alerts, until it is part of the whole',
    schema: null,
    key: ['number'],
    owner: 'notifier',
  },
} as const satisfies Record<string, OwnedState>;

export type PublishedKind = keyof typeof PUBLISHED_STATE;
export type OwnedKind = keyof typeof OWNED_STATE;
export const PUBLISHED_KINDS = Object.keys(PUBLISHED_STATE) as PublishedKind[];
export const OWNED_KINDS = Object.keys(OWNED_STATE) as OwnedKind[];

export type Published<K extends PublishedKind> = z.output<(typeof PUBLISHED_STATE)[K]['schema']>;

type FieldOf<Part> = Part extends 'venue:symbol' ? 'venue' | 'symbol' : Part extends `-${infer F}` ? F : Part;
/** The fields of a record that its key is made of. */
export type KeyFields<K extends PublishedKind> = Pick<
  Published<K>,
  FieldOf<(typeof PUBLISHED_STATE)[K]['key'][number]> & keyof Published<K>
>;
