/** The socket of the dashboard: who may speak to it at all, and how much at once. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { networkCode } from '../../connectors/network-code.ts';
import { messageOf, UpstreamError } from '../../schemas/errors.ts';
import { HttpProblem, sendProblem } from './answer.ts';
import { isOurHost, SECURITY_HEADERS } from './security.ts';

export interface ServerOptions {
  readonly host: string;
  readonly port: number;
  /** Where the port is taken, any that is free instead of an error. */
  readonly isPortFlexible: boolean;
  readonly route: (request: IncomingMessage, response: ServerResponse) => Promise<void>;
  /** Told of a defect of ours. */
  readonly onDefect: (error: unknown) => void;
  /** Who has not asked in full by then is cut off: one who never does would hold a place for nothing. Default 10 s. */
  readonly patienceMs?: number;
}

export interface Server {
  readonly url: string;
  close(): Promise<void>;
}

/** Answers under way at once; event streams do not count. More wait for nothing: the stack comes first. */
const MOST_AT_ONCE = 32;
const MOST_SOCKETS = 128;
const PATIENCE_MS = 10_000;
/** So many times as long may nothing move on a socket. */
const IDLE = 6;

/** @throws UpstreamError where the port is taken, or the address is none of this machine. */
export async function serve(options: ServerOptions): Promise<Server> {
  const { host, port, isPortFlexible, patienceMs = PATIENCE_MS } = options;
  const limits = {
    headersTimeout: patienceMs,
    requestTimeout: patienceMs,
    connectionsCheckingInterval: patienceMs / 4,
  };
  const server = createServer(limits, (request, response) => void handle(request, response));
  server.maxConnections = MOST_SOCKETS;
  // Who asks, and takes nothing of the answer, would keep it in our memory. Events have heartbeats.
  server.timeout = IDLE * patienceMs;
  let underWay = 0;
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) response.setHeader(name, value);
    response.on('error', () => {});
    underWay += 1;
    try {
      expectWelcome(request, host, underWay);
      await options.route(request, response);
    } catch (error) {
      // Who has left is told nothing, and did not find a defect.
      if (response.destroyed) return;
      if (sendProblem(request, response, error)) options.onDefect(error);
    } finally {
      underWay -= 1;
    }
  };
  await listen(server, host, port).catch(async (cause: unknown) => {
    if (!isPortFlexible || networkCode(cause) !== 'EADDRINUSE') throw unusable(host, port, cause);
    await listen(server, host, 0);
  });
  // A page that is looked at is no reason to go on.
  server.unref();
  const { port: bound } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}/`,
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
}

function expectWelcome({ headers }: IncomingMessage, host: string, underWay: number): void {
  if (!isOurHost(headers.host, host)) {
    throw new HttpProblem(
      421,
      `Expected a name of this machine, got "${headers.host ?? ''}". Ask for its address, or start with that name as --dashboard-host.`,
    );
  }
  if (underWay > MOST_AT_ONCE)
    throw new HttpProblem(503, 'Expected fewer questions at once.', { 'retry-after': '1' });
}

function listen(server: ReturnType<typeof createServer>, host: string, port: number): Promise<void> {
  return new Promise((listening, failed) => {
    server.once('error', failed);
    server.listen(port, host, () => {
      server.off('error', failed);
      listening();
    });
  });
}

function unusable(host: string, port: number, cause: unknown): UpstreamError {
  return new UpstreamError(
    `Expected to serve the dashboard on ${host}:${port}, got: ${messageOf(cause)}. Name another --dashboard-port, or --no-dashboard.`,
    { cause },
  );
}
