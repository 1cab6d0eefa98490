/** Plays objects of Cloud Storage on loopback: generations, preconditions, and the faults a test asks for. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export class FakeStorage {
  readonly #objects = new Map<string, { body: Buffer; generation: number }>();
  #generations = 1_700_000_000_000_000;
  url = '';
  readonly tokens = new Set(['good']);
  /** Taken one by one by writes: a status, or `lost` where it is done and not answered. */
  readonly faults: (number | 'lost')[] = [];
  readonly #server = createServer((request, response) => void this.#serve(request, response));

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
    return this;
  }

  put(name: string, body: string): void {
    this.#objects.set(name, { body: Buffer.from(body), generation: ++this.#generations });
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const token = (request.headers.authorization ?? '').replace('Bearer ', '');
    if (!this.tokens.has(token)) return void response.writeHead(401).end();
    const url = new URL(request.url ?? '', this.url);
    if (request.method === 'POST') this.#write(url, Buffer.concat(chunks), response);
    else this.#read(url, response);
  }

  #read(url: URL, response: ServerResponse): void {
    const object = this.#objects.get(decodeURIComponent(url.pathname.split('/').at(-1)!));
    if (!object) return void response.writeHead(404).end();
    response.writeHead(200, { 'x-goog-generation': String(object.generation) }).end(object.body);
  }

  #write(url: URL, body: Buffer, response: ServerResponse): void {
    const fault = this.faults.shift();
    if (typeof fault === 'number') return void response.writeHead(fault).end();
    const name = url.searchParams.get('name')!;
    const expected = Number(url.searchParams.get('ifGenerationMatch'));
    if ((this.#objects.get(name)?.generation ?? 0) !== expected) return void response.writeHead(412).end();
    this.put(name, body.toString());
    if (fault === 'lost') response.destroy();
    else response.writeHead(200).end(JSON.stringify({ generation: String(this.#generations) }));
  }
}
