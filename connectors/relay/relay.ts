/**
 * The relay: an exchange's WebSocket in; trade batches, a snapshot of each second, feed events and dead letters out.
 *
 * Memory is bounded: one flush is under way at a time; while the bus is slow, trades wait in their symbols' buffers,
 * and beyond `maxBufferedTrades` the socket is no longer read, so that the exchange's own buffers (and at last its
 * patience) carry the pressure. Seconds that pass meanwhile are published afterwards.
 */
import { ConfigError, messageOf } from '../../schemas/errors.ts';
import { closeAfter, type Venue } from '../../schemas/primitives.ts';
import type { TradeRow } from '../../schemas/trade-batch.ts';
import type { MessageBus, OutgoingMessage } from '../bus/port.ts';
import type { Clock } from '../clock/port.ts';
import { systemClock } from '../clock/system.ts';
import { BYBIT_PING } from '../exchanges/bybit/subscribe.ts';
import { ReconnectingSocket } from '../exchanges/socket.ts';
import { Feed } from './feed.ts';
import { cutByMinute, tradeMessage } from './messages.ts';
import { Publisher } from './publisher.ts';
import type { SymbolState } from './symbol-state.ts';

export interface RelayOptions {
  /** wss://stream.bybit.com/v5/public/linear, or the simulated exchange's `wsUrl`. */
  readonly url: string;
  readonly venue: Venue;
  readonly symbols: readonly string[];
  readonly bus: MessageBus;
  /** Market time: real time, or the simulated market's. */
  readonly clock: Clock;
  /** Time of pings, silence and retries; the machine's by default. */
  readonly networkClock?: Clock;
  /** Longest wait of a trade for its batch. Unit: market ms, at most 1000. */
  readonly batchMs?: number;
  readonly maxBufferedTrades?: number;
  /** Of the jitter of retries. */
  readonly seed?: number;
  /** Takes a sentence for people whenever the connection or the bus changes state. */
  readonly log?: (line: string) => void;
}

export interface SymbolStats {
  readonly symbol: string;
  readonly connected: boolean;
  /** Trades per second over the last ten. */
  readonly rate: number;
  /** Unit: market ms. */
  readonly lastTradeAgeMs: number | null;
  readonly lagMs: number | null;
  readonly publishedTrades: number;
}

export interface RelayStats {
  readonly symbols: readonly SymbolStats[];
  readonly reconnects: number;
  readonly bufferedTrades: number;
  readonly unreadableFrames: number;
  /** Why there is no connection, or why the bus refuses; null while all is well. */
  readonly problem: string | null;
}

export interface Relay {
  stats(): RelayStats;
  /** Publishes what was received, then closes the connection. @throws UpstreamError where the bus does not take it. */
  stop(): Promise<void>;
}

const LONGEST_BATCH_MS = 1_000;

/** Connects at once and never gives up. @throws ConfigError for what it cannot relay. */
export function startRelay(options: RelayOptions): Relay {
  if (options.venue !== 'bybit') {
    throw new ConfigError(`Expected venue bybit, got ${options.venue}: no other feed can be relayed yet.`);
  }
  const { batchMs = 100 } = options;
  if (!(Number.isInteger(batchMs) && batchMs >= 1 && batchMs <= LONGEST_BATCH_MS)) {
    throw new ConfigError(`Expected batchMs from 1 to ${LONGEST_BATCH_MS}, got ${batchMs}.`);
  }
  if (options.symbols.length === 0) throw new ConfigError('Expected symbols to relay, got none.');
  return new BybitRelay(options, batchMs);
}

class BybitRelay implements Relay {
  readonly #options: RelayOptions;
  readonly #batchMs: number;
  readonly #feed: Feed;
  readonly #socket: ReconnectingSocket;
  readonly #publisher: Publisher;
  readonly #stopping = new AbortController();
  readonly #running: Promise<void>;
  /** Ends the wait for the next batch: a second has just been proven, or the relay stops. */
  #wake = new AbortController();
  #isPaused = false;
  #problem: string | null = null;
  #stopped: Promise<void> | undefined;

  constructor(options: RelayOptions, batchMs: number) {
    const { url, venue, symbols, bus, clock, networkClock = systemClock, seed = 1, log = () => {} } = options;
    this.#options = options;
    this.#batchMs = batchMs;
    this.#publisher = new Publisher(bus, networkClock, this.#stopping.signal, log);
    const send = (frame: string) => this.#socket.send(frame);
    this.#feed = new Feed({ url, venue, symbols, now: () => clock.now(), networkClock, send });
    this.#socket = new ReconnectingSocket({
      url,
      clock: networkClock,
      seed,
      pingFrame: BYBIT_PING,
      onOpen: () => {
        this.#problem = null;
        log(`Connected to ${url}.`);
        this.#feed.opened();
      },
      onFrame: (frame) => this.#receive(frame),
      onDown: (reason, retryInMs) => {
        this.#problem = reason;
        log(`${reason} Next try in ${(retryInMs / 1000).toFixed(1)} s.`);
        this.#feed.closed(reason);
      },
    });
    this.#running = this.#run();
    // It fails only while stopping, perhaps before `stop` comes to wait for it; there the failure is told.
    this.#running.catch(() => {});
  }

  stats(): RelayStats {
    const now = this.#options.clock.now();
    return {
      symbols: this.#feed.states.map((state) => ({
        symbol: state.symbol,
        connected: this.#feed.isUp(state.symbol),
        rate: state.rate,
        lastTradeAgeMs: state.last ? Math.max(0, now - state.last.ts) : null,
        lagMs: state.lagMs,
        publishedTrades: state.publishedTrades,
      })),
      reconnects: Math.max(0, this.#feed.connections - 1),
      bufferedTrades: this.#feed.buffered,
      unreadableFrames: this.#feed.unreadable,
      problem: this.#publisher.problem ?? this.#problem,
    };
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    this.#stopping.abort();
    this.#wake.abort();
    await this.#socket.close();
    await this.#running;
    await this.#flush();
  }

  #receive(frame: string): void {
    // With a reason of its own, since making the default one (an error with its stack) costs more than the wake-up.
    if (this.#feed.frame(frame)) this.#wake.abort(true);
    const { maxBufferedTrades = 200_000 } = this.#options;
    if (this.#isPaused || this.#feed.buffered <= maxBufferedTrades) return;
    this.#isPaused = true;
    this.#socket.pause();
  }

  async #run(): Promise<void> {
    const { clock } = this.#options;
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      this.#wake = new AbortController();
      const nextBatch = closeAfter(clock.now(), this.#batchMs);
      await clock.until(nextBatch, this.#wake.signal);
      if (signal.aborted) return;
      await frameTurn();
      await this.#flush();
    }
  }

  /** Trades first: a snapshot tells of trades that are published already. */
  async #flush(): Promise<void> {
    const publisher = this.#publisher;
    await this.#publishTrades();
    await publisher.publish('book-snapshots', this.#feed.snapshots());
    await publisher.publish('feed-events', this.#feed.takeEvents());
    await publisher.publish('dead-letters', this.#feed.takeDeadLetters());
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#socket.resume();
  }

  async #publishTrades(): Promise<void> {
    const messages: OutgoingMessage[] = [];
    for (const state of this.#feed.states) {
      const trades = state.pending;
      if (trades.length === 0) continue;
      state.pending = [];
      this.#feed.buffered -= trades.length;
      for (const run of cutByMinute(trades)) {
        const message = this.#encode(state, run);
        if (!message) continue;
        messages.push(message);
        state.publishedTrades += run.length;
      }
    }
    await this.#publisher.publish('raw-tick-data', messages);
  }

  /** Null where the trades make no batch; they become a dead letter. */
  #encode(state: SymbolState, run: readonly TradeRow[]): OutgoingMessage | null {
    try {
      const { venue, symbol, last, since, publishedTrades: from } = state;
      return tradeMessage(venue, symbol, run, { last, since, from, sentAt: this.#options.clock.now() });
    } catch (error) {
      this.#feed.refuseTrades(run, messageOf(error));
      return null;
    }
  }
}

/** After a stall of the process, timers run before sockets are read: frames that wait in the socket come first. */
async function frameTurn(): Promise<void> {
  await new Promise(setImmediate);
  await new Promise(setImmediate);
}
