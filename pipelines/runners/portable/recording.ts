/** What a replay's sources hand over, in order, as events of a TestStream: the same elements and watermarks on any engine. */
import type { SourceReader } from '../embedded/edges.ts';
import { encodeFrame, type FramedMessage } from './frame.ts';

/** Messages that arrive together, or event time that has come to `watermarkMs`; +Infinity ends the recording. */
export type RecordedEvent =
  | { readonly kind: 'messages'; readonly frames: readonly RecordedFrame[] }
  | { readonly kind: 'watermark'; readonly watermarkMs: number };

/** Messages handed over at once: one element of the TestStream. */
export interface RecordedFrame {
  readonly bytes: Uint8Array;
  /** Event time of its first message. Nothing depends on it: the graph stamps what it decodes. Unit: ms. */
  readonly eventTimeMs: number;
}

/**
 * Reads all sources to their end, in turns; `subscriptions` tells each its number in the frames.
 * The watermark is the smallest of all, as it is in a runner that reads them at once.
 */
export async function record(subscriptions: ReadonlyMap<string, SourceReader>): Promise<RecordedEvent[]> {
  const open = [...subscriptions.values()].map((reader, index) => ({
    reader,
    index,
    watermarkMs: Number.NEGATIVE_INFINITY,
  }));
  const events: RecordedEvent[] = [];
  let watermarkMs = Number.NEGATIVE_INFINITY;
  let frames: RecordedFrame[] = [];
  while (watermarkMs < Number.POSITIVE_INFINITY) {
    for (const source of open) {
      if (source.watermarkMs === Number.POSITIVE_INFINITY) continue;
      const chunk = await source.reader.read();
      const messages = chunk?.messages ?? [];
      if (messages.length > 0) frames.push(frameOf(source.index, messages));
      source.watermarkMs = chunk?.watermarkMs ?? Number.POSITIVE_INFINITY;
    }
    const least = Math.min(...open.map((source) => source.watermarkMs));
    if (least <= watermarkMs) continue;
    if (frames.length > 0) events.push({ kind: 'messages', frames });
    events.push({ kind: 'watermark', watermarkMs: least });
    [watermarkMs, frames] = [least, []];
  }
  return events;
}

function frameOf(
  subscription: number,
  messages: readonly { readonly bytes: Uint8Array; readonly eventTimeMs: number }[],
): RecordedFrame {
  const framed: FramedMessage[] = messages.map(({ bytes }) => ({ subscription, bytes }));
  return { bytes: encodeFrame(framed), eventTimeMs: messages[0]!.eventTimeMs };
}
