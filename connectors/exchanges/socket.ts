/** The one WebSocket client: stays connected to a url for as long as it is wanted, whatever happens. */
import { type Backoff, backoffMs } from '../backoff.ts';
import { within } from '../clock/within.ts';
import { Random } from '../random.ts';
import { Session, type SessionEnd, type SessionOptions } from './session.ts';

export interface SocketOptions extends Omit<SessionOptions, 'silentAfterMs'> {
  readonly silentAfterMs?: number;
  /** Of the jitter. */
  readonly seed: number;
  readonly backoff?: Backoff;
  /** A connection ended, or could not be made; the next try comes after `retryInMs`. */
  readonly onDown: (reason: string, retryInMs: number) => void;
}

const SILENT_AFTER_MS = 30_000;
const BACKOFF: Backoff = { firstMs: 500, maxMs: 30_000 };
const CLOSE_MS = 1_000;
/** A connection that lived this long clears the count of failures; a shorter one is a failure too. */
const PROVEN_MS = 30_000;
/** Waits of an exchange that does not want us and does not say for how long. Its patience ends with a ban. */
const REFUSED: Backoff = { firstMs: 20_000, maxMs: 300_000 };
/** No pause asked for is believed beyond this. Unit: ms. */
const LONGEST_PAUSE_MS = 3_600_000;

/**
 * Opens at once. Each connection is a session of its own: once it is given up, nothing of it is delivered any more.
 * Errors never escape: they end in `onDown`, and a new session follows until `close()`, however often it fails.
 */
export class ReconnectingSocket {
  readonly #options: SocketOptions;
  readonly #random: Random;
  readonly #closing = new AbortController();
  readonly #done: Promise<void>;
  #session: Session | null = null;
  #isPaused = false;

  constructor(options: SocketOptions) {
    this.#options = options;
    this.#random = new Random(options.seed);
    this.#done = this.#run();
  }

  /** Sends on the open connection; without one the frame is dropped, since each session subscribes anew. */
  send(frame: string): void {
    this.#session?.send(frame);
  }

  /** Stops reading: the exchange's frames wait in its own buffers. */
  pause(): void {
    this.#isPaused = true;
    this.#session?.pause();
  }

  resume(): void {
    this.#isPaused = false;
    this.#session?.resume();
  }

  /** Gives the connection up and makes a new one. Without one, the next try comes as it would. */
  reconnect(reason: string): void {
    this.#session?.end(reason);
  }

  /** Ends the session and makes no new one. Idempotent. */
  async close(): Promise<void> {
    this.#closing.abort(true);
    this.#session?.close();
    await within(this.#options.clock, CLOSE_MS, this.#done);
    this.#session?.end('closed');
    await this.#done;
  }

  async #run(): Promise<void> {
    const { clock, onDown } = this.#options;
    const closing = this.#closing.signal;
    let failures = 0;
    while (!closing.aborted) {
      const began = clock.now();
      const session = new Session(this.#sessionOptions(), this.#isPaused);
      this.#session = session;
      const end = await session.ended;
      this.#session = null;
      if (closing.aborted) return;
      failures = clock.now() - began >= PROVEN_MS ? 1 : failures + 1;
      const waitMs = this.#waitMs(failures, end);
      onDown(end.reason, waitMs);
      await clock.until(clock.now() + waitMs, closing);
    }
  }

  #waitMs(failures: number, { refused }: SessionEnd): number {
    const { backoff = BACKOFF } = this.#options;
    const waitMs = backoffMs(failures, backoff, this.#random.next());
    if (!refused) return waitMs;
    const { retryAfterMs } = refused;
    // A little later than asked for, so that many clients do not return at once.
    if (retryAfterMs !== null) return Math.min(retryAfterMs, LONGEST_PAUSE_MS) + waitMs;
    return backoffMs(failures, REFUSED, this.#random.next());
  }

  #sessionOptions(): SessionOptions {
    const { url, clock, ping, silentAfterMs = SILENT_AFTER_MS, onOpen, onFrame } = this.#options;
    return { url, clock, ping, silentAfterMs, onOpen, onFrame };
  }
}
