/** Typed access to what is published: newest wins, whatever order it comes in. */
import { z } from 'zod';
import type { Candle } from '../../schemas/candle.ts';
import { messageOf, WireFormatError } from '../../schemas/errors.ts';
import { type Interval, MAX_EVENT_TIME, type Venue } from '../../schemas/primitives.ts';
import { type KeyFields, PUBLISHED_STATE, type Published, type PublishedKind } from '../../schemas/state.ts';
import { endOf, newestFirst, publishedKey, publishedPrefix, rankOf } from '../../schemas/state-keys.ts';
import { wireJson } from '../../schemas/wire-json.ts';
import type { Row, ScanQuery, StateStore } from './port.ts';

export interface CandleRange {
  readonly venue: Venue;
  readonly symbol: string;
  readonly interval: Interval;
  /** Open times in [fromMs, toMs); without them, from the oldest kept to the newest. */
  readonly fromMs?: number | undefined;
  readonly toMs?: number | undefined;
  /** The newest so many; default all. */
  readonly limit?: number | undefined;
}

const PAGE_ROWS = 1_000;

/** Writes a record, unless the row holds one as new or newer: false. @throws WireFormatError where it cannot have a key. */
export async function keepNewest<K extends PublishedKind>(
  store: StateStore,
  kind: K,
  record: Published<K>,
): Promise<boolean> {
  const key = publishedKey(kind, record as KeyFields<K>);
  const rank = rankOf(kind, record);
  const value = wireJson(PUBLISHED_STATE[kind].schema, record);
  const expiresAt = endOf(kind, record);
  return store.compareAndSet(key, { cell: 'rank', absentOrBelow: rank }, { rank, value }, { expiresAt });
}

/** The record kept under a key; null where there is none, or it has ended. */
export async function findRecord<K extends PublishedKind>(
  store: StateStore,
  kind: K,
  fields: KeyFields<K>,
): Promise<Published<K> | null> {
  const key = publishedKey(kind, fields);
  const cells = await store.get(key);
  return cells === null ? null : recordOf(kind, { key, cells });
}

/** Records that agree in the leading fields of their key, by key: `listRecords(store, 'snapshot', {}, 10)`. */
export async function listRecords<K extends PublishedKind>(
  store: StateStore,
  kind: K,
  fields: Partial<KeyFields<K>> = {},
  limit: number = Number.POSITIVE_INFINITY,
): Promise<Published<K>[]> {
  const rows = await scanAll(store, { prefix: publishedPrefix(kind, fields) }, limit);
  return rows.map((row) => recordOf(kind, row));
}

/** Candles by open time, oldest first, in their highest revision; a bar that was never published is missing. */
export async function candlesOf(store: StateStore, range: CandleRange): Promise<Candle[]> {
  const { venue, symbol, interval, fromMs, toMs, limit = Number.POSITIVE_INFINITY } = range;
  const prefix = publishedPrefix('candle', { venue, symbol, interval });
  const [first, last] = [
    Math.max(0, fromMs ?? 0),
    Math.min(MAX_EVENT_TIME, (toMs ?? Number.POSITIVE_INFINITY) - 1),
  ];
  if (first > last) return [];
  // The newest comes first: the end of the range in time is its beginning in keys.
  const from = `${prefix}${newestFirst(last)}`;
  const before = `${prefix}${newestFirst(first)}${BEHIND}`;
  const rows = await scanAll(store, { prefix, from, before }, limit);
  return rows.map((row) => recordOf('candle', row)).reverse();
}

/** A key that ends with it is behind the same key without it, and before all others that are. */
const BEHIND = '!';

export async function scanAll(
  store: StateStore,
  query: Omit<ScanQuery, 'limit'>,
  limit: number = Number.POSITIVE_INFINITY,
): Promise<Row[]> {
  const rows: Row[] = [];
  let from = query.from;
  while (rows.length < limit) {
    const page = await store.scan({ ...query, from, limit: Math.min(PAGE_ROWS, limit - rows.length) });
    for (const row of page.rows) rows.push(row);
    if (page.next === null) break;
    from = page.next;
  }
  return rows;
}

function recordOf<K extends PublishedKind>(kind: K, { key, cells }: Row): Published<K> {
  return parseValue(PUBLISHED_STATE[kind].schema, key, cells.value) as Published<K>;
}

/** A value from its wire form. @throws WireFormatError naming the row. */
export function parseValue<S extends z.ZodType>(
  schema: S,
  key: string,
  text: string | undefined,
): z.output<S> {
  try {
    return schema.parse(JSON.parse(text ?? ''));
  } catch (cause) {
    const got = cause instanceof z.ZodError ? z.prettifyError(cause) : messageOf(cause);
    throw new WireFormatError(`Expected row "${key}" of the state store to fit its schema, got: ${got}.`, {
      cause,
    });
  }
}
