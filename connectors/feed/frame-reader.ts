/** What each frame of a connection, and its absence, means for its symbols. */

import { BookSnapshot } from '../../schemas/book-snapshot.ts';
import { messageOf } from '../../schemas/errors.ts';
import { streamKey } from '../../schemas/primitives.ts';
import type { TopicName } from '../../schemas/topics.ts';
import type { OutgoingMessage } from '../bus/port.ts';
import type {
  BookEvent,
  ControlEvent,
  DataEvent,
  KlineEvent,
  MarketEvent,
  RefusalEvent,
  Stream,
  StreamKind,
  TickerEvent,
  TradesEvent,
} from '../exchanges/market-event.ts';
import type { VenueAdapter } from '../exchanges/venue.ts';
import { ClockOffset } from './clock-offset.ts';
import type { DeadLetters } from './dead-letters.ts';
import type { Instant } from './feed-io.ts';
import type { FeedLink } from './feed-link.ts';
import type { FeedLinks } from './feed-links.ts';
import type { Ledger } from './ledger.ts';
import type { Leg } from './leg.ts';
import type { SymbolFeed } from './symbol-feed.ts';

export interface FrameReaderOptions {
  readonly adapter: VenueAdapter;
  readonly links: FeedLinks;
  readonly ledger: Ledger;
  readonly letters: DeadLetters;
}

const NONE: readonly SymbolFeed[] = [];
/** A book without a snapshot for so long is asked for again. Unit: network ms. */
const SNAPSHOT_WAIT_MS = 10_000;

export class FrameReader {
  readonly #options: FrameReaderOptions;
  readonly #clock = new ClockOffset();

  constructor(options: FrameReaderOptions) {
    this.#options = options;
  }

  /** See ClockOffset. Unit: ms. */
  get clockOffsetMs(): number | null {
    return this.#clock.offsetMs;
  }

  /** Symbols of which a second is over by the frame. */
  read(link: FeedLink, text: string, at: Instant): readonly SymbolFeed[] {
    link.lastFrameAt = at.network;
    let events: readonly MarketEvent[];
    try {
      events = link.map(text);
    } catch (error) {
      this.#refuse(text, messageOf(error), at);
      this.#doubt(link, text, at);
      return NONE;
    }
    let due = NONE;
    for (const event of events) {
      if (!('ts' in event)) this.#control(link, event, text, at);
      else if (this.#data(link, event, text, at)) due = [...due, link.legs.get(event.symbol)!.feed];
    }
    return due;
  }

  /** A stream has been silent for longer than is like it. */
  stale(link: FeedLink, leg: Leg, kind: StreamKind, at: Instant): void {
    const stream = leg.streams[kind];
    const { symbol, state, gaps } = leg.feed;
    const cause = `no ${kind} on connection ${link.connection} for longer than is like this market`;
    this.#options.ledger.write(symbol, at.market, { kind: 'STALE', cause, from: state.last?.ts ?? null });
    stream.stale(at.network);
    if (kind === 'trades') gaps.suspect(link, cause);
    link.subscriptions.renew({ kind, symbol });
    this.#options.links.send(link, at);
  }

  /** Snapshots that nobody will get; claims stand for them. */
  dropped(
    topic: TopicName,
    messages: readonly OutgoingMessage[],
    symbols: ReadonlyMap<string, SymbolFeed>,
    at: Instant,
  ): void {
    const { adapter, ledger } = this.#options;
    for (const feed of symbols.values()) {
      const key = streamKey(adapter.venue, feed.symbol);
      const own = messages.filter(({ orderingKey }) => orderingKey === key);
      if (own.length === 0) continue;
      const starts = topic === 'book-snapshots' ? own.map((message) => drop(feed, message)) : [];
      ledger.write(feed.symbol, at.market, {
        kind: 'DROPPED',
        cause: `the bus was away: ${own.length} of ${topic} were not published`,
        from: starts.length > 0 ? Math.min(...starts) : null,
        to: starts.length > 0 ? Math.max(...starts) + 1_000 : null,
        resolved: true,
      });
    }
  }

  /** What cannot be read and speaks of trades may have held some. */
  #doubt(link: FeedLink, text: string, at: Instant): void {
    if (!/trade/i.test(text)) return;
    for (const { feed } of link.legs.values())
      if (text.includes(feed.symbol)) feed.gaps.doubt(link, 'a frame of its trades could not be read', at);
  }

  /** True where a second of the symbol is over by it. */
  #data(link: FeedLink, event: DataEvent, text: string, at: Instant): boolean {
    const leg = link.legs.get(event.symbol);
    if (!leg) return this.#stray(link, event, text, at);
    const stream = leg.streams[event.kind];
    if (!stream.isProven) {
      if (this.#proves(link, event)) this.#subscribed(link, leg, event.kind, at, event.ts);
      // What is under way while a stream is asked for anew is as true as ever; only, it proves no subscription.
      else if (!link.subscriptions.knows(event)) return this.#stray(link, event, text, at);
    }
    link.stamped(event.ts, at.market);
    this.#clock.add(event.ts, at.market);
    stream.heard(at.network);
    if (event.kind === 'trades') this.#trades(leg, event, at);
    else if (event.kind === 'book') this.#book(link, leg, event, at);
    else if (event.kind === 'ticker') this.#ticker(leg, event, at);
    else this.#kline(leg, event, at);
    // A connection without the trades says nothing of when they have all come.
    if (!link.hasTrades) return leg.feed.isDue(at);
    return leg.feed.stamped(Math.min(event.ts, link.proven), at);
  }

  /** Data may come before the answer to the request, and prove the subscription as well. */
  #proves(link: FeedLink, { kind, symbol }: DataEvent): boolean {
    const stream = { kind, symbol };
    return link.subscriptions.proven(stream) || link.subscriptions.isSubscribed(stream);
  }

  /** What was under way when its stream was given up is no surprise. */
  #stray(link: FeedLink, { kind, symbol }: DataEvent, text: string, at: Instant): false {
    if (!link.subscriptions.knows({ kind, symbol })) {
      this.#refuse(text, `Expected a stream that was subscribed, got ${kind} of ${symbol}.`, at);
    }
    return false;
  }

  #trades(leg: Leg, event: TradesEvent, at: Instant): void {
    const { feed } = leg;
    if (feed.trades(event, at) === 0 || feed.legs.size === 1) return;
    // What one connection brings, the others owe.
    for (const other of feed.legs) if (other !== leg) other.owesTrade(at.network);
  }

  #book(link: FeedLink, { feed, streams: { book: stream } }: Leg, event: BookEvent, at: Instant): void {
    const fault = feed.books.apply(link, event, at.market);
    // The snapshot that was asked for may be under way.
    if (!fault || (fault === 'empty' && at.network < stream.askedAt + SNAPSHOT_WAIT_MS)) return;
    stream.askedAt = at.network;
    feed.books.resyncs++;
    const cause = `book ${fault} on connection ${link.connection}`;
    this.#options.ledger.write(feed.symbol, at.market, { kind: 'RESYNC', cause, from: at.market });
    this.#renew(link, { kind: 'book', symbol: feed.symbol }, at);
  }

  #ticker(leg: Leg, event: TickerEvent, at: Instant): void {
    leg.feed.state.applyTicker(event.isSnapshot, event.change);
    this.#witness(leg, leg.tickerTells(event, at.network), at);
  }

  #kline(leg: Leg, event: KlineEvent, at: Instant): void {
    this.#witness(leg, leg.klineTells(event, at.network), at);
    leg.feed.kline(event, at);
  }

  /** @param since When a trade was that someone tells of; null where nobody does. */
  #witness({ feed, streams }: Leg, since: number | null, at: Instant): void {
    if (since !== null && !feed.isHalted && feed.witness.told(since))
      streams.trades.liveness.owed(at.network);
  }

  #control(link: FeedLink, event: ControlEvent, text: string, at: Instant): void {
    link.unstamped(at.market, this.#clock);
    if (event.kind === 'ack') {
      for (const stream of link.subscriptions.acknowledged(event)) this.#acknowledged(link, stream, at);
    } else if (event.kind === 'refusal') this.#refusal(link, event, text, at);
    else if (event.kind === 'goodbye') this.#options.links.reconnect(link, event.reason, at);
    else if (event.kind === 'status') link.problem = event.isOnline ? null : event.what;
    else if (event.kind === 'unknown') {
      this.#refuse(text, `Expected a topic that was subscribed, got ${event.what}.`, at);
    }
    this.#options.links.send(link, at);
  }

  #refusal(link: FeedLink, event: RefusalEvent, text: string, at: Instant): void {
    const { subscribed, refused } = link.subscriptions.refused(event, at.network);
    for (const stream of subscribed) this.#acknowledged(link, stream, at);
    for (const { kind, symbol } of refused) {
      this.#options.ledger.write(symbol, at.market, { kind: 'REFUSED', cause: `${kind}: ${event.reason}` });
    }
    if (event.isSubscribed) return;
    this.#refuse(text, `Expected a subscription to be taken, got refused: ${event.reason}.`, at);
  }

  #acknowledged(link: FeedLink, { kind, symbol }: Stream, at: Instant): void {
    const leg = link.legs.get(symbol);
    if (leg) this.#subscribed(link, leg, kind, at, Number.NEGATIVE_INFINITY);
  }

  /** @param stamp When the exchange sent the first data, where they are the first word. */
  #subscribed(link: FeedLink, leg: Leg, kind: StreamKind, at: Instant, stamp: number): void {
    leg.streams[kind].subscribed(at.network);
    if (kind !== 'trades' || leg.feed.gaps.continuity.isUpOn(link)) return;
    if (stamp > 0) link.stamped(stamp, at.market);
    this.#options.ledger.write(leg.feed.symbol, at.market, {
      kind: 'CONNECTED',
      resolved: true,
      cause: `trades of ${this.#options.adapter.wsUrl} on connection ${link.connection}`,
    });
    leg.feed.up(link, at);
  }

  #renew(link: FeedLink, stream: Stream, at: Instant): void {
    link.subscriptions.renew(stream);
    link.legs.get(stream.symbol)!.streams[stream.kind].isProven = false;
    this.#options.links.send(link, at);
  }

  #refuse(text: string, reason: string, at: Instant): void {
    this.#options.letters.refuse(text, reason, groupOf(reason), at.market);
  }
}

/** A reason without what it got, which differs from frame to frame. */
function groupOf(reason: string): string {
  const end = reason.indexOf(', got');
  return (end < 0 ? reason : reason.slice(0, end)).slice(0, 100);
}

/** Start of the snapshot's second. */
function drop(feed: SymbolFeed, { data }: OutgoingMessage): number {
  const { ts, connected } = BookSnapshot.parse(JSON.parse(new TextDecoder().decode(data)));
  feed.dropped(ts, ts + 1_000, connected);
  return ts;
}
