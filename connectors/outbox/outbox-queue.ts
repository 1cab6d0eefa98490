/** Messages in memory, in order, with their size. */
import type { OutgoingMessage } from '../bus/port.ts';

/** Published, or written to disk, at once. */
const MAX_BATCH_MESSAGES = 1_000;
const MAX_BATCH_BYTES = 1 << 20;
/** Attributes, key and objects of a message, about. */
const OVERHEAD_BYTES = 300;

export interface Waiting {
  readonly message: OutgoingMessage;
  readonly bytes: number;
  /** Its place among the messages of all topics. Infinity: not known yet. */
  seq: number;
  /** Unit: ms of the outbox's clock. */
  readonly putMs: number;
}

export class WaitingQueue {
  #waiting: Waiting[] = [];
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  get length(): number {
    return this.#waiting.length;
  }

  get first(): Waiting | undefined {
    return this.#waiting[0];
  }

  get messages(): OutgoingMessage[] {
    return this.#waiting.map(({ message }) => message);
  }

  push(messages: readonly OutgoingMessage[], seq: number, putMs: number): void {
    this.add(
      messages.map((message) => ({ message, bytes: message.data.length + OVERHEAD_BYTES, seq, putMs })),
    );
  }

  add(waiting: readonly Waiting[]): void {
    for (const each of waiting) {
      this.#waiting.push(each);
      this.#bytes += each.bytes;
    }
  }

  /** The oldest with a `seq` up to the limit, as many as go at once. */
  batch(limit: number): readonly Waiting[] {
    let count = 0;
    for (let bytes = 0; count < MAX_BATCH_MESSAGES && bytes < MAX_BATCH_BYTES; count++) {
      const next = this.#waiting[count];
      if (!next || next.seq > limit) break;
      bytes += next.bytes;
    }
    return this.#waiting.slice(0, count);
  }

  /** Removes the oldest. */
  take(count: number): Waiting[] {
    const taken = this.#waiting.splice(0, count);
    for (const { bytes } of taken) this.#bytes -= bytes;
    return taken;
  }

  /** Removes the oldest until at most so many bytes are left. */
  dropTo(bytes: number): Waiting[] {
    let count = 0;
    for (let left = this.#bytes; left > bytes; count++) left -= this.#waiting[count]!.bytes;
    return this.take(count);
  }

  keep(isKept: (waiting: Waiting) => boolean): void {
    this.#waiting = this.#waiting.filter(isKept);
    this.#bytes = this.#waiting.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  reorder(seqOf: (seq: number) => number): void {
    for (const waiting of this.#waiting) waiting.seq = seqOf(waiting.seq);
  }
}
