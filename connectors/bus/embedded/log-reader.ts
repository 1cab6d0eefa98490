/** Reads a topic's log from any offset on, block by block: what a subscription does that memory has left behind. */
import type { StoredMessage } from './message.ts';
import { damageAt, readBlock, type Segment } from './segment.ts';
import type { SegmentedLog } from './segmented-log.ts';

export class LogReader {
  readonly #log: SegmentedLog;
  #segment: Segment | null = null;
  /** Byte in the segment where the record of message `#at` begins. */
  #position = 0;
  #at = 0;

  constructor(log: SegmentedLog) {
    this.#log = log;
  }

  /** Messages at or behind `offset`, in order, without a hole the log does not have; none at its end. One call at a time. */
  async read(offset: number): Promise<StoredMessage[]> {
    for (;;) {
      const segment = this.#log.segmentOf(offset);
      if (!segment) return [];
      if (segment !== this.#segment || offset !== this.#at) this.#seek(segment, offset);
      const messages = await this.#readBlock(segment);
      const wanted = messages.filter((message) => message.offset >= offset);
      if (wanted.length > 0) return wanted;
    }
  }

  /** To the nearest record at or before the message that is known, unless it is nearer already. */
  #seek(segment: Segment, offset: number): void {
    const start = segment.starts.findLast((each) => each.offset <= offset) ?? segment.starts[0]!;
    if (segment === this.#segment && start.offset <= this.#at && this.#at <= offset) return;
    this.#segment = segment;
    this.#position = start.position;
    this.#at = start.offset;
  }

  async #readBlock(segment: Segment): Promise<readonly StoredMessage[]> {
    const file = await this.#log.openSegment(segment);
    try {
      const { messages, end } = await readBlock(file, this.#position, segment.bytes, this.#at);
      if (messages.length === 0) throw damageAt(segment.path, this.#position, this.#at, segment.bytes);
      this.#position = end;
      this.#at += messages.length;
      return messages;
    } finally {
      await file.close();
    }
  }
}
