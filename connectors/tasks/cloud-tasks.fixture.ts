/** A Cloud Tasks server as far as we use it: names taken once, requests made when due, and made again after a failure. */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ManualClock } from '../clock/manual.ts';

interface Body {
  readonly task: {
    readonly name: string;
    readonly scheduleTime?: string;
    readonly httpRequest: { readonly url: string; readonly body: string; readonly oidcToken?: object };
  };
}

/** Wait before each further attempt. Unit: ms. */
const RETRY_MS = 1_000;

export class CloudTasksServer {
  readonly #names = new Set<string>();
  readonly #clock: ManualClock;
  readonly #stop = new AbortController();
  readonly #server: Server = createServer(async (request, response) => {
    const [status, body] = this.#create(request.url ?? '', JSON.parse(await textOf(request)));
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  /** Answers every request with this status instead. */
  failWith: number | null = null;
  /** Bodies as they came. */
  readonly requests: Body[] = [];

  constructor(clock: ManualClock) {
    this.#clock = clock;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #create(url: string, body: Body): [number, object] {
    const error = (code: number, message: string): [number, object] => [code, { error: { code, message } }];
    if (this.failWith !== null) return error(this.failWith, 'as the test wants');
    const { name } = body.task;
    if (!name.startsWith(`${url.replace('/v2/', '')}/`)) return error(400, 'The name is not of this queue');
    if (this.#names.has(name)) return error(409, 'Requested entity already exists');
    this.#names.add(name);
    this.requests.push(body);
    void this.#run(body.task);
    return [200, { name }];
  }

  async #run({ name, scheduleTime, httpRequest }: Body['task']): Promise<void> {
    const { signal } = this.#stop;
    if (scheduleTime !== undefined) await this.#clock.until(Date.parse(scheduleTime), signal);
    for (let retries = 0; !signal.aborted; retries++) {
      const headers = {
        'x-cloudtasks-taskname': name.split('/').at(-1)!,
        'x-cloudtasks-taskretrycount': String(retries),
      };
      const body = Buffer.from(httpRequest.body, 'base64');
      const response = await fetch(httpRequest.url, { method: 'POST', headers, body }).catch(() => null);
      if (response?.ok) return;
      await this.#clock.until(this.#clock.now() + RETRY_MS, signal);
    }
  }
}

export async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of request) chunks.push(chunk as Uint8Array);
  return Buffer.concat(chunks).toString();
}
