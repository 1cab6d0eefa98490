/** Which window of the graph a message reaches first: it is late where that one has closed. */
import { closeTime } from '../../../schemas/candle.ts';
import { closeAfter, MINUTE_MS } from '../../../schemas/primitives.ts';
import { pubsubData } from '../../../schemas/pubsub-message.ts';
import {
  type Decoded,
  decodeSnapshotMessage,
  decodeTradeMessage,
} from '../../../transforms/decode/decode.ts';

/**
 * End of the earliest window that the message has something for, ms since the epoch; +Infinity where it has none:
 * what cannot be read becomes a dead letter, which no window holds.
 */
export function firstCloseOf(subscription: string, bytes: Uint8Array): number {
  const decode = subscription === 'book-snapshots' ? decodeSnapshotMessage : decodeTradeMessage;
  let decoded: Decoded;
  try {
    decoded = decode(pubsubData(bytes));
  } catch {
    return Number.POSITIVE_INFINITY;
  }
  let first = Number.POSITIVE_INFINITY;
  for (const { ts } of decoded.parts) first = Math.min(first, closeAfter(ts, MINUTE_MS));
  for (const candle of decoded.known) first = Math.min(first, closeTime(candle));
  return first;
}
