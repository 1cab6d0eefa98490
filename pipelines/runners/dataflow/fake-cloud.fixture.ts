/** Plays the REST APIs of Dataflow and Cloud Storage on loopback, with the faults a test asks for. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { DataflowJob } from './job.ts';

export interface FakeJob extends Partial<Omit<DataflowJob, 'type'>> {
  id: string;
  name: string;
  currentState: string;
}

/** How one request fails: an answer of this status, or none though the request was done (`lost`). */
export type Fault = { readonly status: number; readonly message?: string; readonly reason?: string } | 'lost';

export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly token: string;
}

export class FakeCloud {
  readonly jobs: FakeJob[] = [];
  readonly objects = new Map<string, Buffer>();
  readonly seen: Seen[] = [];
  /** Taken one by one by requests whose method and path contain the key: `POST /v1b3`. */
  readonly faults = new Map<string, Fault[]>();
  /** States that a job goes through, one each time it is read. */
  readonly course: string[] = [];
  /** Tokens that are taken. */
  readonly tokens = new Set(['good']);
  readonly errors: string[] = [];
  /** Which jobs a list tells. */
  isListed: (job: FakeJob) => boolean = () => true;
  url = '';
  readonly #server = createServer((request, response) => void this.#serve(request, response));

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
    return this;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const method = request.method ?? '';
    const path = request.url ?? '';
    const token = (request.headers.authorization ?? '').replace('Bearer ', '');
    this.seen.push({ method, path, token });
    const fault = this.#faultOf(`${method} ${path}`);
    if (!this.tokens.has(token)) return refuse(response, { status: 401, message: 'Invalid credentials' });
    if (fault !== undefined && fault !== 'lost') return refuse(response, fault);
    const answer = this.#answer(method, new URL(path, this.url), Buffer.concat(chunks));
    if (fault === 'lost') response.destroy();
    else if ('status' in answer) refuse(response, answer);
    else response.end(answer.bytes);
  }

  #faultOf(line: string): Fault | undefined {
    for (const [key, faults] of this.faults) if (line.includes(key)) return faults.shift();
    return undefined;
  }

  #answer(method: string, url: URL, body: Buffer): { bytes: Buffer } | Exclude<Fault, 'lost'> {
    if (url.pathname.startsWith('/upload/')) return this.#put(url, body);
    if (url.pathname.startsWith('/storage/')) return this.#get(url);
    const id = /\/jobs\/([^/]+)/.exec(url.pathname)?.[1];
    if (url.pathname.endsWith('/messages')) {
      return json({ jobMessages: this.errors.map((messageText) => ({ messageText })) });
    }
    if (id !== undefined) return this.#job(method, id, body);
    return method === 'POST' ? this.#create(JSON.parse(body.toString())) : this.#list(url);
  }

  #put(url: URL, body: Buffer) {
    const name = `${url.pathname.split('/')[5]}/${url.searchParams.get('name')}`;
    if (this.objects.has(name)) return { status: 412, message: 'Precondition failed' };
    this.objects.set(name, body);
    return json({ name });
  }

  #get(url: URL) {
    const [, , , , bucket, , name] = url.pathname.split('/');
    const bytes = this.objects.get(`${bucket}/${decodeURIComponent(name ?? '')}`);
    return bytes ? { bytes } : { status: 404, message: 'No such object' };
  }

  /** As the service: one active job of a name, unless the new one replaces it; one job of a request. */
  #create(job: DataflowJob & { replaceJobId?: string }) {
    const ended = ['JOB_STATE_DONE', 'JOB_STATE_UPDATED'];
    const active = this.jobs.find(
      ({ name, currentState }) => name === job.name && !ended.includes(currentState),
    );
    const isKnown = this.jobs.some(({ clientRequestId }) => clientRequestId === job.clientRequestId);
    if (isKnown || (active && active.id !== job.replaceJobId)) {
      return {
        status: 409,
        message: `There is already an active job named ${job.name}`,
        reason: 'ALREADY_EXISTS',
      };
    }
    if (active) active.currentState = 'JOB_STATE_UPDATED';
    const created = { ...job, id: `job-${this.jobs.length + 1}`, currentState: 'JOB_STATE_PENDING' };
    this.jobs.push(created);
    return json(created);
  }

  /** Two pages, as a project with many jobs has them; a list does not tell options. */
  #list(url: URL) {
    const told = this.jobs.filter(this.isListed).map(({ environment: _, ...job }) => job);
    const isFirst = url.searchParams.get('pageToken') === null;
    return json(isFirst ? { nextPageToken: 'more' } : { jobs: told });
  }

  #job(method: string, id: string, body: Buffer) {
    const job = this.jobs.find((known) => known.id === id);
    if (!job) return { status: 404, message: 'No such job' };
    if (method === 'PUT' && JSON.parse(body.toString()).requestedState === 'JOB_STATE_DRAINED') {
      job.currentState = 'JOB_STATE_DRAINING';
    } else if (this.course.length > 0) job.currentState = this.course.shift()!;
    return json(job);
  }
}

function json(value: unknown): { bytes: Buffer } {
  return { bytes: Buffer.from(JSON.stringify(value)) };
}

function refuse(response: ServerResponse, fault: Exclude<Fault, 'lost'>): void {
  const { status, message = 'refused', reason } = fault;
  response.statusCode = status;
  response.end(JSON.stringify({ error: { code: status, message, ...(reason ? { status: reason } : {}) } }));
}
