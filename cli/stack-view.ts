/** What a person sees of a running stack: what happens as it happens, and the numbers of its status. */
import type { Delivery, Subscription } from '../connectors/bus/port.ts';
import type { Clock } from '../connectors/clock/port.ts';
import type { Book, Swing } from '../functions/trade-desk/state.ts';
import { Candle } from '../schemas/candle.ts';
import { MacroBias, SwingSignal } from '../schemas/macro.ts';
import { PositionEvent } from '../schemas/position-event.ts';
import { INTERVALS, type Interval } from '../schemas/primitives.ts';
import { ScalpSignal } from '../schemas/scalp-signal.ts';
import type { TopicName } from '../schemas/topics.ts';
import {
  type AlertLine,
  biasLine,
  chartLine,
  entryLines,
  exitLine,
  swingEndLine,
  swingLine,
} from './alert-lines.ts';
import { duration } from './figures.ts';
import type { LocalStack } from './local-stack.ts';
import type { MarketSource } from './market-source.ts';
import type { StackStatus } from './status.ts';

const PULL_MAX = 1_000;
/** How long a notice is one. */
const NEWS_MS = 600_000;
/** Signals kept for the alerts that tell why. */
const SIGNALS_KEPT = 1_000;

export interface ViewOptions {
  readonly stack: LocalStack;
  readonly source: MarketSource;
  /** Of the machine. */
  readonly clock: Clock;
  /** When the stack was started, of that clock. Unit: ms since the epoch. */
  readonly startedMs: number;
  /** Takes each alert. */
  readonly print: (line: AlertLine) => void;
  /** Takes each message that an alert is made of, and what happens to the feed, as it is. Left out where nobody wants them. */
  readonly onMessage?: ((topic: TopicName, json: string) => void) | undefined;
}

/** Follows the topics from its opening on. */
export class StackView {
  readonly #options: ViewOptions;
  readonly #subscriptions: Subscription[] = [];
  readonly #following: Promise<void>[] = [];
  readonly #candles = Object.fromEntries(INTERVALS.map((i) => [i, 0])) as Record<Interval, number>;
  readonly #last = new Map<string, Candle>();
  readonly #why = new Map<string, ScalpSignal>();
  readonly #entries = new Map<string, PositionEvent>();
  readonly #refusals: Record<string, number> = {};
  readonly #biases: Record<string, MacroBias['bias']> = {};
  #books: readonly Book[] = [];
  #swings: readonly Swing[] = [];
  #reading: Promise<void> | undefined;
  #signals = 0;
  #deadLetters = 0;
  #charts = 0;
  #notice = { line: '', atMs: Number.NEGATIVE_INFINITY };
  /** Unit: ms since the start. */
  firstCandleMs: number | null = null;
  firstSignalMs: number | null = null;
  firstChartMs: number | null = null;

  static async open(options: ViewOptions): Promise<StackView> {
    const view = new StackView(options);
    for (const topic of Object.keys(view.#readers) as TopicName[]) await view.#follow(topic);
    return view;
  }

  private constructor(options: ViewOptions) {
    this.#options = options;
  }

  notice(line: string): void {
    this.#notice = { line, atMs: this.#options.clock.now() };
  }

  chart(path: string, title: string): void {
    this.#charts += 1;
    this.firstChartMs ??= this.#sinceStart();
    this.#options.print(chartLine(path, title));
  }

  status(): StackStatus {
    const { stack, source } = this.#options;
    const relay = stack.relay();
    const sum = (of: (s: (typeof relay.symbols)[number]) => number) =>
      relay.symbols.reduce((n, s) => n + of(s), 0);
    const watermarkMs = stack.steps().find(({ step }) => step.startsWith('GroupIntoFacts'))?.watermarkMs;
    const marketTimeMs = source.clock.now();
    const { SENT: sent, QUEUED, SENDING, UNKNOWN } = stack.alerts();
    void this.readBooks();
    return {
      source: source.title,
      connected: relay.symbols.every(({ connected }) => connected),
      marketTimeMs,
      uptimeMs: this.#sinceStart(),
      symbols: relay.symbols.length,
      trades: sum(({ publishedTrades }) => publishedTrades),
      tradesPerSecond: sum(({ rate }) => rate),
      reconnects: relay.reconnects,
      lagMs: Number.isFinite(watermarkMs) ? Math.max(0, marketTimeMs - watermarkMs!) : null,
      backlog: stack.backlog(),
      candles: this.#candles,
      lastCandles: [...this.#last.values()],
      signals: this.#signals,
      deadLetters: this.#deadLetters,
      books: this.#books,
      swings: this.#swings,
      refusals: this.#refusals,
      biases: this.#biases,
      alerts: { sent, waiting: QUEUED + SENDING + UNKNOWN, charts: this.#charts },
      notice: relay.problem ?? this.#newNotice(),
    };
  }

  #newNotice(): string | null {
    const ageMs = this.#options.clock.now() - this.#notice.atMs;
    return ageMs < NEWS_MS ? `${this.#notice.line} (${duration(ageMs)} ago)` : null;
  }

  /** The next status shows books and swings as they are now. */
  readBooks(): Promise<void> {
    const read = async () => {
      const { stack } = this.#options;
      this.#books = await stack.books().catch(() => this.#books);
      this.#swings = await stack.swings().catch(() => this.#swings);
      this.#reading = undefined;
    };
    this.#reading ??= read();
    return this.#reading;
  }

  async close(): Promise<void> {
    await Promise.all(this.#subscriptions.map((subscription) => subscription.close()));
    await Promise.all(this.#following);
    await this.#reading;
  }

  readonly #readers: Partial<Record<TopicName, (json: string) => void>> = {
    'market-candles': (json) => this.#candle(Candle.parse(JSON.parse(json))),
    'trade-signals-micro': (json) => this.#signal(ScalpSignal.parse(JSON.parse(json))),
    'position-events': (json) => {
      const event = PositionEvent.parse(JSON.parse(json));
      // The end of a SWING position is of no book.
      if (event.book === undefined) this.#print(swingEndLine(event));
      else this.#position(event);
    },
    'macro-bias-updates': (json) => this.#bias(MacroBias.parse(JSON.parse(json))),
    'trade-signals-macro': (json) => this.#print(swingLine(SwingSignal.parse(JSON.parse(json)))),
    'dead-letters': () => {
      this.#deadLetters += 1;
    },
    'feed-events': () => {},
  };

  async #follow(topic: TopicName): Promise<void> {
    const subscription = await this.#options.stack.subscribe(topic, 'console');
    this.#subscriptions.push(subscription);
    // What an earlier run published and nobody saw is in history; here it would look like news.
    await discardBacklog(subscription);
    const isNews = topic !== 'market-candles' && topic !== 'dead-letters';
    const take = ({ data }: Delivery) => {
      const json = Buffer.from(data).toString();
      if (isNews) this.#options.onMessage?.(topic, json);
      this.#readers[topic]?.(json);
    };
    this.#following.push(follow(subscription, take));
  }

  #candle(candle: Candle): void {
    this.#candles[candle.interval] += 1;
    this.firstCandleMs ??= this.#sinceStart();
    if (candle.interval === '1m') this.#last.set(candle.symbol, candle);
  }

  #signal(signal: ScalpSignal): void {
    this.#signals += 1;
    this.firstSignalMs ??= this.#sinceStart();
    // It is of a candle that is closed, and published after it.
    this.firstCandleMs ??= this.firstSignalMs;
    this.#why.set(signal.id, signal);
    if (this.#why.size > SIGNALS_KEPT) this.#why.delete(this.#why.keys().next().value!);
  }

  #position(event: PositionEvent): void {
    const { signalId, book } = event;
    const position = `${signalId} ${book}`;
    if (event.refusal !== null) this.#refusals[event.refusal] = (this.#refusals[event.refusal] ?? 0) + 1;
    if (event.kind === 'ENTRY') {
      this.#entries.set(position, event);
      for (const line of entryLines(event, this.#why.get(signalId))) this.#print(line);
    }
    if (event.kind === 'EXIT') {
      this.#print(exitLine(event, this.#entries.get(position)));
      this.#entries.delete(position);
    }
  }

  #bias(bias: MacroBias): void {
    this.#print(biasLine(bias, this.#biases[bias.pair] ?? null));
    this.#biases[bias.pair] = bias.bias;
  }

  #print(line: AlertLine | null): void {
    if (line !== null) this.#options.print(line);
  }

  #sinceStart(): number {
    return this.#options.clock.now() - this.#options.startedMs;
  }
}

async function discardBacklog(subscription: Subscription): Promise<void> {
  while ((subscription.backlog() ?? 0) > 0) {
    for (const delivery of await subscription.pull(PULL_MAX)) delivery.ack();
  }
}

async function follow(subscription: Subscription, take: (message: Delivery) => void): Promise<void> {
  for (;;) {
    const deliveries = await subscription.pull(PULL_MAX);
    if (deliveries.length === 0) return;
    for (const delivery of deliveries) {
      take(delivery);
      delivery.ack();
    }
  }
}
