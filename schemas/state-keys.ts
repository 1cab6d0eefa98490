/** Keys, ranks and ends of state rows, as the list in state.ts says. Printable ASCII that sorts as it should. */
import { WireFormatError } from './errors.ts';
import { INTERVAL_MS, type Interval, MAX_EVENT_TIME } from './primitives.ts';
import {
  type KeyFields,
  PUBLISHED_STATE,
  type Published,
  type PublishedKind,
  type PublishedState,
} from './state.ts';

const SEPARATOR = '#';
const TIME_DIGITS = String(MAX_EVENT_TIME).length;
/** What every store takes. */
const MAX_KEY = 1_024;
const INTEGER_DIGITS = String(Number.MAX_SAFE_INTEGER).length;

type Fields = Readonly<Record<string, unknown>>;

/** Key of the row that holds a record. @throws WireFormatError where a time or text cannot be part of one. */
export function publishedKey<K extends PublishedKind>(kind: K, fields: KeyFields<K>): string {
  const { key }: PublishedState = PUBLISHED_STATE[kind];
  const text = [kind, ...key.map((part) => keyPart(part, fields))].join(SEPARATOR);
  if (text.length <= MAX_KEY) return text;
  throw new WireFormatError(`Expected a key of at most ${MAX_KEY} characters, got ${text.length}.`);
}

/** Prefix of all rows of a kind that agree in the leading parts of their key for which there are fields. */
export function publishedPrefix<K extends PublishedKind>(
  kind: K,
  fields: Partial<KeyFields<K>> = {},
): string {
  const { key }: PublishedState = PUBLISHED_STATE[kind];
  const unknown = key.findIndex((part) =>
    fieldsOf(part).some((field) => (fields as Fields)[field] === undefined),
  );
  const known = unknown < 0 ? key : key.slice(0, unknown);
  return `${[kind, ...known.map((part) => keyPart(part, fields))].join(SEPARATOR)}${SEPARATOR}`;
}

/** Key of a row that its owner decides on, and the prefix of those with more parts. */
export function ownedKey(kind: string, parts: readonly string[]): string {
  return [kind, ...parts.map(escaped)].join(SEPARATOR);
}

/** Texts that compare as the records of one key do: the greater is the newer. */
export function rankOf<K extends PublishedKind>(kind: K, record: Published<K>): string {
  const { newestBy }: PublishedState = PUBLISHED_STATE[kind];
  const numbers = newestBy.map((field) => ascending((record as Fields)[field]));
  return numbers.join(SEPARATOR);
}

/** When the row of a record ends. Unit: ms since the epoch. */
export function endOf<K extends PublishedKind>(kind: K, record: Published<K>): number {
  const { keep }: PublishedState = PUBLISHED_STATE[kind];
  const fields: Fields = record;
  const kept = 'ms' in keep ? keep.ms : keep.bars * INTERVAL_MS[fields.interval as Interval];
  return (fields[keep.after] as number) + kept;
}

/** Time as a part of a key: the later, the earlier it sorts. Unit: ms. */
export function newestFirst(ms: number): string {
  if (!(Number.isSafeInteger(ms) && ms >= 0 && ms <= MAX_EVENT_TIME)) {
    throw new WireFormatError(`Expected a time from 1970 to 9999 for a key, got ${ms} ms.`);
  }
  return String(MAX_EVENT_TIME - ms).padStart(TIME_DIGITS, '0');
}

function fieldsOf(part: string): string[] {
  return part.startsWith('-') ? [part.slice(1)] : part.split(':');
}

function keyPart(part: string, fields: Fields): string {
  if (part.startsWith('-')) return newestFirst(fields[part.slice(1)] as number);
  return fieldsOf(part)
    .map((field) => escaped(String(fields[field])))
    .join(':');
}

function ascending(value: unknown): string {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) {
    return String(value).padStart(INTEGER_DIGITS, '0');
  }
  throw new WireFormatError(`Expected a whole number of at least 0 to rank by, got ${value}.`);
}

/** Two texts never make one part, and no part holds a separator. */
function escaped(text: string): string {
  return text.replace(/[^\x21-\x7e]|[#%]/gu, (character) =>
    Array.from(Buffer.from(character), (byte) => `%${byte.toString(16).padStart(2, '0')}`).join(''),
  );
}
