/** A dashboard over a history in memory, told what a test publishes; and a page that reads its events. */
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { ManualClock } from '../connectors/clock/manual.ts';
import { systemClock } from '../connectors/clock/system.ts';
import { openDuckDbHistory } from '../connectors/history/duckdb.ts';
import type { History } from '../connectors/history/port.ts';
import { rowsOf, tableOf } from '../connectors/history/rows.ts';
import type { CandleSource } from '../functions/macro-engine/gather.ts';
import { newBook } from '../functions/trade-desk/state.ts';
import type { Candle } from '../schemas/candle.ts';
import { DEFAULT_PARAMS } from '../schemas/params.ts';
import { INTERVAL_MS, type Interval } from '../schemas/primitives.ts';
import type { TopicName } from '../schemas/topics.ts';
import { candle } from '../transforms/candle.fixture.ts';
import { messageFor, type PublishedRecord } from '../transforms/publish/publish.ts';
import { type Dashboard, type DashboardOptions, openDashboard } from './dashboard.ts';
import type { MarketPorts } from './market/ports.ts';
import { Access } from './server/security.ts';

export const NOW = Date.UTC(2024, 4, 1, 10);
export const SYMBOLS = ['BTCUSDT', 'ETHUSDT'];

/** Of a price that turns at the same heights again and again, while it rises. */
export function barsOf(interval: Interval, fromMs: number, toMs: number, symbol = 'BTCUSDT'): Candle[] {
  const length = INTERVAL_MS[interval];
  const heightAt = (n: number) => Math.round(61_000 + n / 50 + 400 * Math.sin((2 * Math.PI * n) / 12));
  return Array.from({ length: (toMs - fromMs) / length }, (_, i) => {
    const openTime = fromMs + i * length;
    const [open, close] = [heightAt(openTime / length), heightAt(openTime / length + 1)];
    const [low, high] = open < close ? [open, close] : [close, open];
    return candle({ venue: 'bybit', symbol, interval, openTime, open, close, high, low, volume: 5 });
  });
}

export const pastBars: CandleSource = async ({ interval, fromMs, toMs, symbol }) =>
  barsOf(interval, fromMs, toMs, symbol);

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
  json(): unknown;
}

interface Asked {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export class TestDashboard {
  readonly clock: ManualClock;
  readonly notices: string[];
  readonly #history: History;
  readonly #dashboard: Dashboard;

  static async open(
    changes: Partial<DashboardOptions> = {},
    ports: Partial<MarketPorts> = {},
  ): Promise<TestDashboard> {
    const history = await openDuckDbHistory({ path: ':memory:' });
    const clock = new ManualClock(NOW);
    const notices: string[] = [];
    const market = { ...portsOf(clock, history), ...ports };
    const dashboard = await openDashboard({
      market,
      host: '127.0.0.1',
      port: 0,
      isPortFlexible: false,
      access: new Access(null),
      clock: systemClock,
      replays: { folders: [], prepare: async () => {} },
      notice: (line) => void notices.push(line),
      ...changes,
    });
    return new TestDashboard(dashboard, history, clock, notices);
  }

  private constructor(dashboard: Dashboard, history: History, clock: ManualClock, notices: string[]) {
    this.#dashboard = dashboard;
    this.#history = history;
    this.clock = clock;
    this.notices = notices;
  }

  get url(): string {
    return this.#dashboard.url;
  }

  /** On the bus, and in history unless it is still on its way there. */
  async publish(topic: TopicName, record: PublishedRecord, isKept = true): Promise<void> {
    const { data } = messageFor(topic, record);
    await this.take(topic, data, isKept);
  }

  async take(topic: TopicName, data: Uint8Array, isKept = false): Promise<void> {
    if (isKept) await this.#history.insert(tableOf(topic), rowsOf(topic, data));
    this.#dashboard.take(topic, [{ data }]);
  }

  /** In history at last. */
  async keep(topic: TopicName, record: PublishedRecord): Promise<void> {
    await this.#history.insert(tableOf(topic), rowsOf(topic, messageFor(topic, record).data));
  }

  notice(text: string): void {
    this.#dashboard.notice(text);
  }

  async ask(path: string, { method = 'GET', headers = {}, body = '' }: Asked = {}): Promise<Answer> {
    const { hostname, port } = new URL(this.url);
    // As it is written: a URL would tidy the path up.
    const asked = request({ host: hostname, port, path, method, headers, agent: false });
    asked.end(body);
    const [response] = (await once(asked, 'response')) as [IncomingMessage];
    const bytes = Buffer.concat(await response.toArray());
    const json = () => JSON.parse(bytes.toString()) as unknown;
    return { status: response.statusCode!, headers: response.headers, body: bytes, json };
  }

  post(path: string, body: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    const type = { 'content-type': 'application/json' };
    return this.ask(path, { method: 'POST', headers: { ...type, ...headers }, body: JSON.stringify(body) });
  }

  follow(after: number | string, path = '/api/events'): Promise<TestPage> {
    return TestPage.open(`${this.url.slice(0, -1)}${path}?after=${after}`);
  }

  async close(): Promise<void> {
    await this.#dashboard.close();
    await this.#history.close();
  }
}

export interface PageEvent {
  readonly id: number;
  readonly name: string;
  readonly data: Record<string, unknown>;
}

/** What a browser makes of a stream of events. */
export class TestPage {
  readonly events: PageEvent[] = [];
  readonly response: IncomingMessage;
  #text = '';

  static async open(url: string): Promise<TestPage> {
    const asked = request(url, { agent: false });
    asked.end();
    const [response] = (await once(asked, 'response')) as [IncomingMessage];
    return new TestPage(response);
  }

  private constructor(response: IncomingMessage) {
    this.response = response;
    response.on('error', () => {}).on('data', (bytes: Buffer) => this.#take(bytes.toString()));
  }

  get last(): number {
    return this.events.at(-1)?.id ?? 0;
  }

  named(name: string): PageEvent[] {
    return this.events.filter((event) => event.name === name);
  }

  /** As a connection that breaks: what came half is lost. */
  cut(): void {
    this.response.removeAllListeners('data');
    this.response.destroy();
  }

  #take(text: string): void {
    this.#text += text;
    const frames = this.#text.split('\n\n');
    this.#text = frames.pop()!;
    for (const frame of frames) {
      const [, id, name, data] = /^id: (\d+)\nevent: (\w+)\ndata: (.*)$/.exec(frame) ?? [];
      if (data !== undefined) this.events.push({ id: Number(id), name: name!, data: JSON.parse(data) });
    }
  }
}

function portsOf(clock: ManualClock, history: History): MarketPorts {
  return {
    source: { title: 'a test', kind: 'simulated', speed: 60 },
    version: '1.2.3',
    venue: 'bybit',
    clock,
    history,
    pastBars: null,
    symbols: () => SYMBOLS,
    relay: () => null,
    params: DEFAULT_PARAMS,
    numbers: () => ({ lagMs: 4_000, backlog: 7, alerts: { sent: 2, waiting: 1 } }),
    books: async () => [newBook('default', 10_000)],
    swings: async () => [],
    drawChart: null,
    traceOf: async () => null,
  };
}
