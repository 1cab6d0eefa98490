/** Whether a running graph is well, over HTTP: what Cloud Run and an uptime check ask. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { messageOf, UpstreamError } from '../schemas/errors.ts';

export interface Health {
  readonly state: 'warming' | 'running' | 'stopping';
  /** Event time that all steps have come to. Unit: ms since the epoch; null before the first. */
  readonly watermarkMs: number | null;
  /** When something was last published. */
  readonly lastPublishMs: number | null;
  /** Messages that wait; null where the bus cannot know. */
  readonly backlog: number | null;
  readonly nowMs: number;
}

/** A watermark older than this is no longer live: the feed is down, or a backlog is being read. Unit: ms. */
const LIVE_WITHIN_MS = 180_000;

export interface HealthServer {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * `/live`: 200 while the process answers; to restart it because the feed is down would help nobody. Any other path: 200
 * while event time keeps up with the clock, else 503. Both with the same JSON.
 * @throws UpstreamError where the port is taken.
 */
export async function serveHealth(
  read: () => Health,
  { port, host }: { readonly port: number; readonly host: string },
): Promise<HealthServer> {
  const server = createServer((request, response) => {
    const health = read();
    const isWell = request.url === '/live' || isLive(health);
    response.writeHead(isWell ? 200 : 503, { 'content-type': 'application/json' });
    response.end(`${JSON.stringify(bodyOf(health))}\n`);
  });
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

function isLive({ state, watermarkMs, nowMs }: Health): boolean {
  return state === 'running' && watermarkMs !== null && nowMs - watermarkMs <= LIVE_WITHIN_MS;
}

function bodyOf(health: Health) {
  const { state, watermarkMs, lastPublishMs, backlog, nowMs } = health;
  const iso = (ms: number | null) => (ms === null ? null : new Date(ms).toISOString());
  return {
    status: isLive(health) ? 'ok' : 'behind',
    state,
    watermark: iso(watermarkMs),
    watermarkAgeMs: watermarkMs === null ? null : nowMs - watermarkMs,
    lastPublish: iso(lastPublishMs),
    lastPublishAgeMs: lastPublishMs === null ? null : nowMs - lastPublishMs,
    backlog,
  };
}
