/** For tests of REST: a scripted server on loopback, and a clock that moves only while no request is under way. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ManualClock } from '../clock/manual.ts';

export interface ScriptedServer {
  readonly url: string;
  /** Requests that came, in order, with the time of their coming. */
  readonly seen: { readonly path: string; readonly ms: number }[];
  close(): Promise<void>;
}

export type Handler = (url: URL, response: ServerResponse, count: number) => unknown;

export async function startScriptedServer(clock: ManualClock, handle: Handler): Promise<ScriptedServer> {
  const seen: { path: string; ms: number }[] = [];
  const server = createServer((request: IncomingMessage, response) => {
    seen.push({ path: request.url ?? '', ms: clock.now() });
    // Node's own date would be of another clock.
    response.sendDate = false;
    void handle(new URL(request.url ?? '/', 'http://localhost'), response, seen.length);
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => void server.close(() => resolve()));
    },
  };
}

export function answerJson(response: ServerResponse, body: unknown, status = 200, headers = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

/** Each request under way waits for its time limit: so it is known whether one is. */
export class RequestClock extends ManualClock {
  readonly #timeoutMs: number;
  #underWay = 0;

  constructor(startMs: number, timeoutMs: number) {
    super(startMs);
    this.#timeoutMs = timeoutMs;
  }

  override until(ms: number, signal?: AbortSignal): Promise<void> {
    const waiting = super.until(ms, signal);
    if (ms - this.now() !== this.#timeoutMs) return waiting;
    this.#underWay++;
    return waiting.finally(() => this.#underWay--);
  }

  /** Lets time pass, but never while an answer is awaited, until the work is done. */
  async during<T>(work: Promise<T>): Promise<T> {
    let isDone = false;
    const done = work.finally(() => {
      isDone = true;
    });
    done.catch(() => undefined);
    while (!isDone) {
      await new Promise(setImmediate);
      if (this.#underWay === 0 && !isDone) await this.advanceTo(this.now() + 50);
    }
    return done;
  }
}
