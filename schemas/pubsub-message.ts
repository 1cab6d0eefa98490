/** google.pubsub.v1.PubsubMessage in protobuf: the element that crosses the graph's edges on every engine. */
import protobuf from 'protobufjs/minimal.js';
import { messageOf, WireFormatError } from './errors.ts';
import { Slab } from './slab.ts';
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

/** Longest varint of a length below 2^31, and a tag before it. */
const PREFIX_BYTES = 6;
/** Of a UTF-16 unit in UTF-8. */
const MAX_UTF8_BYTES = 3;
/** Where a message is put together; messages of any length, one at a time. */
let scratch = Buffer.allocUnsafe(1 << 16);

const messages = new Slab();

/** Written by hand, since every record crosses here and the general writer takes several times as long. */
export function encodePubsubMessage(message: PubsubMessage): Uint8Array {
  const { data, attributes, messageId, orderingKey } = message;
  const attributeList = Object.entries(attributes);
  reserve(data.length + textBytes(messageId) + textBytes(orderingKey) + PREFIX_BYTES, attributeList);
  let at = 0;
  if (data.length > 0) {
    scratch[at++] = DATA;
    at = writeLength(data.length, at);
    scratch.set(data, at);
    at += data.length;
  }
  for (const [key, value] of attributeList) {
    scratch[at++] = ATTRIBUTE;
    const [keyBytes, valueBytes] = [Buffer.byteLength(key), Buffer.byteLength(value)];
    const length = 2 + lengthBytes(keyBytes) + keyBytes + lengthBytes(valueBytes) + valueBytes;
    at = writeLength(length, at);
    at = writeText(MAP_KEY, key, keyBytes, at);
    at = writeText(MAP_VALUE, value, valueBytes, at);
  }
  if (messageId) at = writeText(MESSAGE_ID, messageId, Buffer.byteLength(messageId), at);
  if (orderingKey) at = writeText(ORDERING_KEY, orderingKey, Buffer.byteLength(orderingKey), at);
  return messages.copy(scratch.subarray(0, at));
}

function reserve(bytes: number, attributes: readonly (readonly [string, string])[]): void {
  let needed = bytes;
  for (const [key, value] of attributes) needed += PREFIX_BYTES + textBytes(key) + textBytes(value);
  if (needed > scratch.length) scratch = Buffer.allocUnsafe(2 * needed);
}

/** At most. */
function textBytes(text: string): number {
  return PREFIX_BYTES + MAX_UTF8_BYTES * text.length;
}

function writeText(tag: number, text: string, bytes: number, to: number): number {
  scratch[to] = tag;
  const at = writeLength(bytes, to + 1);
  return at + scratch.write(text, at, bytes, 'utf8');
}

function writeLength(length: number, to: number): number {
  let at = to;
  let rest = length;
  for (; rest > 127; rest >>>= 7) scratch[at++] = (rest & 127) | 128;
  scratch[at++] = rest;
  return at;
}

function lengthBytes(length: number): number {
  let bytes = 1;
  for (let rest = length; rest > 127; rest >>>= 7) bytes += 1;
  return bytes;
}

/** @throws WireFormatError where the bytes are no PubsubMessage. */
export function decodePubsubMessage(bytes: Uint8Array): PubsubMessage {
  const attributes: Record<string, string> = {};
  return { ...read(bytes, (reader) => readAttribute(reader, attributes)), attributes };
}

/** The data alone, as a view; the rest, most of the work, is passed over. @throws WireFormatError as `decodePubsubMessage`. */
export function pubsubData(bytes: Uint8Array): Uint8Array {
  const { length } = bytes;
  let data: Uint8Array | undefined;
  for (let at = 0; at < length; ) {
    const tag = bytes[at]!;
    const first = bytes[at + 1]!;
    const second = bytes[at + 2]!;
    // Fields of less than 16 KiB whose tag we know; all else, also what is damaged, is left to the general reader.
    const isShort = first < 128;
    const start = isShort ? at + 2 : at + 3;
    const end = start + (isShort ? first : (first & 127) | (second << 7));
    const isKnown = tag === DATA || tag === ATTRIBUTE || tag === MESSAGE_ID || tag === ORDERING_KEY;
    if (!isKnown || !(isShort || second < 128) || end > length) return read(bytes, skipField).data;
    if (tag === DATA) data = bytes.subarray(start, end);
    at = end;
  }
  return data ?? new Uint8Array();
}

function skipField(reader: protobuf.Reader): void {
  reader.skip(reader.uint32());
}

function read(
  bytes: Uint8Array,
  onAttribute: (reader: protobuf.Reader) => void,
): Omit<PubsubMessage, 'attributes'> {
  const reader = protobuf.Reader.create(bytes);
  let data: Uint8Array = new Uint8Array();
  let messageId = '';
  let orderingKey = '';
  try {
    while (reader.pos < reader.len) {
      const tag = reader.uint32();
      if (tag === DATA) data = reader.bytes();
      else if (tag === ATTRIBUTE) onAttribute(reader);
      else if (tag === MESSAGE_ID) messageId = reader.string();
      else if (tag === ORDERING_KEY) orderingKey = reader.string();
      else reader.skipType(tag & 7);
    }
  } catch (cause) {
    throw new WireFormatError(`Expected a PubsubMessage, got ${bytes.length} bytes: ${messageOf(cause)}.`, {
      cause,
    });
  }
  return { data, messageId, orderingKey };
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
