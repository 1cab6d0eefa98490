/** The newest messages of a topic in memory, by offset. */
import type { StoredMessage } from './message.ts';

export class Tail {
  /** Without gaps. What is let go of leaves no trace: a message may keep 64 KB that it was cut from. */
  readonly #messages = new Map<number, StoredMessage>();
  #end: number;
  #bytes = 0;

  /** `end`: offset the next message will get. */
  constructor(end: number) {
    this.#end = end;
  }

  get end(): number {
    return this.#end;
  }

  get first(): number {
    return this.#end - this.#messages.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Gives the messages their offsets. */
  push(messages: readonly StoredMessage[]): void {
    for (const message of messages) {
      message.offset = this.#end++;
      this.#messages.set(message.offset, message);
      this.#bytes += message.data.length;
    }
  }

  at(offset: number): StoredMessage | undefined {
    return this.#messages.get(offset);
  }

  /** Lets go of the messages before `offset`, and of more, oldest first, while they take more than `maxBytes`. */
  trim(offset: number, maxBytes: number): void {
    // By number: to look for the first entry of a map costs as much as was deleted before it.
    for (let { first } = this; first < this.#end && (first < offset || this.#bytes > maxBytes); first++) {
      this.#bytes -= this.#messages.get(first)!.data.length;
      this.#messages.delete(first);
    }
  }
}
