/**
 * The relay of one venue: sockets and REST in; trade batches, a snapshot of each second, feed events and dead letters
 * out. It owns sockets, requests, timers and the outbox; a Feed decides, from inputs that can be recorded. While the
 * outbox asks for it, sockets are not read: the exchange's own buffers (and at last its patience) carry the pressure.
 */
import { ConfigError, messageOf } from '../../schemas/errors.ts';
import type { Clock } from '../clock/port.ts';
import { systemClock } from '../clock/system.ts';
import type { VenueRest } from '../exchanges/venue.ts';
import { Feed } from '../feed/feed.ts';
import type { FeedCommand, FeedInput, Instant } from '../feed/feed-io.ts';
import { Refusals } from '../feed/refusals.ts';
import { type Outbox, openOutbox } from '../outbox/outbox.ts';
import type { Standby } from '../standby/standby.ts';
import type { StandbyOptions } from '../standby/standby-options.ts';
import { Alarms } from './alarm.ts';
import type { Relay, RelayOptions, RelayStats } from './relay-options.ts';
import { RelaySockets } from './relay-sockets.ts';
import { standBy, unpublishedSince } from './relay-standby.ts';

export type { Relay, RelayOptions, RelayStats } from './relay-options.ts';

const LONGEST_BATCH_MS = 1_000;
const PRESSURE_EVERY_MS = 100;

/** Connects at once and never gives up. @throws ConfigError for what it cannot relay, UpstreamError where the spill folder cannot be used. */
export async function startRelay(options: RelayOptions): Promise<Relay> {
  const { batchMs = 100, copies = 1, symbols } = options;
  if (!(Number.isInteger(batchMs) && batchMs >= 1 && batchMs <= LONGEST_BATCH_MS)) {
    throw new ConfigError(`Expected batchMs from 1 to ${LONGEST_BATCH_MS}, got ${batchMs}.`);
  }
  if (symbols.length === 0) throw new ConfigError('Expected symbols to relay, got none.');
  const relay = new VenueRelay(options, { batchMs, copies });
  try {
    await relay.start();
    return relay;
  } catch (error) {
    await relay.abandon();
    throw error;
  }
}

class VenueRelay implements Relay {
  readonly #options: RelayOptions;
  readonly #network: Clock;
  readonly #feed: Feed;
  readonly #rest: VenueRest;
  readonly #sockets: RelaySockets;
  readonly #stopping = new AbortController();
  readonly #alarms: Alarms;
  readonly #refusals: Refusals;
  readonly #inputs: FeedInput[] = [];
  #isApplying = false;
  #isPaused = false;
  #isEnded = false;
  #outbox: Outbox | undefined;
  #standby: Standby | undefined;
  readonly #startedMs: number;
  #stopped: Promise<void> | undefined;

  constructor(options: RelayOptions, { batchMs, copies }: { batchMs: number; copies: number }) {
    const { adapter, clock, networkClock = systemClock, seed = 1, log = () => {} } = options;
    this.#options = options;
    this.#network = networkClock;
    const startedAt = this.#now();
    this.#startedMs = startedAt.market;
    const start = { batchMs, copies, seed, startedAt };
    options.onStart?.(start);
    this.#feed = new Feed({ adapter, ...start });
    this.#rest = adapter.rest({ baseUrl: adapter.restUrl, clock: networkClock, seed });
    const give = (input: FeedInput) => this.#give(input);
    this.#sockets = new RelaySockets({ adapter, clock: networkClock, seed, log, give });
    this.#alarms = new Alarms({ market: clock, network: networkClock }, () => this.#give({ kind: 'tick' }));
    this.#refusals = new Refusals(log);
  }

  async start(): Promise<void> {
    const { adapter, bus, spillDir = null, log, symbols, outbox, standby } = this.#options;
    this.#outbox = await openOutbox({
      ...outbox,
      bus,
      spillDir,
      clock: this.#network,
      ...(log ? { log } : {}),
      isHeld: standby !== undefined,
      onDropped: ({ topic, messages }) => this.#give({ kind: 'dropped', topic, messages }),
    });
    const times = { nowMs: this.#startedMs, network: this.#network };
    const since = standby ? await unpublishedSince(standby, adapter.venue, times) : {};
    this.#give({ kind: 'symbols', symbols, since });
    if (standby) this.#standby = this.#standBy(standby, this.#outbox, since);
  }

  #standBy(options: StandbyOptions, outbox: Outbox, since: Readonly<Record<string, number>>): Standby {
    const { adapter, clock, log = () => {} } = this.#options;
    const symbols = () => this.#feed.stats(this.#now()).symbols;
    return standBy(options, {
      outbox,
      clock: this.#network,
      market: clock,
      startedMs: this.#startedMs,
      log,
      venue: adapter.venue,
      since,
      isWhole: () => symbols().every((each) => each.connected || each.isHalted),
      recovering: () => symbols().flatMap(({ openGaps, symbol }) => (openGaps > 0 ? symbol : [])),
    });
  }

  follow(symbols: readonly string[], halted: readonly string[] = []): void {
    this.#give({ kind: 'symbols', symbols, halted });
  }

  stats(): RelayStats {
    const connections = this.#sockets.stats();
    const outbox = this.#outbox!.stats();
    return {
      ...this.#feed.stats(this.#now()),
      venue: this.#options.adapter.venue,
      connections,
      reconnects: this.#sockets.reconnects,
      outbox,
      standby: this.#standby?.stats() ?? null,
      problem: outbox.lastError ?? connections.find(({ problem }) => problem !== null)?.problem ?? null,
    };
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop({ drainMs: withinMs = 8_000 } = this.#options): Promise<void> {
    this.#endTimers();
    await this.#sockets.close();
    this.#give({ kind: 'stop' });
    this.#isEnded = true;
    await (this.#standby ? this.#standby.stop(withinMs) : this.#outbox!.drain(withinMs));
  }

  /** Ends what a failed start has begun. */
  async abandon(): Promise<void> {
    this.#endTimers();
    this.#isEnded = true;
    await this.#sockets.close();
    await (this.#standby ? this.#standby.stop(0) : this.#outbox?.drain(0));
  }

  #endTimers(): void {
    this.#stopping.abort(true);
    this.#alarms.stop();
  }

  #now(): Instant {
    return { market: this.#options.clock.now(), network: this.#network.now() };
  }

  /** Inputs that come while one is being obeyed wait for its end. */
  #give(input: FeedInput): void {
    if (this.#isEnded) return;
    this.#inputs.push(input);
    if (this.#isApplying) return;
    this.#isApplying = true;
    try {
      for (let next = this.#inputs.shift(); next; next = this.#inputs.shift()) this.#apply(next);
    } finally {
      this.#isApplying = false;
    }
    this.#alarms.set(this.#feed.nextDue);
  }

  #apply(input: FeedInput): void {
    const at = this.#now();
    this.#options.onInput?.(input, at);
    const { commands, messages } = this.#feed.apply(input, at);
    if (messages.length > 0) this.#outbox!.put(messages);
    this.#options.onMessages?.(messages);
    this.#refusals.look(messages);
    for (const command of commands) {
      if (command.kind === 'fetch') void this.#fetch(command);
      else this.#sockets.obey(command);
    }
    this.#heedPressure();
  }

  async #fetch({ fetchId, symbol, from }: Extract<FeedCommand, { readonly kind: 'fetch' }>): Promise<void> {
    try {
      const trades = await this.#rest.trades({ symbol, from, signal: this.#stopping.signal });
      this.#give({ kind: 'fetched', fetchId, trades });
    } catch (error) {
      this.#give({ kind: 'unfetched', fetchId, reason: messageOf(error) });
    }
  }

  #heedPressure(): void {
    const isPaused = this.#outbox!.pressure() === 'pause' && !this.#stopping.signal.aborted;
    if (isPaused === this.#isPaused) return;
    this.#isPaused = isPaused;
    this.#give({ kind: 'paused', isPaused });
    this.#sockets.pause(isPaused);
    if (isPaused) void this.#awaitCalm();
  }

  /** Without frames nobody else would look. */
  async #awaitCalm(): Promise<void> {
    while (this.#isPaused && !this.#stopping.signal.aborted) {
      await this.#network.until(this.#network.now() + PRESSURE_EVERY_MS, this.#stopping.signal);
      this.#heedPressure();
    }
  }
}
