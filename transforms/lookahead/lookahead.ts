/** Does anything that was decided depend on what came later? Two runs of one history that differ after an instant, held together up to it. */
import type { TopicName } from '../../schemas/topics.ts';

/** From bars to trades: what is later in this order is made of what is earlier. */
export const FLOW = [
  'market-candles',
  'market-levels',
  'market-features',
  'macro-bias-updates',
  'trade-signals-macro',
  'trade-signals-micro',
  'position-events',
] as const satisfies readonly TopicName[];
export type FlowTopic = (typeof FLOW)[number];

export interface KnownRecord {
  readonly topic: FlowTopic;
  readonly id: string;
  /** When it was known. Unit: ms since the epoch. */
  readonly at: number;
  readonly json: string;
}

export interface Difference {
  readonly topic: FlowTopic;
  readonly id: string;
  /** Unit: ms since the epoch. */
  readonly at: number;
  /** Which part looked ahead: all that it is made of is the same in both runs. */
  readonly cause: string;
  /** First field that is not the same; null where one of the runs has no such record. */
  readonly field: string | null;
  /** Value of the field, or the record; null where there is none. */
  readonly whole: string | null;
  readonly other: string | null;
}

const CAUSES: Record<FlowTopic, string> = {
  'market-candles': 'a bar that had closed depends on trades or bars after it',
  'market-levels': 'levels or trend depend on bars that closed after them: those before are the same',
  'market-features': 'features of a bar depend on later ones: bars and levels until then are the same',
  'macro-bias-updates':
    'the MACRO engine looks at bars that closed after its slot: those before are the same',
  'trade-signals-macro':
    'the MACRO engine looks at bars that closed after its slot: those before are the same',
  'trade-signals-micro': 'the strategy looks ahead: features and levels of its bar are the same',
  'position-events': 'the desk looks ahead: all that it was told until then is the same',
};

/**
 * The first record known by `untilMs` (ms since the epoch) that one run has otherwise than the other, or not at all; by
 * time, then along the flow. Null where there is none. Of copies within a run the first counts.
 */
export function firstDifference(
  whole: Iterable<KnownRecord>,
  other: Iterable<KnownRecord>,
  untilMs: number,
): Difference | null {
  const [a, b] = [knownBy(whole, untilMs), knownBy(other, untilMs)];
  const differing = [...a.values(), ...[...b].flatMap(([key, record]) => (a.has(key) ? [] : [record]))]
    .filter((record) => a.get(keyOf(record))?.json !== b.get(keyOf(record))?.json)
    .sort(inFlow);
  const [first] = differing;
  if (first === undefined) return null;
  const key = keyOf(first);
  const { topic, id, at } = first;
  return { topic, id, at, cause: CAUSES[topic], ...changeOf(a.get(key)?.json, b.get(key)?.json) };
}

function keyOf({ topic, id }: KnownRecord): string {
  return `${topic} ${id}`;
}

function knownBy(records: Iterable<KnownRecord>, untilMs: number): Map<string, KnownRecord> {
  const known = new Map<string, KnownRecord>();
  for (const record of records) {
    const key = keyOf(record);
    if (record.at <= untilMs && !known.has(key)) known.set(key, record);
  }
  return known;
}

function inFlow(a: KnownRecord, b: KnownRecord): number {
  const rank = ({ topic }: KnownRecord) => FLOW.indexOf(topic);
  return a.at - b.at || rank(a) - rank(b) || (a.id < b.id ? -1 : 1);
}

function changeOf(
  whole: string | undefined,
  other: string | undefined,
): Pick<Difference, 'field' | 'whole' | 'other'> {
  if (whole === undefined || other === undefined)
    return { field: null, whole: whole ?? null, other: other ?? null };
  const [a, b] = [JSON.parse(whole), JSON.parse(other)] as [Record<string, unknown>, Record<string, unknown>];
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])];
  const text = (value: unknown) => JSON.stringify(value) ?? 'nothing';
  const field = names.find((name) => text(a[name]) !== text(b[name])) ?? null;
  return field === null ? { field, whole, other } : { field, whole: text(a[field]), other: text(b[field]) };
}
