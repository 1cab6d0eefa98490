/** The simulated exchange: Bybit's WebSocket and REST on one local port, its market driven by a clock and a seed. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { messageOf } from '../../../schemas/errors.ts';
import { closeAfter } from '../../../schemas/primitives.ts';
import type { Clock } from '../../clock/port.ts';
import { SIMULATED_SYMBOLS } from './instruments.ts';
import { SimulatedMarket } from './market.ts';
import { answerRest } from './rest.ts';
import { Session } from './session.ts';
import { SymbolStream } from './stream.ts';

export interface SimulatedExchangeOptions {
  readonly seed: number;
  /** Market time: frames carry it, candles end with it. Accelerated for a fast market. */
  readonly clock: Clock;
  readonly symbols?: readonly string[];
  /** 0 (default) for a free one. */
  readonly port?: number;
  /** How often the exchange looks at its market, and how often a book may change. Unit: market ms. */
  readonly stepMs?: number;
  readonly bookEveryMs?: number;
}

export interface SimulatedExchange {
  /** `ws://127.0.0.1:port/v5/public/linear` */
  readonly wsUrl: string;
  /** `http://127.0.0.1:port` */
  readonly httpUrl: string;
  readonly market: SimulatedMarket;
  /** Cuts every connection, as a network would. */
  dropConnections(): void;
  /** While muted, connections stay open and nothing is sent, not even pongs: a half-open feed. */
  mute(isMuted: boolean): void;
  clients(): number;
  close(): Promise<void>;
}

const PATH = '/v5/public/linear';
/** Steps made up for at once after a stall; a longer one is made up for in longer steps. */
const MOST_STEPS = 1_000;
/** Bytes a slow client may leave unread before it is cut off. */
const MAX_BUFFERED = 64 * 1024 * 1024;

/** Listens on loopback only. @throws the system's error where the port is taken. */
export async function startSimulatedExchange(options: SimulatedExchangeOptions): Promise<SimulatedExchange> {
  const exchange = new Exchange(options);
  await exchange.listen(options.port ?? 0);
  return exchange;
}

class Exchange implements SimulatedExchange {
  readonly market: SimulatedMarket;
  readonly #options: SimulatedExchangeOptions;
  readonly #streams: Map<string, SymbolStream>;
  readonly #sessions = new Map<WebSocket, Session>();
  readonly #http: Server;
  readonly #sockets: WebSocketServer;
  readonly #closing = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #isMuted = false;
  #connections = 0;

  constructor(options: SimulatedExchangeOptions) {
    this.#options = options;
    this.market = new SimulatedMarket(options.seed);
    const now = options.clock.now();
    this.#streams = new Map(
      (options.symbols ?? SIMULATED_SYMBOLS).map((symbol) => [
        symbol,
        new SymbolStream(this.market.of(symbol), now, options.bookEveryMs ?? 250),
      ]),
    );
    this.#http = createServer((request, response) => void this.#answer(request, response));
    this.#sockets = new WebSocketServer({ server: this.#http, path: PATH, perMessageDeflate: false });
    this.#sockets.on('connection', (socket) => this.#accept(socket));
  }

  async listen(port: number): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      // The WebSocket server repeats the errors of its HTTP server; unheard they would end the process.
      this.#sockets.on('error', reject);
      this.#http.listen(port, '127.0.0.1', resolve);
    });
    this.#running = this.#run();
  }

  get httpUrl(): string {
    return `http://127.0.0.1:${(this.#http.address() as AddressInfo).port}`;
  }

  get wsUrl(): string {
    return `${this.httpUrl.replace('http', 'ws')}${PATH}`;
  }

  dropConnections(): void {
    for (const socket of this.#sessions.keys()) socket.terminate();
  }

  mute(isMuted: boolean): void {
    this.#isMuted = isMuted;
  }

  clients(): number {
    return this.#sessions.size;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#running;
    this.dropConnections();
    this.#sockets.close();
    this.#http.closeAllConnections();
    await new Promise<void>((resolve) => void this.#http.close(() => resolve()));
  }

  async #run(): Promise<void> {
    const { clock, stepMs = 100 } = this.#options;
    const { signal } = this.#closing;
    let at = clock.now();
    while (!signal.aborted) {
      const now = clock.now();
      // After a stall too, frames of all symbols leave in the order of their time.
      const step = Math.max(stepMs, (now - at) / MOST_STEPS);
      for (; at < now; at = Math.min(now, at + step)) this.#advance(Math.min(now, at + step));
      await clock.until(closeAfter(now, stepMs), signal);
    }
  }

  #advance(ms: number): void {
    for (const stream of this.#streams.values())
      stream.advance(Math.floor(ms), (...sent) => this.#broadcast(...sent));
  }

  #broadcast(topic: string, frame: string): void {
    for (const [socket, session] of this.#sessions) if (session.topics.has(topic)) this.#send(socket, frame);
  }

  #send(socket: WebSocket, frame: string): void {
    if (this.#isMuted || socket.readyState !== socket.OPEN) return;
    if (socket.bufferedAmount > MAX_BUFFERED) socket.terminate();
    else socket.send(frame);
  }

  #accept(socket: WebSocket): void {
    const session = new Session({
      connection: `sim-${++this.#connections}`,
      send: (frame) => this.#send(socket, frame),
      snapshot: (topic) => this.#snapshot(topic),
    });
    this.#sessions.set(socket, session);
    socket.on('message', (data) => {
      if (!this.#isMuted) session.receive(String(data));
    });
    socket.on('close', () => this.#sessions.delete(socket));
    socket.on('error', () => socket.terminate());
  }

  #snapshot(topic: string): string | null | undefined {
    const match = /^(?:publicTrade|orderbook\.50|tickers)\.(\w+)$/.exec(topic);
    return this.#streams.get(match?.[1] ?? '')?.snapshot(topic);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const url = new URL(request.url ?? '/', this.httpUrl);
      const { status, body } = await answerRest(this.market, url, this.#options.clock.now());
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    } catch (error) {
      response.writeHead(500).end(messageOf(error));
    }
  }
}
