/** A thread that is an exchange: takes any subscription, sends dense trades in real time, each with the time of its sending as id. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parentPort } from 'node:worker_threads';
import { type WebSocket, WebSocketServer } from 'ws';
import { systemClock } from '../connectors/clock/system.ts';
import { tradesText } from './frames.ts';
import { DENSE, newColumns, SymbolMarket, symbolsOf } from './market.ts';

const SYMBOLS = 25;
const STEP_MS = 20;

/** REST knows nothing of before. */
const server = createServer((_, response) =>
  response.end(JSON.stringify({ retCode: 0, retMsg: 'OK', result: { list: [] } })),
);
const sockets = new WebSocketServer({ server });
sockets.on('connection', (socket) => {
  socket.on('message', (data) => {
    const { req_id, op } = JSON.parse(String(data)) as { req_id?: string; op: string };
    socket.send(JSON.stringify({ success: true, ret_msg: op === 'ping' ? 'pong' : '', req_id, op }));
    if (op === 'subscribe') begin(socket);
  });
});

const begun = new WeakSet<WebSocket>();

/** Symbols take turns, so that not all frames come at once. */
function begin(socket: WebSocket): void {
  if (begun.has(socket)) return;
  begun.add(socket);
  const start = systemClock.now();
  const markets = symbolsOf(SYMBOLS).map((symbol, i) => new SymbolMarket(symbol, DENSE, i + 1, start));
  const columns = newColumns(1_000);
  let turn = 0;
  const timer = setInterval(() => {
    const until = systemClock.now();
    const due = Math.floor(((until - start) * SYMBOLS) / STEP_MS);
    for (; turn < due; turn++) send(markets[turn % SYMBOLS]!, until);
  }, 1);
  const send = (market: SymbolMarket, until: number) => {
    columns.count = 0;
    market.take(until, columns);
    if (columns.count === 0) return;
    const sentUs = Math.round((performance.timeOrigin + performance.now()) * 1_000);
    socket.send(tradesText(market.symbol, columns, until, (row) => `${sentUs}-${columns.seq[row]}`));
  };
  socket.on('close', () => clearInterval(timer));
}

server.listen(0, '127.0.0.1', () => parentPort?.postMessage((server.address() as AddressInfo).port));
