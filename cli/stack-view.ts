/** What a person sees of a running stack: signals as they leave, and the numbers of its status. */
import type { Delivery, Subscription } from '../connectors/bus/port.ts';
import type { Clock } from '../connectors/clock/port.ts';
import { Candle } from '../schemas/candle.ts';
import { INTERVALS, type Interval } from '../schemas/primitives.ts';
import type { LocalStack } from './local-stack.ts';
import type { MarketSource } from './market-source.ts';
import type { StackStatus } from './status.ts';

const PULL_MAX = 1_000;

export interface ViewOptions {
  readonly stack: LocalStack;
  readonly source: MarketSource;
  /** Of the machine: how long the stack has been up. */
  readonly clock: Clock;
  /** Takes each signal as one line of JSON. */
  readonly print: (line: string) => void;
}

/** Follows the topics from its opening on. */
export class StackView {
  readonly #options: ViewOptions;
  readonly #startedMs: number;
  readonly #subscriptions: readonly Subscription[];
  readonly #following: Promise<unknown>;
  readonly #candles = Object.fromEntries(INTERVALS.map((i) => [i, 0])) as Record<Interval, number>;
  readonly #last = new Map<string, Candle>();
  #signals = 0;
  #deadLetters = 0;
  #notice: string | null = null;
  /** Unit: ms since the start. */
  firstCandleMs: number | null = null;
  firstSignalMs: number | null = null;

  static async open(options: ViewOptions): Promise<StackView> {
    const open = (topic: 'market-candles' | 'trade-signals-micro' | 'dead-letters') =>
      options.stack.subscribe(topic, 'console');
    const [candles, signals, dead] = [
      await open('market-candles'),
      await open('trade-signals-micro'),
      await open('dead-letters'),
    ];
    // What an earlier run published and nobody saw is in history; here it would look like news.
    for (const subscription of [candles, signals, dead]) await discardBacklog(subscription);
    return new StackView(options, [candles, signals, dead]);
  }

  private constructor(
    options: ViewOptions,
    subscriptions: readonly [Subscription, Subscription, Subscription],
  ) {
    this.#options = options;
    this.#startedMs = options.clock.now();
    this.#subscriptions = subscriptions;
    const [candles, signals, dead] = subscriptions;
    this.#following = Promise.all([
      follow(candles, (message) => this.#candle(message)),
      follow(signals, (message) => this.#signal(message)),
      follow(dead, () => {
        this.#deadLetters += 1;
      }),
    ]);
  }

  notice(line: string): void {
    this.#notice = line;
  }

  status(): StackStatus {
    const { stack, source, clock } = this.#options;
    const relay = stack.relay();
    const sum = (of: (s: (typeof relay.symbols)[number]) => number) =>
      relay.symbols.reduce((n, s) => n + of(s), 0);
    const watermarkMs = stack.steps().find(({ step }) => step.startsWith('GroupIntoFacts'))?.watermarkMs;
    const marketTimeMs = source.clock.now();
    return {
      source: source.title,
      connected: relay.symbols.every(({ connected }) => connected),
      marketTimeMs,
      uptimeMs: clock.now() - this.#startedMs,
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
      notice: relay.problem ?? this.#notice,
    };
  }

  async close(): Promise<void> {
    await Promise.all(this.#subscriptions.map((subscription) => subscription.close()));
    await this.#following;
  }

  #candle({ data }: Delivery): void {
    const candle = Candle.parse(JSON.parse(Buffer.from(data).toString()));
    this.#candles[candle.interval] += 1;
    this.firstCandleMs ??= this.#options.clock.now() - this.#startedMs;
    if (candle.interval === '1m') this.#last.set(candle.symbol, candle);
  }

  #signal({ data }: Delivery): void {
    this.#signals += 1;
    this.firstSignalMs ??= this.#options.clock.now() - this.#startedMs;
    this.#options.print(Buffer.from(data).toString());
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
