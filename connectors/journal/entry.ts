/** One line of a journal: what a feed was told, and when. JSON, so that `zstdcat … | jq` reads it, too. */
import { z } from 'zod';
import { messageOf, WireFormatError } from '../../schemas/errors.ts';
import type { TopicName } from '../../schemas/topics.ts';
import type { FeedInput, Instant } from '../feed/feed-io.ts';

export interface JournalEntry {
  readonly input: FeedInput;
  readonly at: Instant;
}

const base64 = z.base64().transform((text) => new Uint8Array(Buffer.from(text, 'base64')));
const connection = z.number().int();
const fetchId = z.number().int();
const reason = z.string();
const trade = z.object({
  tradeId: z.string(),
  seq: z.number(),
  ts: z.number(),
  price: z.number(),
  size: z.number(),
  side: z.enum(['BUY', 'SELL']),
});
const message = z.object({
  data: base64,
  attributes: z.record(z.string(), z.string()),
  orderingKey: z.string(),
});

const Input = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('symbols'),
    symbols: z.array(z.string()),
    halted: z.array(z.string()).exactOptional(),
    since: z.record(z.string(), z.number()).exactOptional(),
  }),
  z.strictObject({ kind: z.literal('opened'), connection }),
  z.strictObject({ kind: z.literal('frame'), connection, frame: z.string() }),
  z.strictObject({ kind: z.literal('closed'), connection, reason }),
  z.strictObject({ kind: z.literal('paused'), isPaused: z.boolean() }),
  z.strictObject({ kind: z.literal('fetched'), fetchId, trades: z.array(trade) }),
  z.strictObject({ kind: z.literal('unfetched'), fetchId, reason }),
  z.strictObject({
    kind: z.literal('dropped'),
    topic: z.string().transform((topic) => topic as TopicName),
    messages: z.array(message),
  }),
  z.strictObject({ kind: z.literal('tick') }),
  z.strictObject({ kind: z.literal('stop') }),
]);

type Field<T> = T extends { readonly kind: string } ? `${T['kind']}.${Extract<keyof T, string>}` : never;
/** Fields that a line would lose: where there is one, this file does not compile. */
type Lost = Exclude<Field<FeedInput>, Field<z.output<typeof Input>>>;

/** Without its newline. */
export function encodeEntry(input: FeedInput, { market, network }: Instant): string {
  return JSON.stringify({ market, network, ...(input.kind === 'dropped' ? dropped(input) : input) });
}

/** @throws WireFormatError */
export function decodeEntry(line: string): JournalEntry {
  const { market, network, ...told } = parse(line);
  if (typeof market !== 'number' || typeof network !== 'number') throw unreadable(line, 'no instant');
  const at = { market, network };
  // Nearly all are frames: a check by hand is several times as fast.
  const { kind, connection: of, frame } = told;
  if (kind === 'frame' && typeof of === 'number' && typeof frame === 'string') {
    return { input: { kind, connection: of, frame }, at };
  }
  const input = Input.safeParse(told);
  if (!input.success) throw unreadable(line, z.prettifyError(input.error));
  const whole: [Lost] extends [never] ? FeedInput : never = input.data;
  return { input: whole, at };
}

function dropped(input: Extract<FeedInput, { readonly kind: 'dropped' }>) {
  const messages = input.messages.map(({ data, attributes, orderingKey }) => {
    return { data: Buffer.from(data).toString('base64'), attributes, orderingKey };
  });
  return { ...input, messages };
}

function parse(line: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === 'object' && value !== null) return value as Readonly<Record<string, unknown>>;
  } catch (error) {
    throw unreadable(line, messageOf(error));
  }
  throw unreadable(line, 'no object');
}

function unreadable(line: string, why: string): WireFormatError {
  return new WireFormatError(`Expected a line of a journal, got "${line.slice(0, 80)}": ${why}.`);
}
