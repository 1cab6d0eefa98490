/**
 * One venue's feed: told of frames, answers of REST and the time, it answers with messages and commands. It knows no
 * bus and waits for nothing; the same inputs at the same instants give the same outputs, byte for byte.
 */
import { closeAfter } from '../../schemas/primitives.ts';
import type { VenueAdapter } from '../exchanges/venue.ts';
import { Random } from '../random.ts';
import { DeadLetters } from './dead-letters.ts';
import type { FeedInput, FeedOutput, Instant } from './feed-io.ts';
import type { FeedLink } from './feed-link.ts';
import { FeedLinks } from './feed-links.ts';
import { FeedOut } from './feed-out.ts';
import { type FeedStats, feedStats } from './feed-stats.ts';
import { FrameReader } from './frame-reader.ts';
import { Ledger } from './ledger.ts';
import type { Leg } from './leg.ts';
import type { LivenessOptions } from './liveness.ts';
import { SymbolFeed } from './symbol-feed.ts';

export interface FeedOptions {
  readonly adapter: VenueAdapter;
  /** Longest wait of a trade for its batch. Unit: market ms. Default 100. */
  readonly batchMs?: number;
  /** Connections that carry each stream. Default 1. */
  readonly copies?: number;
  readonly startedAt: Instant;
  /** Of the jitter of retries. */
  readonly seed?: number;
  readonly liveness?: Partial<LivenessOptions>;
}

/** How often time alone is looked at: proofs, silence, retries. Unit: network ms. */
const LOOK_EVERY_MS = 100;
const SECOND = 1_000;

export class Feed {
  readonly #adapter: VenueAdapter;
  readonly #batchMs: number;
  readonly #random: Random;
  readonly #out = new FeedOut();
  readonly #ledger: Ledger;
  readonly #letters: DeadLetters;
  readonly #links: FeedLinks;
  readonly #reader: FrameReader;
  readonly #symbols = new Map<string, SymbolFeed>();
  /** Of the symbol that each request is for. */
  readonly #fetches = new Map<number, SymbolFeed>();
  /** Start of the numbering of each symbol that has been removed. */
  readonly #removed = new Map<string, number>();
  #fetchIds = 0;
  #isStarted = false;
  #hasPending = false;
  #nextBatch: number;
  #nextLook: number;

  constructor({ adapter, batchMs = 100, copies = 1, startedAt, seed = 1, liveness = {} }: FeedOptions) {
    this.#adapter = adapter;
    this.#batchMs = batchMs;
    this.#random = new Random(seed);
    this.#nextBatch = closeAfter(startedAt.market, batchMs);
    this.#nextLook = startedAt.network + LOOK_EVERY_MS;
    this.#ledger = new Ledger(adapter.venue, this.#out);
    this.#letters = new DeadLetters(adapter.wsUrl, this.#out);
    this.#links = new FeedLinks({ adapter, copies, liveness }, this.#out, {
      feedOf: (symbol) => this.#symbols.get(symbol)!,
      onGivenUp: (link, reason, at) => this.#closed(link, reason, at),
      onLeft: (leg, link, at) => this.#left(leg, link, at),
      onStale: (link, leg, kind, at) => this.#reader.stale(link, leg, kind, at),
    });
    this.#reader = new FrameReader({
      adapter,
      links: this.#links,
      ledger: this.#ledger,
      letters: this.#letters,
    });
  }

  /** @throws ConfigError where no connection can carry the symbols' streams. */
  apply(input: FeedInput, at: Instant): FeedOutput {
    if (input.kind === 'frame') this.#frame(input.connection, input.frame, at);
    else this.#other(input, at);
    if (at.market >= this.#nextBatch) this.#flush(at);
    if (at.network >= this.#nextLook) this.#look(at);
    return this.#out.take();
  }

  /** A tick is wanted as soon as one of the two clocks shows this. */
  get nextDue(): Instant {
    const batch = this.#nextBatch;
    const second = Math.ceil(batch / SECOND) * SECOND;
    return { market: this.#hasPending ? batch : second, network: this.#nextLook };
  }

  stats(at: Instant): FeedStats {
    return feedStats(this.#symbols.values(), this.#links.all, this.#letters, this.#reader.clockOffsetMs, at);
  }

  #frame(connection: number, text: string, at: Instant): void {
    const link = this.#links.get(connection);
    if (!link?.isOpen) {
      this.#letters.counted('frames of a connection that was given up');
      return;
    }
    const due = this.#reader.read(link, text, at);
    this.#hasPending = true;
    for (const feed of due) feed.flush(at);
  }

  #other(input: Exclude<FeedInput, { readonly kind: 'frame' }>, at: Instant): void {
    switch (input.kind) {
      case 'symbols':
        this.#want(input, at);
        break;
      case 'opened':
        this.#opened(input.connection, at);
        break;
      case 'closed':
        this.#closed(this.#links.get(input.connection), input.reason, at);
        break;
      case 'paused':
        this.#links.paused(input.isPaused, at);
        break;
      case 'fetched':
        this.#answered(input.fetchId)?.fetched(input.trades, at);
        this.#hasPending = true;
        break;
      case 'unfetched':
        this.#answered(input.fetchId)?.unfetched(at);
        break;
      case 'dropped':
        this.#reader.dropped(input.topic, input.messages, this.#symbols, at);
        break;
      case 'stop':
        this.#flush(at);
        break;
      case 'tick':
    }
  }

  #opened(connection: number, at: Instant): void {
    const link = this.#links.get(connection);
    if (!link) return;
    if (link.isOpen) this.#closed(link, 'A new session has begun.', at);
    link.opened(at);
    this.#links.send(link, at);
  }

  #closed(link: FeedLink | undefined, reason: string, at: Instant): void {
    if (!link) return;
    for (const { feed } of link.legs.values()) {
      if (this.#symbols.get(feed.symbol) === feed) feed.down(link, link.connection, reason, at);
    }
    link.closed(reason);
  }

  /** Of a symbol that is gone nothing is told any more. */
  #left({ feed }: Leg, link: FeedLink, at: Instant): void {
    if (this.#symbols.get(feed.symbol) === feed) feed.left(link, link.connection, at);
  }

  #answered(fetchId: number): SymbolFeed | undefined {
    const feed = this.#fetches.get(fetchId);
    this.#fetches.delete(fetchId);
    return feed;
  }

  #want(
    { symbols, halted = [], since = {} }: Extract<FeedInput, { readonly kind: 'symbols' }>,
    at: Instant,
  ): void {
    const wanted = new Set(symbols);
    for (const feed of [...this.#symbols.values()]) if (!wanted.has(feed.symbol)) this.#remove(feed, at);
    for (const symbol of wanted) if (!this.#symbols.has(symbol)) this.#add(symbol, since[symbol], at);
    this.#isStarted = true;
    this.#links.want([...wanted], at);
    for (const feed of this.#symbols.values()) this.#halt(feed, halted.includes(feed.symbol), at);
  }

  #add(symbol: string, wantedMs: number | undefined, at: Instant): void {
    // Each numbering of trades has a start of its own, also where a symbol leaves and comes back within a millisecond.
    const since = Math.max(at.market, (this.#removed.get(symbol) ?? 0) + 1);
    const feed = new SymbolFeed({
      adapter: this.#adapter,
      symbol,
      since,
      wantedMs,
      random: this.#random,
      out: this.#out,
      ledger: this.#ledger,
      letters: this.#letters,
      fetch: (from) => this.#fetch(feed, from),
    });
    this.#symbols.set(symbol, feed);
    if (this.#isStarted)
      this.#ledger.write(symbol, at.market, { kind: 'ADDED', cause: 'it is wanted', resolved: true });
  }

  #remove(feed: SymbolFeed, at: Instant): void {
    feed.ended(at);
    this.#symbols.delete(feed.symbol);
    this.#removed.set(feed.symbol, feed.state.since);
    for (const [fetchId, asking] of this.#fetches) if (asking === feed) this.#fetches.delete(fetchId);
    this.#ledger.write(feed.symbol, at.market, {
      kind: 'REMOVED',
      cause: 'it is not wanted',
      resolved: true,
    });
  }

  #halt(feed: SymbolFeed, isHalted: boolean, at: Instant): void {
    if (feed.isHalted === isHalted) return;
    feed.isHalted = isHalted;
    const cause = isHalted ? 'the exchange does not trade it' : 'the exchange trades it again';
    this.#ledger.write(feed.symbol, at.market, { kind: 'HALTED', cause, resolved: !isHalted });
  }

  #fetch(feed: SymbolFeed, from: number): void {
    const fetchId = this.#fetchIds++;
    this.#fetches.set(fetchId, feed);
    this.#out.command({ kind: 'fetch', fetchId, symbol: feed.symbol, from });
  }

  #flush(at: Instant): void {
    for (const feed of this.#symbols.values()) feed.flush(at);
    this.#hasPending = false;
    this.#nextBatch = closeAfter(at.market, this.#batchMs);
  }

  #look(at: Instant): void {
    this.#links.tick(at);
    for (const feed of this.#symbols.values()) {
      feed.tick(at);
      // A second that nothing proves is over all the same after a while.
      if (feed.isDue(at)) feed.flush(at);
    }
    this.#nextLook = Math.max(at.network + 1, Math.min(at.network + LOOK_EVERY_MS, this.#links.nextDue));
  }
}
