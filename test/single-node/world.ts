/** A relay, a Pub/Sub server and readers that live on, and a node that is killed and started again. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { MessageBus } from '../../connectors/bus/port.ts';
import { openPubSubBus } from '../../connectors/bus/pubsub.ts';
import { systemClock } from '../../connectors/clock/system.ts';
import { openDuckDbHistory } from '../../connectors/history/duckdb.ts';
import { Candle } from '../../schemas/candle.ts';
import { MINUTE_MS } from '../../schemas/primitives.ts';
import type { TopicName } from '../../schemas/topics.ts';
import { type Pstest, startPstest } from '../pstest/pstest.ts';
import { type Second, START, SYMBOLS } from './day.ts';
import { type Outputs, Readers } from './readers.ts';
import { type Rest, serveRest } from './rest.ts';

const CHILD = fileURLToPath(new URL('./child.fixture.ts', import.meta.url));
const PROJECT = 'test-project';
/** The server hands each stream one message in 10 ms. */
const TUNING = { leaseMs: 1_000, quietMs: 300, streams: 24 };
/** Unit: market ms. */
const MAX_BEHIND_MS = 15 * MINUTE_MS;
/** When the node comes up where nothing else is said: before the day. */
const UP_MS = START - 1_000_000;

export interface WorldOptions {
  /** Market seconds per second. */
  readonly speed: number;
  readonly params: unknown;
  readonly history: readonly Candle[];
  readonly seconds: readonly Second[];
  /** Market time at which the node comes up. */
  readonly upMs?: number;
  /** What reads and publishes; the node where left out. */
  readonly script?: string;
  /** Options of the script that are to be others. */
  readonly change?: Readonly<Record<string, unknown>>;
  /** Between looks of the readers. Unit: ms. */
  readonly lookEveryMs?: number;
  /** Told before seconds are handed to the server. */
  readonly onPublish?: (seconds: readonly Second[]) => void;
  /** Told of the first copy of each id that a reader has. */
  readonly onOutput?: (topic: TopicName, json: string) => void;
}

export class World {
  readonly #options: WorldOptions;
  readonly #server: Pstest;
  readonly #bus: MessageBus;
  #rest: Rest | undefined;
  readonly #dir: string;
  #marketMs: number;
  #newestCandleMs: number;
  #readers: Readers | undefined;
  #isClosing = false;
  #child: ChildProcess | undefined;
  #complaints = '';
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
    this.#marketMs = options.upMs ?? UP_MS;
    this.#newestCandleMs = this.#marketMs;
    this.#server = server;
    this.#dir = dir;
    this.#bus = openPubSubBus({
      project: PROJECT,
      endpoint: server.address,
      create: 'missing',
      clock: systemClock,
    });
  }

  /** Market time. It stands while the node is far behind: a node that is killed again and again must come to the end. */
  now(): number {
    return this.#marketMs;
  }

  get outputs(): Outputs {
    return this.#readers!.outputs;
  }

  /** Deliveries of an id beyond its first. */
  get copies(): number {
    return this.#readers!.copies;
  }

  async #prepare(): Promise<void> {
    this.#rest = await serveRest(() => this.now());
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
    const { lookEveryMs = 50, onOutput } = this.#options;
    this.#readers = await Readers.open({
      project: PROJECT,
      endpoint: this.#server.address,
      lookEveryMs,
      onOutput: (topic, json, ts) => {
        if (topic === 'market-candles') this.#newestCandleMs = Math.max(this.#newestCandleMs, ts);
        onOutput?.(topic, json);
      },
    });
  }

  /** Publishes the whole day as fast as it goes; market time stands. */
  async publishAtOnce(): Promise<void> {
    const { seconds } = this.#options;
    for (let at = 0; at < seconds.length; at += 60) await this.#send(seconds.slice(at, at + 60));
  }

  /** Publishes the day as its time comes. */
  publish(): Promise<void> {
    this.#publishing ??= this.#publish();
    return this.#publishing;
  }

  /** @returns its process id. */
  spawn(): number {
    const { params, speed, script = CHILD, change } = this.#options;
    const options = {
      project: PROJECT,
      endpoint: this.#server.address,
      create: true,
      symbols: SYMBOLS,
      params,
      dir: this.#dir,
      restUrl: this.#rest!.url,
      tuning: TUNING,
      patienceMs: 3_000 * speed,
      originMs: systemClock.now(),
      startMs: this.#marketMs,
      speed,
      ...change,
    };
    const child = spawn(process.execPath, [script, JSON.stringify(options)], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#child = child;
    child.stderr.on('data', (text) => {
      this.#complaints = `${this.#complaints}${text}`.slice(-20_000);
    });
    return child.pid!;
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
    await this.#readers?.close();
    await this.#bus.close();
    await this.#server.stop();
    this.#rest?.close();
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
      await this.#send(seconds.slice(at, to));
      at = to;
      await systemClock.until(systemClock.now() + 20);
    }
  }

  async #send(seconds: readonly Second[]): Promise<void> {
    this.#options.onPublish?.(seconds);
    const trades = seconds.flatMap((second) => second.trades);
    const books = seconds.flatMap((second) => second.books);
    await Promise.all([
      this.#bus.publish('raw-tick-data', trades),
      this.#bus.publish('book-snapshots', books),
    ]);
  }
}
