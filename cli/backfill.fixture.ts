/** Tests' exchange for backfills: the twin's REST behind a door that can kill who asks, at the request it is told. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import { systemClock } from '../connectors/clock/system.ts';
import { startExchangeTwin } from '../connectors/exchanges/simulated/twin-server.ts';

const CST = resolve(import.meta.dirname, 'main.ts');

export interface Ended {
  readonly signal: NodeJS.Signals | null;
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Pages of bars that were asked for. */
  readonly asked: number;
}

export interface BackfillStage {
  readonly restUrl: string;
  /** @param killAt Request for bars, from 1, at whose arrival the process is killed; @param afterMs so long after it. */
  backfill(words: readonly string[], killAt?: number, afterMs?: number): Promise<Ended>;
  close(): Promise<void>;
}

export async function backfillStage(): Promise<BackfillStage> {
  const twin = await startExchangeTwin({ seed: 7, clock: systemClock });
  let asked = 0;
  let onAsked: () => void = () => undefined;
  const door = createServer(async (request, response) => {
    if (request.url?.startsWith('/v5/market/kline')) {
      asked += 1;
      onAsked();
    }
    const answer = await fetch(twin.httpUrl + request.url);
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(await answer.text());
  }).listen(0, '127.0.0.1');
  await once(door, 'listening');
  const restUrl = `http://127.0.0.1:${(door.address() as AddressInfo).port}`;
  return {
    restUrl,
    async backfill(words, killAt = Number.POSITIVE_INFINITY, afterMs = 0) {
      asked = 0;
      const child = spawn(process.execPath, [CST, 'backfill', ...words, '--rest-url', restUrl]);
      onAsked = () => {
        if (asked !== killAt) return;
        void systemClock.until(systemClock.now() + afterMs).then(() => child.kill('SIGKILL'));
      };
      return { ...(await endOf(child)), asked };
    },
    async close() {
      door.closeAllConnections();
      door.close();
      await twin.close();
    },
  };
}

async function endOf(child: ChildProcess): Promise<Omit<Ended, 'asked'>> {
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name]?.on('data', (bytes) => {
      said[name] += bytes;
    });
  const [status, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  return { status, signal, ...said };
}
