/** One WebSocket connection from its handshake to its end. Once ended, nothing of it is delivered any more. */
import type { ClientRequest, IncomingMessage } from 'node:http';
import { type RawData, WebSocket } from 'ws';
import { messageOf } from '../../schemas/errors.ts';
import type { Clock } from '../clock/port.ts';
import { networkCode } from '../network-code.ts';
import { explainNetworkError, explainStatus } from './explain.ts';
import { pauseAskedMs } from './retry-after.ts';

export interface SessionOptions {
  readonly url: string;
  /** Time of the network (pings, silence), not of the market. */
  readonly clock: Clock;
  /** The venue's own ping; null sends WebSocket's. */
  readonly ping: { readonly frame: string; readonly everyMs: number } | null;
  /** Without any frame or pong for this long the connection counts as dead; longer than the time between pings. */
  readonly silentAfterMs: number;
  readonly onOpen: () => void;
  readonly onFrame: (frame: string) => void;
}

export interface SessionEnd {
  /** A sentence. */
  readonly reason: string;
  /** The exchange does not want us for now; how long, where it says so. */
  readonly refused: { readonly retryAfterMs: number | null } | null;
}

const HANDSHAKE_MS = 10_000;
const PING_EVERY_MS = 20_000;
const MAX_FRAME_BYTES = 16 * 1024 * 1024;
/** Requests are small: an exchange that leaves so many unread is dead. */
const MAX_UNSENT_BYTES = 1024 * 1024;

export class Session {
  readonly ended: Promise<SessionEnd>;
  readonly #options: SessionOptions;
  readonly #end: (end: SessionEnd) => void;
  readonly #over = new AbortController();
  readonly #socket: WebSocket | null;
  #lastHeardMs: number;
  #isPaused: boolean;

  constructor(options: SessionOptions, isPaused: boolean) {
    this.#options = options;
    this.#isPaused = isPaused;
    this.#lastHeardMs = options.clock.now();
    const { promise, resolve } = Promise.withResolvers<SessionEnd>();
    this.ended = promise;
    this.#end = resolve;
    this.#socket = this.#connect();
  }

  /** Without an open connection the frame is dropped, since each session subscribes anew. */
  send(frame: string): void {
    const socket = this.#socket;
    if (socket?.readyState !== WebSocket.OPEN) return;
    if (socket.bufferedAmount > MAX_UNSENT_BYTES) {
      this.end(`${this.#options.url} does not read what is sent to it: the connection is dead.`);
    } else socket.send(frame);
  }

  pause(): void {
    this.#isPaused = true;
    this.#socket?.pause();
  }

  resume(): void {
    this.#isPaused = false;
    // While we did not read, silence was our own.
    this.#lastHeardMs = this.#options.clock.now();
    this.#socket?.resume();
  }

  /** Asks the exchange to end the connection; it ends when it has. */
  close(): void {
    this.#socket?.resume();
    this.#socket?.close(1000);
  }

  end(reason: string, refused: SessionEnd['refused'] = null): void {
    if (this.#over.signal.aborted) return;
    this.#over.abort(true);
    this.#socket?.terminate();
    this.#end({ reason, refused });
  }

  #connect(): WebSocket | null {
    const { url } = this.#options;
    let socket: WebSocket;
    try {
      socket = new WebSocket(url, { perMessageDeflate: false, maxPayload: MAX_FRAME_BYTES });
    } catch (error) {
      this.end(`Cannot open ${url}: ${messageOf(error)}.`);
      return null;
    }
    socket.on('open', () => this.#opened(socket));
    socket.on('message', (data, isBinary) => this.#message(data, isBinary));
    for (const sign of ['ping', 'pong'] as const) socket.on(sign, () => this.#heard());
    socket.on('unexpected-response', (request, answer) => this.#refused(request, answer));
    socket.on('error', (error) => this.end(explainFailure(url, error)));
    socket.on('close', (code) => this.end(`${url} closed the connection (code ${code}).`));
    void this.#handshakeLimit(socket);
    return socket;
  }

  async #handshakeLimit(socket: WebSocket): Promise<void> {
    const { clock, url } = this.#options;
    const opened = new AbortController();
    socket.once('open', () => opened.abort(true));
    await clock.until(clock.now() + HANDSHAKE_MS, AbortSignal.any([opened.signal, this.#over.signal]));
    if (socket.readyState === WebSocket.CONNECTING)
      this.end(`${url} has not answered within ${HANDSHAKE_MS / 1000} s.`);
  }

  #opened(socket: WebSocket): void {
    if (this.#over.signal.aborted) return;
    this.#heard();
    if (this.#isPaused) socket.pause();
    void this.#watch(socket);
    this.#options.onOpen();
  }

  #heard(): void {
    this.#lastHeardMs = this.#options.clock.now();
  }

  #message(data: RawData, isBinary: boolean): void {
    if (this.#over.signal.aborted) return;
    this.#heard();
    if (isBinary) this.end(`${this.#options.url} sent bytes where text was expected.`);
    else this.#options.onFrame(String(data));
  }

  #refused(request: ClientRequest, answer: IncomingMessage): void {
    const { url, clock } = this.#options;
    const status = answer.statusCode ?? 0;
    const { 'retry-after': retryAfter = '', date = '' } = answer.headers;
    const retryAfterMs = pauseAskedMs(new Headers({ 'retry-after': retryAfter, date }), clock.now());
    const isTooOften = status === 418 || status === 429;
    answer.on('error', () => {});
    request.destroy();
    this.end(
      `Cannot reach ${url}: ${explainStatus(status)}.`,
      isTooOften || retryAfterMs !== null ? { retryAfterMs } : null,
    );
  }

  /** Pings, and ends a session that has fallen silent: a half-open connection reports no error by itself. */
  async #watch(socket: WebSocket): Promise<void> {
    const { clock, url, ping, silentAfterMs } = this.#options;
    const over = this.#over.signal;
    const everyMs = ping?.everyMs ?? PING_EVERY_MS;
    let nextPing = clock.now() + everyMs;
    while (!over.aborted) {
      await clock.until(Math.min(nextPing, this.#lastHeardMs + silentAfterMs), over);
      if (over.aborted) return;
      if (this.#isPaused) this.#heard();
      if (this.#silence() >= silentAfterMs) {
        // After a stall of the process, timers run before sockets are read: what waits there counts.
        await new Promise(setImmediate);
        if (this.#silence() < silentAfterMs) continue;
        this.end(`${url} has been silent for ${this.#silence() / 1000} s: the connection is dead.`);
        return;
      }
      if (clock.now() < nextPing) continue;
      nextPing = clock.now() + everyMs;
      if (ping) this.send(ping.frame);
      else if (socket.readyState === WebSocket.OPEN) socket.ping();
    }
  }

  #silence(): number {
    return this.#options.clock.now() - this.#lastHeardMs;
  }
}

function explainFailure(url: string, error: Error): string {
  const code = networkCode(error) ?? '';
  if (code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH')
    return `${url} sent a frame of more than ${MAX_FRAME_BYTES} bytes.`;
  if (code.startsWith('WS_ERR_')) return `${url} sent what is no WebSocket frame: ${messageOf(error)}.`;
  return explainNetworkError(url, error);
}
