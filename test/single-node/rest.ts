/** The simulated exchange's REST on a port of its own. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { answerRest } from '../../connectors/exchanges/simulated/rest.ts';
import { market } from './day.ts';

export interface Rest {
  readonly url: string;
  close(): void;
}

/** @param now Market time: nothing later is told. Unit: ms. */
export async function serveRest(now: () => number): Promise<Rest> {
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://x');
    void answerRest(market, url, now()).then(({ status, body }) => {
      response
        .writeHead(status, { 'content-type': 'application/json' })
        .end(typeof body === 'string' ? body : JSON.stringify(body));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
