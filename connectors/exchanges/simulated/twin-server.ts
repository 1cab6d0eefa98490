/** The exchange twin on real sockets: both venues on one port of this machine, their faults included. */
import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
  STATUS_CODES,
} from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { messageOf } from '../../../schemas/errors.ts';
import { closeAfter } from '../../../schemas/primitives.ts';
import type { Clock } from '../../clock/port.ts';
import type { KlineOpen } from './bybit/kline-open.ts';
import type { BybitAccounts } from './bybit/private/accounts.ts';
import { answerControl, CONTROL } from './control.ts';
import type { Fault } from './faults/faults.ts';
import type { TwinClient } from './faults/link.ts';
import { SimulatedMarket } from './market.ts';
import { answerRest } from './rest-server.ts';
import { ExchangeTwin, type FaultReport, type Refusal } from './twin.ts';
import type { TwinVenueName } from './venue.ts';

export interface ExchangeTwinOptions {
  readonly seed: number;
  /** Market time: frames carry it, candles end with it, faults are timed by it. Accelerated for a fast market. */
  readonly clock: Clock;
  /** By venue, default all. */
  readonly symbols?: Readonly<Partial<Record<TwinVenueName, readonly string[]>>>;
  /** 0 (default) for a free one. */
  readonly port?: number;
  /** Default: this machine alone. The control endpoint serves this machine alone in any case. */
  readonly host?: string;
  /** How often the exchange looks at its market, and how often a book may change. Unit: market ms. */
  readonly stepMs?: number;
  readonly bookEveryMs?: number;
  /** Where Bybit's bars open; default as on Bybit. */
  readonly klineOpen?: KlineOpen;
  /** Of Bybit. Default: nobody has one. */
  readonly accounts?: BybitAccounts;
  /** To begin with. */
  readonly faults?: readonly Fault[];
}

export interface VenueAddress {
  readonly wsUrl: string;
  readonly restUrl: string;
}

export interface RunningTwin {
  readonly httpUrl: string;
  readonly market: SimulatedMarket;
  readonly twins: Readonly<Record<TwinVenueName, ExchangeTwin>>;
  address(venue: TwinVenueName): VenueAddress;
  /** Of any venue; `afterMs` counts from now. @throws ConfigError where a symbol is not listed. */
  inject(faults: readonly Fault[]): void;
  report(): FaultReport[];
  /** Cuts every connection, as a network would. */
  dropConnections(): void;
  /** While muted, connections stay open and nothing passes either way: a half-open feed that can come back. */
  mute(isMuted: boolean): void;
  clients(): number;
  close(): Promise<void>;
}

/** Steps made up for at once after a stall; a longer one is made up for in longer steps. */
const MOST_STEPS = 1_000;
/** Bytes a slow client may leave unread before it is cut off. */
const MAX_BUFFERED = 64 * 1024 * 1024;
const LOOPBACK = '127.0.0.1';
const DEFAULT_STEP_MS = 100;

/** @throws ConfigError where a symbol is not listed, the system's error where the port is taken. */
export async function startExchangeTwin(options: ExchangeTwinOptions): Promise<RunningTwin> {
  const server = new TwinServer(options);
  await server.listen(options.port ?? 0, options.host ?? LOOPBACK);
  return server;
}

class TwinServer implements RunningTwin {
  readonly market: SimulatedMarket;
  readonly twins: Readonly<Record<TwinVenueName, ExchangeTwin>>;
  readonly #clock: Clock;
  readonly #stepMs: number;
  readonly #sockets = new Set<WebSocket>();
  readonly #http: Server;
  readonly #handshakes = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  readonly #closing = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #isMuted = false;

  constructor(options: ExchangeTwinOptions) {
    const { seed, clock, stepMs = DEFAULT_STEP_MS, symbols = {}, bookEveryMs = 250 } = options;
    this.market = new SimulatedMarket(seed);
    this.#clock = clock;
    this.#stepMs = stepMs;
    const startMs = Math.floor(clock.now());
    const common = { market: this.market, seed, startMs, stepMs, bookEveryMs, mostSteps: MOST_STEPS };
    const own = (venue: TwinVenueName) => ({ venue, ...(symbols[venue] && { symbols: symbols[venue] }) });
    this.twins = {
      bybit: new ExchangeTwin({
        ...common,
        ...own('bybit'),
        klineOpen: options.klineOpen ?? 'carried',
        accounts: options.accounts,
      }),
      kraken: new ExchangeTwin({ ...common, ...own('kraken') }),
    };
    this.inject(options.faults ?? []);
    this.#http = createServer((request, response) => void this.#answer(request, response));
    this.#http.on('upgrade', (request, socket, head) => this.#accept(request, socket, head));
  }

  async listen(port: number, host: string): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#http.once('error', reject);
      this.#http.listen(port, host, resolve);
    });
    this.#running = this.#run();
  }

  get httpUrl(): string {
    const { address, port } = this.#http.address() as AddressInfo;
    return `http://${address === '0.0.0.0' ? LOOPBACK : address}:${port}`;
  }

  address(venue: TwinVenueName): VenueAddress {
    const { httpUrl } = this;
    return { wsUrl: `${httpUrl.replace('http', 'ws')}${this.twins[venue].wsPath}`, restUrl: httpUrl };
  }

  inject(faults: readonly Fault[]): void {
    for (const twin of Object.values(this.twins)) {
      twin.schedule(faults.filter(({ venue }) => venue === twin.venue));
    }
  }

  report(): FaultReport[] {
    return Object.values(this.twins).flatMap((twin) => twin.report());
  }

  dropConnections(): void {
    for (const socket of this.#sockets) socket.terminate();
  }

  mute(isMuted: boolean): void {
    this.#isMuted = isMuted;
  }

  clients(): number {
    return this.#sockets.size;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#running;
    this.dropConnections();
    this.#handshakes.close();
    this.#http.closeAllConnections();
    await new Promise<void>((resolve) => void this.#http.close(() => resolve()));
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      const now = this.#clock.now();
      // After a stall too, frames of all symbols leave in the order of their time.
      for (const twin of Object.values(this.twins)) twin.advanceTo(Math.floor(now));
      await this.#clock.until(closeAfter(now, this.#stepMs), signal);
    }
  }

  #accept(request: IncomingMessage, raw: Duplex, head: Buffer): void {
    const path = URL.parse(request.url ?? '/', this.httpUrl)?.pathname;
    const twin = Object.values(this.twins).find(({ wsPath }) => wsPath === path);
    const refusal = twin ? twin.refusal() : { status: 404, retryAfterS: null };
    raw.on('error', () => raw.destroy());
    if (!twin || refusal) refuse(raw, refusal ?? { status: 404, retryAfterS: null });
    else
      this.#handshakes.handleUpgrade(request, raw, head, (socket) => this.#join(twin, socket, raw as Socket));
  }

  #join(twin: ExchangeTwin, socket: WebSocket, raw: Socket): void {
    this.#sockets.add(socket);
    const connection = twin.connect(this.#client(socket, raw));
    if ('status' in connection) {
      socket.terminate();
      return;
    }
    socket.on('message', (data) => {
      if (!this.#isMuted) connection.send(String(data));
    });
    socket.on('close', () => {
      this.#sockets.delete(socket);
      connection.close();
    });
    socket.on('error', () => socket.terminate());
    twin.flush();
  }

  #client(socket: WebSocket, raw: Socket): TwinClient {
    let isSpoilt = false;
    return {
      frame: (text) => this.#send(socket, text),
      closed: (code, reason) => {
        if (isSpoilt) raw.destroySoon();
        else if (code === 1006) socket.terminate();
        else socket.close(code, reason);
      },
      bytes: (bytes) => {
        isSpoilt = true;
        raw.write(bytes);
      },
      silent: () => socket.pause(),
    };
  }

  #send(socket: WebSocket, text: string): void {
    if (this.#isMuted || socket.readyState !== socket.OPEN) return;
    if (socket.bufferedAmount > MAX_BUFFERED) socket.terminate();
    else socket.send(text);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const url = new URL(request.url ?? '/', this.httpUrl);
      if (url.pathname === CONTROL || url.pathname.startsWith(`${CONTROL}/`)) {
        await answerControl(this, this.#clock, request, url, response);
      } else {
        const twin = url.pathname.startsWith('/0/') ? this.twins.kraken : this.twins.bybit;
        await answerRest(twin, this.#clock, request, response, this.#closing.signal);
      }
    } catch (error) {
      response.writeHead(500).end(messageOf(error));
    }
  }
}

function refuse(raw: Duplex, { status, retryAfterS }: Refusal): void {
  const retryAfter = retryAfterS === null ? '' : `Retry-After: ${retryAfterS}\r\n`;
  raw.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Refused'}\r\n${retryAfter}Connection: close\r\nContent-Length: 0\r\n\r\n`,
  );
}
