/** google.pubsub.v1.PubsubMessage in protobuf: the element that crosses the graph's edges on every engine. */
import { createHash } from 'node:crypto';
import protobuf from 'protobufjs/minimal.js';
import { messageOf, WireFormatError } from './errors.ts';
import { ATTRIBUTES } from './topics.ts';

export interface PubsubMessage {
  readonly data: Uint8Array;
  readonly attributes: Readonly<Record<string, string>>;
  /** Assigned by the bus; empty before publication. */
  readonly messageId: string;
  readonly orderingKey: string;
}

/** Field numbers and wire tags of google/pubsub/v1/pubsub.proto. */
const DATA = (1 << 3) | 2;
const ATTRIBUTE = (2 << 3) | 2;
const MESSAGE_ID = (3 << 3) | 2;
const ORDERING_KEY = (5 << 3) | 2;
const MAP_KEY = (1 << 3) | 2;
const MAP_VALUE = (2 << 3) | 2;

export function encodePubsubMessage(message: PubsubMessage): Uint8Array {
  const writer = protobuf.Writer.create();
  if (message.data.length > 0) writer.uint32(DATA).bytes(message.data);
  for (const [key, value] of Object.entries(message.attributes)) {
    writer.uint32(ATTRIBUTE).fork().uint32(MAP_KEY).string(key).uint32(MAP_VALUE).string(value).ldelim();
  }
  if (message.messageId) writer.uint32(MESSAGE_ID).string(message.messageId);
  if (message.orderingKey) writer.uint32(ORDERING_KEY).string(message.orderingKey);
  return writer.finish();
}

/** @throws WireFormatError where the bytes are no PubsubMessage. */
export function decodePubsubMessage(bytes: Uint8Array): PubsubMessage {
  const reader = protobuf.Reader.create(bytes);
  const attributes: Record<string, string> = {};
  let data: Uint8Array = new Uint8Array();
  let messageId = '';
  let orderingKey = '';
  try {
    while (reader.pos < reader.len) {
      const tag = reader.uint32();
      if (tag === DATA) data = reader.bytes();
      else if (tag === ATTRIBUTE) readAttribute(reader, attributes);
      else if (tag === MESSAGE_ID) messageId = reader.string();
      else if (tag === ORDERING_KEY) orderingKey = reader.string();
      else reader.skipType(tag & 7);
    }
  } catch (cause) {
    throw new WireFormatError(`Expected a PubsubMessage, got ${bytes.length} bytes: ${messageOf(cause)}.`, {
      cause,
    });
  }
  return { data, attributes, messageId, orderingKey };
}

function readAttribute(reader: protobuf.Reader, into: Record<string, string>): void {
  const end = reader.uint32() + reader.pos;
  let key = '';
  let value = '';
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag === MAP_KEY) key = reader.string();
    else if (tag === MAP_VALUE) value = reader.string();
    else reader.skipType(tag & 7);
  }
  into[key] = value;
}

/** Attributes every message carries: identity and event time (ms). */
export function standardAttributes(id: string, eventTimeMs: number): Record<string, string> {
  return { [ATTRIBUTES.id]: id, [ATTRIBUTES.eventTime]: String(eventTimeMs) };
}

/** Event time of a message, ms. @throws WireFormatError where the attribute is missing or no integer. */
export function eventTimeOf(attributes: Readonly<Record<string, string>>): number {
  const text = attributes[ATTRIBUTES.eventTime];
  const ms = Number(text);
  if (text === undefined || text === '' || !Number.isSafeInteger(ms)) {
    throw new WireFormatError(
      `Expected attribute "${ATTRIBUTES.eventTime}" in ms since the epoch, got ${text ?? 'nothing'}.`,
    );
  }
  return ms;
}

/** First 16 hex digits of SHA-256: short enough to read, long enough never to collide here. */
export function shortHash(...parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part).update('\0');
  return hash.digest('hex').slice(0, 16);
}
