/** Bytes of one message in a segment: a frame whose body is the publish time f64 (little-endian) and a PubsubMessage. */
import { decodePubsubMessage, encodePubsubMessage } from '../../../schemas/pubsub-message.ts';
import { FRAME_HEADER_BYTES, Framing } from '../../framing.ts';
import { StoredMessage } from './message.ts';

const TIME_BYTES = 8;
/** A message holds 10 MB at most; a longer length is damage. */
const MAX_BODY_BYTES = 11_000_000;
export const MAX_RECORD_BYTES = FRAME_HEADER_BYTES + MAX_BODY_BYTES;
export const RECORDS = new Framing('CSTm', TIME_BYTES, MAX_BODY_BYTES);

/** Whole records, end to end. */
export function encodeRecords(messages: readonly StoredMessage[]): Buffer {
  const payloads = messages.map((message) => encodePubsubMessage({ ...message, messageId: '' }));
  const length = payloads.reduce((sum, payload) => sum + FRAME_HEADER_BYTES + TIME_BYTES + payload.length, 0);
  const bytes = Buffer.allocUnsafe(length);
  let at = 0;
  payloads.forEach((payload, i) => {
    const body = at + FRAME_HEADER_BYTES;
    const end = body + TIME_BYTES + payload.length;
    bytes.writeDoubleLE(messages[i]!.publishTimeMs, body);
    bytes.set(payload, body + TIME_BYTES);
    RECORDS.seal(bytes, at, end);
    at = end;
  });
  return bytes;
}

/** The message in the record [position, end). */
export function decodeRecord(bytes: Buffer, position: number, end: number, offset: number): StoredMessage {
  const body = position + FRAME_HEADER_BYTES;
  const message = decodePubsubMessage(bytes.subarray(body + TIME_BYTES, end));
  return new StoredMessage(message, bytes.readDoubleLE(body), offset);
}
