/** A small Binance on loopback: two addresses, acknowledgements of anything, trades by REST. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';

interface Request {
  readonly method: string;
  readonly params: readonly string[];
  readonly id: number;
}

interface SmallTrade {
  readonly a: number;
  readonly T: number;
}

export class SmallBinance {
  readonly #server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    response.end(JSON.stringify(this.#tradesFor(url.searchParams)));
  });
  /** What each socket has subscribed. */
  readonly #sockets = new Map<WebSocket, { readonly path: string; readonly names: Set<string> }>();
  readonly #trades: SmallTrade[] = [];

  /** Base of both its addresses. */
  async listen(): Promise<string> {
    const sockets = new WebSocketServer({ server: this.#server });
    sockets.on('connection', (socket, request) => this.#connected(socket, request.url ?? ''));
    await once(this.#server.listen(0, '127.0.0.1'), 'listening');
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Names subscribed at an address. */
  namesAt(path: string): string[] {
    return [...this.#sockets.values()].flatMap((each) => (each.path === path ? [...each.names] : []));
  }

  /** Happens whether or not anybody listens. */
  trade(a: number, T: number): void {
    const trade = { a, p: '100.5', q: '0.25', f: a, l: a, T, m: a % 2 === 0 };
    this.#trades.push(trade);
    this.send('/market/stream', 'btcusdt@aggTrade', { e: 'aggTrade', E: T + 50, s: 'BTCUSDT', ...trade });
  }

  /** Where a stream is asked for at the wrong address, nothing comes, as of Binance. */
  send(path: string, stream: string, data: object): void {
    for (const [socket, each] of this.#sockets) {
      if (each.path === path && each.names.has(stream)) socket.send(JSON.stringify({ stream, data }));
    }
  }

  cut(): void {
    for (const socket of this.#sockets.keys()) socket.terminate();
    this.#sockets.clear();
  }

  async close(): Promise<void> {
    this.cut();
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => void this.#server.close(() => resolve()));
  }

  #connected(socket: WebSocket, path: string): void {
    const names = new Set<string>();
    this.#sockets.set(socket, { path, names });
    socket.on('message', (text) => {
      const { method, params, id } = JSON.parse(String(text)) as Request;
      for (const name of params) method === 'SUBSCRIBE' ? names.add(name) : names.delete(name);
      socket.send(JSON.stringify({ result: null, id }));
    });
  }

  #tradesFor(query: URLSearchParams): SmallTrade[] {
    const [from, to, id] = ['startTime', 'endTime', 'fromId'].map((name) =>
      Number(query.get(name) ?? Number.NaN),
    );
    const found = this.#trades.filter(({ a, T }) =>
      query.has('fromId') ? a >= id! : T >= from! && T <= to!,
    );
    return found.slice(0, Number(query.get('limit')));
  }
}
