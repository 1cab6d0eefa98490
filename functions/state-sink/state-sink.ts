/** What published messages say about now: at most one record of each row, the newest. */
import {
  type KeyFields,
  PUBLISHED_KINDS,
  PUBLISHED_STATE,
  type Published,
  type PublishedKind,
} from '../../schemas/state.ts';
import { publishedKey, rankOf } from '../../schemas/state-keys.ts';
import type { TopicName } from '../../schemas/topics.ts';
import { recordOf } from '../record.ts';

/** The topics that state is kept of. */
export const SINK_TOPICS: readonly TopicName[] = PUBLISHED_KINDS.map((kind) => PUBLISHED_STATE[kind].topic);

export interface Kept {
  readonly kind: PublishedKind;
  readonly record: Published<PublishedKind>;
  readonly key: string;
  readonly rank: string;
}

/** The record of a message, and the row it is for. @throws WireFormatError where the message is none of its topic. */
export function keptOf(topic: TopicName, data: Uint8Array): Kept {
  const kind = PUBLISHED_KINDS.find((candidate) => PUBLISHED_STATE[candidate].topic === topic)!;
  const record = recordOf(PUBLISHED_STATE[kind].schema, data);
  const key = publishedKey(kind, record as KeyFields<PublishedKind>);
  return { kind, record, key, rank: rankOf(kind, record) };
}

/** Of several records of a row the newest, of equals the first: what the store would be left with. */
export function newestOf(records: readonly Kept[]): Kept[] {
  const newest = new Map<string, Kept>();
  for (const record of records) {
    const known = newest.get(record.key);
    if (known === undefined || known.rank < record.rank) newest.set(record.key, record);
  }
  return [...newest.values()];
}
