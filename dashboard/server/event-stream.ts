/**
 * Server-Sent Events of a log. A reader is a connection and a place in the log: it is written to only while it takes what
 * it was given, so nothing is queued for it, and one that takes nothing for too long is cut off.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { EventLog, LoggedEvent } from '../events/event-log.ts';

export interface EventStreamOptions {
  /** Events of this time travel together. Unit: ms. */
  readonly batchMs?: number;
  /** Shows a proxy, and us, that somebody is there. Unit: ms. */
  readonly heartbeatMs?: number;
  /** Heartbeats that a reader may leave unread. */
  readonly patience?: number;
  readonly maxReaders?: number;
}

interface Reader {
  readonly response: ServerResponse;
  /** Of the last event it was given. */
  place: number;
  isFull: boolean;
  unread: number;
}

/** Given at once at most, so that a reader who was away does not hold up the others. Unit: characters. */
const MOST_AT_ONCE = 64 * 1_024;
const HEARTBEAT = ': here\n\n';
const HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  // Of nginx: a proxy that waits for more would make news old.
  'x-accel-buffering': 'no',
};

export class EventStream {
  readonly #log: EventLog;
  readonly #options: Required<EventStreamOptions>;
  readonly #readers = new Set<Reader>();
  readonly #unsubscribe: () => void;
  readonly #heart: NodeJS.Timeout;
  #batch: NodeJS.Timeout | undefined;

  constructor(log: EventLog, options: EventStreamOptions = {}) {
    this.#log = log;
    this.#options = { batchMs: 50, heartbeatMs: 10_000, patience: 3, maxReaders: 32, ...options };
    this.#unsubscribe = log.onAdd(() => this.#plan());
    this.#heart = setInterval(() => this.#beat(), this.#options.heartbeatMs).unref();
  }

  get readers(): number {
    return this.#readers.size;
  }

  /** @param after Id of the last event that is known there. False: there are too many readers. */
  serve(request: IncomingMessage, response: ServerResponse, after: number): boolean {
    if (this.#readers.size >= this.#options.maxReaders) return false;
    response.writeHead(200, HEADERS);
    response.write('retry: 1000\n\n');
    const reader: Reader = { response, place: after, isFull: false, unread: 0 };
    this.#readers.add(reader);
    response.on('drain', () => {
      reader.isFull = false;
      reader.unread = 0;
      this.#give(reader);
    });
    const leave = () => this.#readers.delete(reader);
    response.on('close', leave).on('error', leave);
    request.on('error', leave);
    this.#give(reader);
    return true;
  }

  close(): void {
    this.#unsubscribe();
    clearInterval(this.#heart);
    clearTimeout(this.#batch);
    for (const { response } of this.#readers) response.destroy();
    this.#readers.clear();
  }

  #plan(): void {
    if (this.#readers.size === 0) return;
    this.#batch ??= setTimeout(() => {
      this.#batch = undefined;
      for (const reader of this.#readers) this.#give(reader);
    }, this.#options.batchMs).unref();
  }

  #give(reader: Reader): void {
    const { response } = reader;
    while (!reader.isFull && !response.destroyed) {
      const text = this.#next(reader);
      if (text === '') return;
      reader.isFull = !response.write(text);
    }
  }

  /** Moves its place; '' where there is nothing new. */
  #next(reader: Reader): string {
    const events = this.#log.after(reader.place);
    if (events === null) {
      reader.place = this.#log.last;
      return `id: ${reader.place}\nevent: reset\ndata: {"reason":"Events of the time between are not kept."}\n\n`;
    }
    let text = '';
    for (const event of events) {
      text += frameOf(event);
      reader.place = event.id;
      if (text.length >= MOST_AT_ONCE) break;
    }
    return text;
  }

  #beat(): void {
    for (const reader of this.#readers) {
      if (!reader.isFull) reader.isFull = !reader.response.write(HEARTBEAT);
      else if (++reader.unread >= this.#options.patience) reader.response.destroy();
    }
  }
}

/** JSON has no line breaks, so its text is one line. */
function frameOf({ id, name, json }: LoggedEvent): string {
  return `id: ${id}\nevent: ${name}\ndata: ${json}\n\n`;
}
