/**
 * Bytes of one message in a segment:
 * magic u32 | body length u32 | CRC-32 of the body u32 | body = publish time f64 + PubsubMessage (all little-endian).
 */
import { crc32 } from 'node:zlib';
import { decodePubsubMessage, encodePubsubMessage } from '../../../schemas/pubsub-message.ts';
import { StoredMessage } from './message.ts';

/** 'CSTm': lets a reader find the next whole record behind a damaged one. */
const MAGIC = 0x6d545343;
const MAGIC_BYTES = Buffer.from('CSTm');
export const HEADER_BYTES = 12;
const TIME_BYTES = 8;
/** A message holds 10 MB at most; a longer length is damage. */
export const MAX_BODY_BYTES = 11_000_000;

/** Whole records, end to end. */
export function encodeRecords(messages: readonly StoredMessage[]): Buffer {
  const payloads = messages.map((message) => encodePubsubMessage({ ...message, messageId: '' }));
  const length = payloads.reduce((sum, payload) => sum + HEADER_BYTES + TIME_BYTES + payload.length, 0);
  const bytes = Buffer.allocUnsafe(length);
  let at = 0;
  payloads.forEach((payload, i) => {
    const body = at + HEADER_BYTES;
    const end = body + TIME_BYTES + payload.length;
    bytes.writeDoubleLE(messages[i]!.publishTimeMs, body);
    bytes.set(payload, body + TIME_BYTES);
    bytes.writeUInt32LE(MAGIC, at);
    bytes.writeUInt32LE(end - body, at + 4);
    bytes.writeUInt32LE(crc32(bytes.subarray(body, end)), at + 8);
    at = end;
  });
  return bytes;
}

/** End of the record at `position`; `incomplete` where it would end behind the buffer, `damaged` where it is none. */
export function recordEnd(bytes: Buffer, position: number): number | 'incomplete' | 'damaged' {
  if (bytes.length - position < HEADER_BYTES) return 'incomplete';
  const length = bytes.readUInt32LE(position + 4);
  const isRecord = bytes.readUInt32LE(position) === MAGIC && length >= TIME_BYTES && length <= MAX_BODY_BYTES;
  if (!isRecord) return 'damaged';
  const body = position + HEADER_BYTES;
  if (body + length > bytes.length) return 'incomplete';
  const isWhole = crc32(bytes.subarray(body, body + length)) === bytes.readUInt32LE(position + 8);
  return isWhole ? body + length : 'damaged';
}

/** The message in the record [position, end); `position` is that of its header. */
export function decodeRecord(bytes: Buffer, position: number, end: number, offset: number): StoredMessage {
  const body = position + HEADER_BYTES;
  const message = decodePubsubMessage(bytes.subarray(body + TIME_BYTES, end));
  return new StoredMessage(message, bytes.readDoubleLE(body), offset);
}

/** Position of the first whole record at or behind `position`, or −1. */
export function findRecord(bytes: Buffer, position: number): number {
  let at = bytes.indexOf(MAGIC_BYTES, position);
  while (at >= 0 && typeof recordEnd(bytes, at) !== 'number') at = bytes.indexOf(MAGIC_BYTES, at + 1);
  return at;
}
