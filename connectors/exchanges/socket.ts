/** The one WebSocket client: stays connected to a url for as long as it is wanted, whatever happens. */
import { type RawData, WebSocket } from 'ws';
import { messageOf } from '../../schemas/errors.ts';
import { type Backoff, backoffMs } from '../backoff.ts';
import type { Clock } from '../clock/port.ts';
import { within } from '../clock/within.ts';
import { explainNetworkError } from './explain.ts';
import { Random } from './random.ts';

export interface SocketOptions {
  readonly url: string;
  /** Time of the network (pings, silence, waiting), not of the market. */
  readonly clock: Clock;
  /** Of the jitter. */
  readonly seed: number;
  readonly pingFrame: string;
  readonly pingEveryMs?: number;
  /** Without any frame for this long the connection counts as dead; longer than `pingEveryMs`, since pongs are frames. */
  readonly silentAfterMs?: number;
  readonly backoff?: Backoff;
  readonly onOpen: () => void;
  readonly onFrame: (frame: string) => void;
  /** A connection ended, or could not be made; the next try comes after `retryInMs`. */
  readonly onDown: (reason: string, retryInMs: number) => void;
}

const HANDSHAKE_MS = 10_000;
const CLOSE_MS = 1_000;
const MAX_FRAME_BYTES = 16 * 1024 * 1024;
/** A connection that lived this long clears the count of failures; a shorter one is a failure too. */
const PROVEN_MS = 30_000;

/**
 * Opens at once. Each connection is a session of its own: once it is given up, nothing of it is delivered any more.
 * Errors never escape: they end in `onDown`, and a new session follows until `close()`.
 */
export class ReconnectingSocket {
  readonly #options: SocketOptions;
  readonly #random: Random;
  readonly #closing = new AbortController();
  readonly #done: Promise<void>;
  #socket: WebSocket | null = null;
  #isPaused = false;

  constructor(options: SocketOptions) {
    this.#options = options;
    this.#random = new Random(options.seed);
    this.#done = this.#run();
  }

  /** Sends on the open connection; without one the frame is dropped, since each session subscribes anew. */
  send(frame: string): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(frame);
  }

  /** Stops reading: the exchange's frames wait in its own buffers. */
  pause(): void {
    this.#isPaused = true;
    this.#socket?.pause();
  }

  resume(): void {
    this.#isPaused = false;
    this.#socket?.resume();
  }

  /** Ends the session and makes no new one. Idempotent. */
  async close(): Promise<void> {
    this.#closing.abort();
    const socket = this.#socket;
    socket?.resume();
    socket?.close(1000);
    await within(this.#options.clock, CLOSE_MS, this.#done);
    socket?.terminate();
    await this.#done;
  }

  async #run(): Promise<void> {
    const { clock, backoff = { firstMs: 500, maxMs: 30_000 }, onDown } = this.#options;
    let failures = 0;
    while (!this.#closing.signal.aborted) {
      const began = clock.now();
      const reason = await this.#session();
      failures = clock.now() - began >= PROVEN_MS ? 1 : failures + 1;
      const waitMs = backoffMs(failures, backoff, this.#random.next());
      if (this.#closing.signal.aborted) return;
      onDown(reason, waitMs);
      await clock.until(clock.now() + waitMs, this.#closing.signal);
    }
  }

  /** One connection from handshake to end; resolves with why it ended. */
  #session(): Promise<string> {
    const { url, onOpen, onFrame, clock } = this.#options;
    const socket = open(url);
    if (typeof socket === 'string') return Promise.resolve(socket);
    this.#socket = socket;
    const ended = new AbortController();
    const life = { lastFrameMs: clock.now() };
    return new Promise((resolve) => {
      const end = (reason: string) => {
        if (ended.signal.aborted) return;
        ended.abort();
        this.#socket = null;
        socket.terminate();
        resolve(reason);
      };
      socket.on('open', () => {
        life.lastFrameMs = clock.now();
        if (this.#isPaused) socket.pause();
        void this.#watch(socket, life, ended.signal, end);
        onOpen();
      });
      socket.on('message', (data: RawData) => {
        if (ended.signal.aborted) return;
        life.lastFrameMs = clock.now();
        onFrame(String(data));
      });
      socket.on('error', (error) => end(explainNetworkError(url, error)));
      socket.on('close', (code) => end(`${url} closed the connection (code ${code}).`));
    });
  }

  /** Pings, and ends a session that has fallen silent: a half-open connection reports no error by itself. */
  async #watch(
    socket: WebSocket,
    life: { lastFrameMs: number },
    ended: AbortSignal,
    end: (reason: string) => void,
  ): Promise<void> {
    const { clock, url, pingFrame, pingEveryMs = 20_000, silentAfterMs = 30_000 } = this.#options;
    let nextPing = clock.now() + pingEveryMs;
    while (!ended.aborted) {
      // While we do not read, silence is our own.
      if (this.#isPaused) life.lastFrameMs = clock.now();
      const now = clock.now();
      if (now >= life.lastFrameMs + silentAfterMs) {
        end(`${url} has been silent for ${(now - life.lastFrameMs) / 1000} s: the connection is dead.`);
        return;
      }
      if (now >= nextPing) {
        socket.send(pingFrame);
        nextPing = now + pingEveryMs;
      }
      await clock.until(Math.min(nextPing, life.lastFrameMs + silentAfterMs), ended);
    }
  }
}

/** A socket that connects, or why there can be none. */
function open(url: string): WebSocket | string {
  try {
    return new WebSocket(url, {
      handshakeTimeout: HANDSHAKE_MS,
      perMessageDeflate: false,
      maxPayload: MAX_FRAME_BYTES,
    });
  } catch (error) {
    return `Cannot open ${url}: ${messageOf(error)}.`;
  }
}
