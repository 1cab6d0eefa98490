/** A function as the cloud runs it: the Functions Framework in a process of its own, on any free port. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import { systemClock } from '../connectors/clock/system.ts';
import { subscriptionId } from '../schemas/subscriptions.ts';
import type { TopicName } from '../schemas/topics.ts';
import { ENVIRONMENT } from '../test/engines/needs.ts';
import { messageFor, type PublishedRecord } from '../transforms/publish/publish.ts';

const ROOT = resolve(import.meta.dirname, '..');
const FRAMEWORK = resolve(ROOT, 'node_modules/@google-cloud/functions-framework/build/src/main.js');
const { NODE_COMPILE_CACHE } = ENVIRONMENT;
const COMPILED = NODE_COMPILE_CACHE === undefined ? {} : { NODE_COMPILE_CACHE };

export interface LogEntry {
  readonly severity: string;
  readonly message: string;
}

export class FunctionProcess {
  readonly #child: ChildProcess;
  readonly #url: string;
  readonly #ended: Promise<unknown>;
  #output = '';

  private constructor(child: ChildProcess, url: string) {
    this.#child = child;
    this.#url = url;
    this.#ended = once(child, 'close');
    for (const stream of [child.stdout!, child.stderr!]) {
      stream.on('data', (bytes) => {
        this.#output += bytes;
      });
    }
  }

  /** Resolves when it answers, or has ended. */
  static async start(name: string, environment: Record<string, string>): Promise<FunctionProcess> {
    const port = await freePort();
    const flags = [`--target=${name}`, `--source=${resolve(ROOT, 'functions', name, 'index.ts')}`];
    // Nothing of the tests' own environment but what is compiled: a function has only what it is told.
    const env = { NODE_ENV: 'production', PORT: String(port), ...COMPILED, ...environment };
    const child = spawn(process.execPath, [FRAMEWORK, ...flags], { cwd: ROOT, env });
    const started = new FunctionProcess(child, `http://127.0.0.1:${port}`);
    while (child.exitCode === null && !(await started.get('/live').catch(() => null))) {
      await systemClock.until(systemClock.now() + 20);
    }
    return started;
  }

  get output(): string {
    return this.#output;
  }

  /** What it logged itself. */
  get log(): LogEntry[] {
    return this.#output
      .split('\n')
      .filter((line) => line.startsWith('{"severity"'))
      .map((line) => JSON.parse(line));
  }

  get(path: string, headers: Record<string, string> = {}): Promise<Response> {
    return fetch(this.#url + path, { headers });
  }

  /** Status of the answer. */
  async post(body: unknown, headers: Record<string, string> = {}, path = '/'): Promise<number> {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const type = { 'content-type': 'application/json' };
    const init = { method: 'POST', body: text, headers: { ...type, ...headers } };
    return (await fetch(this.#url + path, init)).status;
  }

  signal(name: 'SIGTERM' | 'SIGKILL'): void {
    this.#child.kill(name);
  }

  /** Exit code; null where a signal killed it. */
  async ended(): Promise<number | null> {
    await this.#ended;
    return this.#child.exitCode;
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended;
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((closed) => server.close(closed));
  return port;
}

/** As a push subscription of the reader posts it. */
export function pushOf(topic: TopicName, reader: string, record: PublishedRecord): object {
  const { data, attributes, orderingKey } = messageFor(topic, record);
  const time = { publishTime: '2024-03-01T00:00:00Z' };
  return {
    subscription: `projects/p/subscriptions/${subscriptionId(topic, reader)}`,
    message: { data: Buffer.from(data).toString('base64'), attributes, orderingKey, messageId: '1', ...time },
  };
}
