/** Several messages of several subscriptions in one element: subscription u8 | length u32 (little-endian) | bytes, again and again. */
import { WireFormatError } from '../../../schemas/errors.ts';

const HEADER_BYTES = 5;

export interface FramedMessage {
  /** Number of its subscription, 0–255. */
  readonly subscription: number;
  /** A serialized PubsubMessage. */
  readonly bytes: Uint8Array;
}

export function encodeFrame(messages: readonly FramedMessage[]): Uint8Array {
  const length = messages.reduce((sum, { bytes }) => sum + HEADER_BYTES + bytes.length, 0);
  const frame = Buffer.allocUnsafe(length);
  let at = 0;
  for (const { subscription, bytes } of messages) {
    at = frame.writeUInt8(subscription, at);
    at = frame.writeUInt32LE(bytes.length, at);
    frame.set(bytes, at);
    at += bytes.length;
  }
  return frame;
}

/** Messages of one subscription, in order. @throws WireFormatError where the frame is cut short. */
export function* messagesOf(frame: Uint8Array, subscription: number): Iterable<Uint8Array> {
  const view = Buffer.from(frame.buffer, frame.byteOffset, frame.length);
  let at = 0;
  while (at < view.length) {
    const body = at + HEADER_BYTES;
    const end = body <= view.length ? body + view.readUInt32LE(at + 1) : Number.POSITIVE_INFINITY;
    if (end > view.length) {
      throw new WireFormatError(
        `Expected whole messages in a frame of ${view.length} bytes, got a cut one at ${at}.`,
      );
    }
    if (view[at] === subscription) yield view.subarray(body, end);
    at = end;
  }
}
