/** How a running service is, over HTTP: what Cloud Run, an uptime check and Prometheus ask. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { METRICS_TYPE } from '../connectors/metrics/meter.ts';
import { messageOf, UpstreamError } from '../schemas/errors.ts';

export interface StatusPages {
  /** JSON for people, and whether the service is of use now. */
  readonly health: () => { readonly isWell: boolean; readonly body: unknown };
  /** Text of Prometheus; none where left out. */
  readonly metrics?: () => Promise<string>;
}

export interface StatusServer {
  readonly url: string;
  close(): Promise<void>;
}

/** Where health is served: open to others only where a port was asked for. */
export interface StatusAddress {
  readonly port: number;
  readonly host: string;
}

/** Who asks may be anybody; what the service needs sockets for comes first. */
const MOST_SOCKETS = 64;
/** Who has not asked in full by then is cut off. */
const PATIENCE = { headersTimeout: 10_000, requestTimeout: 10_000, connectionsCheckingInterval: 2_500 };

/**
 * `/live`: 200 while the process answers; to restart it because something outside is down would help nobody. `/metrics`:
 * numbers. Any other path, `/healthz` by custom: 200 while it is of use, else 503; with the same JSON as `/live`.
 * @throws UpstreamError where the port is taken.
 */
export async function serveStatus(pages: StatusPages, { port, host }: StatusAddress): Promise<StatusServer> {
  const server = createServer(PATIENCE, (request, response) => {
    void answer(pages, request.url ?? '/')
      .catch((error) => ({ status: 500, type: 'text/plain', text: `${messageOf(error)}\n` }))
      .then(({ status, type, text }) => response.writeHead(status, { 'content-type': type }).end(text));
  });
  server.maxConnections = MOST_SOCKETS;
  await new Promise<void>((listening, failed) => {
    server.once('error', (cause) =>
      failed(new UpstreamError(`Cannot serve health on ${host}:${port}: ${messageOf(cause)}`, { cause })),
    );
    server.listen(port, host, listening);
  });
  server.unref();
  const { port: bound } = server.address() as AddressInfo;
  return {
    url: `http://${host}:${bound}/`,
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
}

async function answer({ health, metrics }: StatusPages, url: string) {
  // Not every URL that a request can have is one: `//` names no host.
  const path = URL.parse(url, 'http://here')?.pathname;
  if (path === '/metrics' && metrics) return { status: 200, type: METRICS_TYPE, text: await metrics() };
  const { isWell, body } = health();
  const status = isWell || path === '/live' ? 200 : 503;
  return { status, type: 'application/json', text: `${JSON.stringify(body)}\n` };
}
