/**
 * A market as the dashboard follows it: told what is published, it keeps a log of events. Whatever it is told, it neither
 * fails nor waits: who publishes must not feel that somebody looks on.
 */
import { jsonRecord } from '../../connectors/bus/json-record.ts';
import type { Clock } from '../../connectors/clock/port.ts';
import { Candle } from '../../schemas/candle.ts';
import { messageOf } from '../../schemas/errors.ts';
import { FeatureRow } from '../../schemas/feature-row.ts';
import { FeedEvent } from '../../schemas/feed-event.ts';
import { LevelSet } from '../../schemas/level-set.ts';
import { MacroBias, SwingSignal } from '../../schemas/macro.ts';
import { PositionEvent } from '../../schemas/position-event.ts';
import { DAY_MS, floorTo, HOUR_MS, INTERVAL_MS, pairOf } from '../../schemas/primitives.ts';
import { ScalpSignal } from '../../schemas/scalp-signal.ts';
import type { TopicName } from '../../schemas/topics.ts';
import { decodeTradeBatch, newTradeColumns, readBatchKind } from '../../schemas/trade-batch.ts';
import type { BookState, Status, SwingState } from '../api.ts';
import { EventLog } from '../events/event-log.ts';
import { bookState, feedHealth, swingState } from '../view/books.ts';
import { MarketHistory } from './market-history.ts';
import type { MarketPorts } from './ports.ts';
import { Told } from './told.ts';

export interface MarketOptions extends MarketPorts {
  /** Of people: how often they are told of what always changes. */
  readonly realClock: Clock;
}

type Reader = (data: Uint8Array) => void;

/** Trades are told of so often. Unit: real ms. */
const FORMING_EVERY_MS = 250;
/** … and of the stack each so many times of that. */
const STATUS_EVERY = 4;

export class Market {
  readonly log: EventLog;
  readonly ports: MarketPorts;
  readonly history: MarketHistory;
  readonly told = new Told();
  readonly #realClock: Clock;
  readonly #startedMs: number;
  readonly #columns = newTradeColumns(1_024);
  /** Symbols with trades that were not told of yet. */
  readonly #moved = new Set<string>();
  readonly #stopping = new AbortController();
  readonly #running: Promise<void>;
  books: readonly BookState[] = [];
  swings: readonly SwingState[] = [];
  /** Of what was told last, so that only news is told. */
  #booksJson = '';

  constructor({ realClock, ...ports }: MarketOptions) {
    this.ports = ports;
    this.#realClock = realClock;
    this.#startedMs = realClock.now();
    // A thousand events a millisecond would be needed to reach the ids of a later start.
    this.log = new EventLog({ firstId: this.#startedMs * 1_000 });
    this.history = new MarketHistory(ports.history);
    this.#running = this.#run();
  }

  /** Told of messages as they are published. Never throws. */
  take(topic: TopicName, messages: readonly { readonly data: Uint8Array }[]): void {
    const reader = this.#readers[topic];
    if (reader === undefined || this.#stopping.signal.aborted) return;
    for (const { data } of messages) {
      try {
        reader(data);
      } catch (error) {
        this.notice(`A message of ${topic} is not shown: ${messageOf(error)}`);
      }
    }
  }

  notice(text: string): void {
    const notice = { ts: this.#realClock.now(), text };
    if (this.told.notices[0]?.text === text) return;
    this.told.notice(notice);
    this.log.add('notice', notice);
  }

  /** A picture of a signal was drawn. */
  charted(signalId: string, url: string): void {
    this.told.counts.charts += 1;
    this.log.add('chart', { signalId, url });
  }

  symbolOf(pair: string): string | undefined {
    return this.ports.symbols().find((symbol) => pairOf(symbol) === pair);
  }

  lastPrice(pair: string): number | null {
    const symbol = this.symbolOf(pair);
    return this.told.minutes.get(symbol ?? '')?.price ?? null;
  }

  status(): Status {
    const relay = this.ports.relay();
    const symbols = relay?.symbols ?? [];
    const sum = (of: (one: (typeof symbols)[number]) => number) =>
      symbols.reduce((all, one) => all + of(one), 0);
    return {
      marketTime: this.ports.clock.now(),
      // A clock may be put back.
      uptimeMs: Math.max(0, this.#realClock.now() - this.#startedMs),
      connected: symbols.every(({ connected, isHalted }) => connected || isHalted),
      tradesPerSecond: sum(({ rate }) => rate),
      trades: sum(({ publishedTrades }) => publishedTrades),
      reconnects: relay?.reconnects ?? 0,
      ...this.ports.numbers(),
      ...this.told.counts,
      refusals: { ...this.told.refusals },
    };
  }

  async close(): Promise<void> {
    this.#stopping.abort(true);
    await this.#running;
  }

  readonly #readers: Partial<Record<TopicName, Reader>> = {
    'raw-tick-data': (data) => this.#trades(data),
    'market-candles': (data) => this.#candle(jsonRecord(Candle, data).record),
    'market-levels': (data) => {
      const levels = jsonRecord(LevelSet, data).record;
      this.log.add('levels', levels, levels.pair);
    },
    'market-features': (data) => this.log.add('feature', jsonRecord(FeatureRow, data).record),
    'trade-signals-micro': (data) => {
      const item = this.told.signal(jsonRecord(ScalpSignal, data).record);
      if (item === null) return;
      this.told.counts.signals += 1;
      this.log.add('signal', item);
    },
    'position-events': (data) => this.#position(jsonRecord(PositionEvent, data).record),
    'macro-bias-updates': (data) => {
      const bias = jsonRecord(MacroBias, data).record;
      if (this.told.bias(bias)) this.log.add('bias', bias, bias.pair);
    },
    'trade-signals-macro': (data) => this.log.add('swing', jsonRecord(SwingSignal, data).record),
    'feed-events': (data) => this.log.add('feed', jsonRecord(FeedEvent, data).record),
    'dead-letters': () => {
      this.told.counts.deadLetters += 1;
    },
  };

  #trades(data: Uint8Array): void {
    if (readBatchKind(data) === 'bars') return;
    const batch = decodeTradeBatch(data, this.#columns);
    const { venue, symbol } = batch.header;
    if (venue !== this.ports.venue) return;
    const minutes = this.told.minutesOf(symbol, pairOf(symbol));
    for (let row = 0; row < batch.count; row++) {
      minutes.trade(batch.ts[row]!, batch.price(row), batch.size(row));
    }
    this.#moved.add(symbol);
  }

  #candle(candle: Candle): void {
    const { venue, symbol, interval } = candle;
    if (venue !== this.ports.venue) return;
    this.told.counts.candles += 1;
    const pair = pairOf(symbol);
    this.log.add('candle', { ...candle, pair });
    if (interval !== '1m') return;
    this.told.minute(candle);
    this.told.minutesOf(symbol, pair).closed(candle);
    this.#moved.add(symbol);
  }

  #position(event: PositionEvent): void {
    this.log.add('position', event);
    const item = this.told.position(event);
    if (item !== null) this.log.add('signal', item);
    const { kind, book, ts, equity } = event;
    if (kind === 'EXIT' && book !== undefined && typeof equity === 'number') {
      this.log.add('equity', { book, ts, equity });
    }
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    await this.#recall().catch((error: unknown) => this.notice(`The past is not shown: ${messageOf(error)}`));
    for (let turn = 0; !signal.aborted; turn++) {
      this.#tellForming();
      if (turn % STATUS_EVERY === 0)
        await this.#tellStatus().catch((error: unknown) => this.notice(messageOf(error)));
      await this.#realClock.until(this.#realClock.now() + FORMING_EVERY_MS, signal);
    }
  }

  /** What an earlier run knew. */
  async #recall(): Promise<void> {
    const { venue, clock } = this.ports;
    const fromMs = floorTo(clock.now(), INTERVAL_MS['4h']);
    const [minutes, biases] = await Promise.all([
      this.history.minutesSince(venue, fromMs),
      this.history.biases(),
    ]);
    for (const candle of minutes) {
      this.told.minute(candle);
      this.told.minutesOf(candle.symbol, pairOf(candle.symbol)).closed(candle);
    }
    for (const bias of biases) this.told.bias(bias);
    void this.#recallDay().catch((error: unknown) => this.notice(`The last day: ${messageOf(error)}`));
  }

  /** Hours that no history has yet, of one symbol after the other: the exchange has more to do than to tell us. */
  async #recallDay(): Promise<void> {
    const { venue, pastBars, clock, symbols } = this.ports;
    const toMs = floorTo(clock.now(), HOUR_MS);
    const span = { venue, interval: '1h', fromMs: toMs - DAY_MS - HOUR_MS, toMs } as const;
    for (const symbol of pastBars === null ? [] : symbols()) {
      if (this.#stopping.signal.aborted) return;
      const hours = await pastBars!({ ...span, symbol });
      this.told.hours.set(
        symbol,
        [...hours].sort((a, b) => a.openTime - b.openTime),
      );
    }
  }

  #tellForming(): void {
    for (const symbol of this.#moved) {
      const forming = this.told.minutes.get(symbol)?.forming();
      if (forming) this.log.add('forming', forming, forming.pair);
    }
    this.#moved.clear();
  }

  async #tellStatus(): Promise<void> {
    const { ports } = this;
    this.told.keepOnly(ports.symbols());
    this.log.add('status', this.status());
    const relay = ports.relay();
    if (relay?.problem) this.notice(relay.problem);
    this.log.add('health', { health: (relay?.symbols ?? []).map((stats) => feedHealth(ports.venue, stats)) });
    const [books, swings] = await Promise.all([ports.books(), ports.swings()]);
    this.books = books.map((book) => bookState(book, (pair) => this.lastPrice(pair)));
    this.swings = swings.map(swingState);
    const json = JSON.stringify([this.books, this.swings]);
    if (json === this.#booksJson) return;
    this.#booksJson = json;
    this.log.add('books', { books: [...this.books], swings: [...this.swings] });
  }
}
