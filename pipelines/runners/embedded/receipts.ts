/**
 * Who fed what: a message is acknowledged once every window it fed has been published for the last time, its lateness
 * over. Until then a trade that comes late still needs the others of its bar, also in a process that starts anew.
 */
import type { SourceMessage } from './edges.ts';

/** Of the message no more is kept: its bytes are most of it, and it may wait ten minutes. */
type Ack = SourceMessage['ack'];

/** Stands for one source message. Counts the windows that still hold something of it, plus one while it is being read. */
export class Receipt {
  readonly #ack: Ack;
  readonly #ledger: Ledger;
  #waits = 1;

  constructor(ledger: Ledger, ack: Ack) {
    this.#ledger = ledger;
    this.#ack = ack;
  }

  hold(): this {
    this.#waits += 1;
    return this;
  }

  release(): void {
    this.#waits -= 1;
    if (this.#waits === 0) this.#ledger.settled.push(this.#ack);
  }
}

/** `current` is the message being pushed through the graph; elements that a window fired belong to none. */
export class Ledger {
  current: Receipt | undefined;
  /** Acknowledgements due after the next flush. */
  readonly settled: Ack[] = [];
  unacknowledged = 0;

  begin({ ack }: Pick<SourceMessage, 'ack'>): void {
    this.unacknowledged += 1;
    this.current = new Receipt(this, ack);
  }

  end(): void {
    this.current?.release();
    this.current = undefined;
  }

  /** Call when all writes are durable. */
  acknowledge(): void {
    for (const ack of this.settled) ack();
    this.unacknowledged -= this.settled.length;
    this.settled.length = 0;
  }
}

/** Messages by the end of the last window they fed. Until it takes no more, a successor needs them to revise it. */
export class WindowReceipts {
  readonly #held = new Map<number, Receipt[]>();

  /** @param current The message being processed; undefined where what comes is made of messages that are held already. */
  hold(lastEnd: number, current: Receipt | undefined): void {
    if (current === undefined) return;
    const held = this.#held.get(lastEnd);
    if (held === undefined) this.#held.set(lastEnd, [current.hold()]);
    else if (held[held.length - 1] !== current) held.push(current.hold());
  }

  release(lastEnd: number): void {
    for (const receipt of this.#held.get(lastEnd) ?? []) receipt.release();
    this.#held.delete(lastEnd);
  }
}
