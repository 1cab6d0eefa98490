/** The newest messages of a topic in memory, by offset. */
import type { StoredMessage } from './message.ts';

export class Tail {
  #messages: StoredMessage[] = [];
  /** Index of the first message still held. */
  #head = 0;
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
    return this.#end - (this.#messages.length - this.#head);
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Gives the messages their offsets. */
  push(messages: readonly StoredMessage[]): void {
    for (const message of messages) {
      message.offset = this.#end++;
      this.#messages.push(message);
      this.#bytes += message.data.length;
    }
  }

  at(offset: number): StoredMessage | undefined {
    return offset < this.first ? undefined : this.#messages[this.#head + offset - this.first];
  }

  /** Lets go of the messages before `offset`, and of more, oldest first, while they take more than `maxBytes`. */
  trim(offset: number, maxBytes: number): void {
    let first = this.first;
    while (first < this.#end && (first < offset || this.#bytes > maxBytes)) {
      this.#bytes -= this.#messages[this.#head++]!.data.length;
      first++;
    }
    // Moving the array costs its length: done once it is half empty.
    if (this.#head > 1024 && this.#head * 2 > this.#messages.length) {
      this.#messages = this.#messages.slice(this.#head);
      this.#head = 0;
    }
  }
}
