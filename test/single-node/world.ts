/** A relay, a Pub/Sub server and readers that live on, and a node that is killed and started again. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { MessageBus } from '../../connectors/bus/port.ts';
import { type Clients, openClients, type ReceivedMessage } from '../../connectors/bus/pubsub/clients.ts';
import { openPubSubBus } from '../../connectors/bus/pubsub.ts';
import { systemClock } from '../../connectors/clock/system.ts';
import { answerRest } from '../../connectors/exchanges/simulated/rest.ts';
import { openDuckDbHistory } from '../../connectors/history/duckdb.ts';
import { Candle } from '../../schemas/candle.ts';
import { MINUTE_MS } from '../../schemas/primitives.ts';
import type { TopicName } from '../../schemas/topics.ts';
import { type Pstest, startPstest } from '../pstest/pstest.ts';
import { market, type Second, START, SYMBOLS } from './day.ts';

const CHILD = fileURLToPath(new URL('./child.fixture.ts', import.meta.url));
const PROJECT = 'test-project';
/** The server hands each stream one message in 10 ms. */
const TUNING = { leaseMs: 1_000, quietMs: 300, streams: 24 };
const OUTPUTS = [
  'market-candles',
  'market-levels',
  'market-features',
  'trade-signals-micro',
  'dead-letters',
] as const;
/** Unit: market ms. */
const MAX_BEHIND_MS = 15 * MINUTE_MS;
/** When the node comes up: before the day. */
const UP_MS = START - 1_000_000;

/** What readers were sent, by topic: contents of each id in the order they came, the first copy of each. */
export type Outputs = Map<TopicName, Map<string, string[]>>;

export interface WorldOptions {
  /** Market seconds per second. */
  readonly speed: number;
  readonly params: unknown;
  readonly history: readonly Candle[];
  readonly seconds: readonly Second[];
}

export class World {
  readonly #options: WorldOptions;
  readonly #server: Pstest;
  readonly #bus: MessageBus;
  readonly #rest: Server;
  readonly #dir: string;
  #marketMs = UP_MS;
  #newestCandleMs = UP_MS;
  readonly #outputs: Outputs = new Map(OUTPUTS.map((topic) => [topic, new Map()]));
  readonly #clients: Clients;
  readonly #reading: Promise<void>[] = [];
  #isClosing = false;
  #child: ChildProcess | undefined;
  #complaints = '';
  #copies = 0;
  #publishing: Promise<void> | undefined;

  static async open(options: WorldOptions): Promise<World> {
    const server = await startPstest({ minAckDeadlineS: 1 });
    const dir = mkdtempSync(join(tmpdir(), 'single-node-'));
    const world = new World(options, server, dir);
    await world.#prepare();
    return world;
  }

  private constructor(options: WorldOptions, server: Pstest, dir: string) {
    this.#options = options;
    this.#server = server;
    this.#dir = dir;
    this.#bus = openPubSubBus({
      project: PROJECT,
      endpoint: server.address,
      create: 'missing',
      clock: systemClock,
    });
    this.#clients = openClients(PROJECT, server.address);
    this.#rest = createServer((request, response) => {
      const url = new URL(request.url ?? '/', 'http://x');
      void answerRest(market, url, this.now()).then(({ status, body }) => {
        response
          .writeHead(status, { 'content-type': 'application/json' })
          .end(typeof body === 'string' ? body : JSON.stringify(body));
      });
    });
  }

  /** Market time. It stands while the node is far behind: a node that is killed again and again must come to the end. */
  now(): number {
    return this.#marketMs;
  }

  get outputs(): Outputs {
    return this.#outputs;
  }

  /** Deliveries of an id beyond its first: of the readers' server, and of the node that published it again. */
  get copies(): number {
    return this.#copies;
  }

  async #prepare(): Promise<void> {
    this.#rest.listen(0, '127.0.0.1');
    await once(this.#rest, 'listening');
    const history = await openDuckDbHistory({ path: join(this.#dir, 'history.duckdb') });
    await history.insert(
      'candles',
      this.#options.history.map((candle) => z.encode(Candle, candle)),
    );
    await history.close();
    const held = [
      ['raw-tick-data', 'graph'],
      ['book-snapshots', 'graph'],
      ['market-candles', 'history'],
    ] as const;
    // Once made, a subscription keeps what is published until someone opens it again.
    for (const [topic, name] of held) await (await this.#bus.subscribe(topic, name)).close();
    for (const topic of OUTPUTS) this.#reading.push(this.#read(topic, await this.#subscribe(topic)));
  }

  /** Publishes the day as its time comes. */
  publish(): Promise<void> {
    this.#publishing ??= this.#publish();
    return this.#publishing;
  }

  spawn(): void {
    const { params, speed } = this.#options;
    const { port } = this.#rest.address() as AddressInfo;
    const options = {
      ...{
        project: PROJECT,
        endpoint: this.#server.address,
        create: true,
        symbols: SYMBOLS,
        params,
        dir: this.#dir,
      },
      ...{ restUrl: `http://127.0.0.1:${port}`, tuning: TUNING, patienceMs: 3_000 * speed },
      ...{ originMs: systemClock.now(), startMs: this.#marketMs, speed },
    };
    const child = spawn(process.execPath, [CHILD, JSON.stringify(options)], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#child = child;
    child.stderr.on('data', (text) => {
      this.#complaints = `${this.#complaints}${text}`.slice(-20_000);
    });
  }

  get complaints(): string {
    return this.#complaints;
  }

  /** The node ended by itself: it must not. */
  get hasFailed(): boolean {
    return typeof this.#child?.exitCode === 'number';
  }

  /** Ends the node; resolves with its exit code, null after SIGKILL. */
  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null> {
    const child = this.#child!;
    this.#child = undefined;
    if (child.exitCode !== null) return child.exitCode;
    const exit = once(child, 'exit');
    child.kill(signal);
    const [code] = await exit;
    return code;
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    if (this.#child) await this.end('SIGKILL');
    await this.#publishing;
    await Promise.all(this.#reading);
    await this.#clients.close();
    await this.#bus.close();
    await this.#server.stop();
    this.#rest.close();
  }

  async #publish(): Promise<void> {
    const { seconds, speed } = this.#options;
    for (let at = 0, tickMs = systemClock.now(); at < seconds.length && !this.#isClosing; ) {
      const now = systemClock.now();
      const isFar = this.#marketMs > Math.max(START, this.#newestCandleMs) + MAX_BEHIND_MS;
      if (!isFar) this.#marketMs += Math.round((now - tickMs) * speed);
      tickMs = now;
      let to = at;
      while (to < seconds.length && seconds[to]!.endMs <= this.#marketMs) to += 1;
      const due = seconds.slice(at, to);
      const trades = due.flatMap((second) => second.trades);
      const books = due.flatMap((second) => second.books);
      await Promise.all([
        this.#bus.publish('raw-tick-data', trades),
        this.#bus.publish('book-snapshots', books),
      ]);
      at = to;
      await systemClock.until(systemClock.now() + 20);
    }
  }

  /** The readers ask Google's client: ours would hide copies from them. */
  async #subscribe(topic: TopicName): Promise<string> {
    const name = `projects/${PROJECT}/subscriptions/${topic}-reader`;
    const path = `projects/${PROJECT}/topics/${topic}`;
    await this.#clients.publisher.createTopic({ name: path }).catch(() => undefined);
    await this.#clients.subscriber.createSubscription({ name, topic: path, ackDeadlineSeconds: 60 });
    return name;
  }

  #note(topic: TopicName, { attributes, data }: NonNullable<ReceivedMessage['message']>): void {
    const { id, ts } = attributes as Record<string, string>;
    const json = Buffer.from(data as Uint8Array).toString();
    const seen = this.#outputs.get(topic)!;
    const contents = seen.get(id!);
    if (contents) {
      this.#copies += 1;
      if (!contents.includes(json)) contents.push(json);
      return;
    }
    seen.set(id!, [json]);
    if (topic === 'market-candles') this.#newestCandleMs = Math.max(this.#newestCandleMs, Number(ts));
  }

  async #read(topic: TopicName, subscription: string): Promise<void> {
    const { subscriber } = this.#clients;
    while (!this.#isClosing) {
      const [{ receivedMessages }] = await subscriber.pull({
        subscription,
        maxMessages: 1_000,
        returnImmediately: true,
      });
      const ackIds = (receivedMessages ?? []).map(({ ackId }) => ackId!);
      for (const { message } of receivedMessages ?? []) this.#note(topic, message!);
      if (ackIds.length > 0) await subscriber.acknowledge({ subscription, ackIds });
      else await systemClock.until(systemClock.now() + 50);
    }
  }
}
