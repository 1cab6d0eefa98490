/** The way from the exchange to one client: frames pass its faults, wait for their time, and are delivered in order. */
import { frameOf, type TwinFrame } from '../venue.ts';

export interface Delivery {
  readonly frame: TwinFrame;
  /** When it arrives. Unit: ms of true time. */
  readonly atMs: number;
}

/** One fault on one connection. */
export interface Filter {
  /** What becomes of a frame: none, one or several, at once or later. */
  pass(delivery: Delivery): readonly Delivery[];
  /** True where it lets everything pass from now on. */
  isOver(): boolean;
  /** What it still holds. */
  flush(ms: number): readonly Delivery[];
}

export interface TwinClient {
  frame(text: string, atMs: number): void;
  /** The connection ended from the exchange's side, or was cut. */
  closed(code: number, reason: string, atMs: number): void;
  /** Bytes that are no WebSocket frame; the connection is cut after them. */
  bytes?(bytes: Uint8Array): void;
  /** The connection is half-open from now on: what the client sends is not read either. */
  silent?(): void;
}

export class Link {
  readonly id: number;
  readonly client: TwinClient;
  readonly #filters: Filter[] = [];
  /** By time, then by order of sending. */
  readonly #queue: Delivery[] = [];
  #isOpen = true;

  constructor(id: number, client: TwinClient) {
    this.id = id;
    this.client = client;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  add(filter: Filter): void {
    this.#filters.push(filter);
  }

  /** What the filter held arrives now, past the faults that came after it. */
  remove(filter: Filter, ms: number): void {
    const at = this.#filters.indexOf(filter);
    if (at < 0) return;
    this.#filters.splice(at, 1);
    this.#enqueue(this.#pass(filter.flush(ms), at));
  }

  send(frame: TwinFrame, ms: number): void {
    if (!this.#isOpen) return;
    this.#enqueue(this.#pass([{ frame, atMs: ms }], 0));
    for (const filter of this.#filters.filter((each) => each.isOver())) this.remove(filter, ms);
  }

  /** A text that no session sent. */
  inject(text: string, ms: number): void {
    if (this.#isOpen) this.#enqueue([{ frame: frameOf('noise', text), atMs: ms }]);
  }

  deliverUntil(ms: number): void {
    while (this.#isOpen && this.#queue.length > 0 && this.#queue[0]!.atMs <= ms) {
      const { frame, atMs } = this.#queue.shift()!;
      this.client.frame(frame.text, atMs);
    }
  }

  /** What waits is lost. */
  cut(code: number, reason: string, ms: number): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#queue.length = 0;
    this.client.closed(code, reason, ms);
  }

  /** The client went. */
  leave(): void {
    this.#isOpen = false;
    this.#queue.length = 0;
  }

  #pass(deliveries: readonly Delivery[], from: number): readonly Delivery[] {
    let passed = deliveries;
    for (const filter of this.#filters.slice(from)) passed = passed.flatMap((each) => filter.pass(each));
    return passed;
  }

  #enqueue(deliveries: readonly Delivery[]): void {
    if (!this.#isOpen) return;
    for (const delivery of deliveries) {
      let at = this.#queue.length;
      while (at > 0 && this.#queue[at - 1]!.atMs > delivery.atMs) at--;
      this.#queue.splice(at, 0, delivery);
    }
  }
}
