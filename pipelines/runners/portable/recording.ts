/** What a replay's sources hand over, in order, as events of a TestStream: the same elements and watermarks on any engine. */
import type { SourceMessage, SourceReader } from '../embedded/edges.ts';
import { firstCloseOf } from './first-close.ts';
import { encodeFrame } from './frame.ts';

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

export interface Recording {
  readonly events: readonly RecordedEvent[];
  /** Some message came after a window had closed that it has something for. */
  readonly hasLate: boolean;
}

export interface RecordOptions {
  /** Event time is told at least so often. Unit: ms of market time. */
  readonly stepMs: number;
}

/**
 * Reads all sources to their end, in turns; a source's place in the map is its number in the frames.
 * The watermark is the smallest of all, as it is in a runner that reads them at once.
 *
 * Engines pay for every watermark with all the windows they hold. Where nothing late comes between two of them, the
 * first tells nothing that the second does not: windows hold what they would have held, and fire with it once. So only
 * the last watermark before a late message is recorded, exactly, and otherwise one every `stepMs`.
 */
export async function record(
  sources: ReadonlyMap<string, SourceReader>,
  { stepMs }: RecordOptions,
): Promise<Recording> {
  const open = [...sources].map(([subscription, reader], number) => ({
    subscription,
    reader,
    number,
    watermarkMs: Number.NEGATIVE_INFINITY,
  }));
  const tape = new Tape(stepMs);
  while (tape.watermarkMs < Number.POSITIVE_INFINITY) {
    for (const source of open) {
      if (source.watermarkMs === Number.POSITIVE_INFINITY) continue;
      const chunk = await source.reader.read();
      if (chunk && chunk.messages.length > 0) {
        const firstCloseMs = Math.min(
          ...chunk.messages.map(({ bytes }) => firstCloseOf(source.subscription, bytes)),
        );
        tape.add(frameOf(source.number, chunk.messages), firstCloseMs);
      }
      source.watermarkMs = chunk?.watermarkMs ?? Number.POSITIVE_INFINITY;
    }
    tape.advance(Math.min(...open.map((source) => source.watermarkMs)));
  }
  return { events: tape.events, hasLate: tape.hasLate };
}

class Tape {
  readonly events: RecordedEvent[] = [];
  /** Where event time has come to, and how far of it is on the tape. */
  watermarkMs = Number.NEGATIVE_INFINITY;
  hasLate = false;
  #told = Number.NEGATIVE_INFINITY;
  #frames: RecordedFrame[] = [];
  readonly #stepMs: number;

  constructor(stepMs: number) {
    this.#stepMs = stepMs;
  }

  /** @param firstCloseMs End of the earliest window that the frame has something for. */
  add(frame: RecordedFrame, firstCloseMs: number): void {
    if (firstCloseMs <= this.watermarkMs) {
      this.hasLate = true;
      this.#tell();
    }
    this.#frames.push(frame);
  }

  advance(watermarkMs: number): void {
    if (watermarkMs <= this.watermarkMs) return;
    this.watermarkMs = watermarkMs;
    if (watermarkMs - this.#told >= this.#stepMs) this.#tell();
  }

  #tell(): void {
    const { watermarkMs } = this;
    if (watermarkMs <= this.#told) return;
    if (this.#frames.length > 0) this.events.push({ kind: 'messages', frames: this.#frames });
    this.events.push({ kind: 'watermark', watermarkMs });
    this.#frames = [];
    this.#told = watermarkMs;
  }
}

function frameOf(subscription: number, messages: readonly SourceMessage[]): RecordedFrame {
  const bytes = encodeFrame(messages.map((message) => ({ subscription, bytes: message.bytes })));
  return { bytes, eventTimeMs: messages[0]!.eventTimeMs };
}
