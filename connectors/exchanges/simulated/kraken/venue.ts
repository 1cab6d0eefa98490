/** The simulated Kraken v2 without sockets: sessions, streams and REST over a market a little apart from Bybit's. */
import type { Stream } from '../../market-event.ts';
import { Listing } from '../listing.ts';
import type { SimulatedMarket } from '../market.ts';
import {
  type Answer,
  crosses,
  frameOf,
  type SessionEvents,
  streamName,
  type TwinFrame,
  type TwinSession,
  type TwinVenue,
} from '../venue.ts';
import type { VenueClock } from '../venue-clock.ts';
import { HEARTBEAT, statusFrame } from './frames.ts';
import { type KrakenInstrument, krakenMarket } from './instruments.ts';
import { answerKraken } from './rest.ts';
import { KrakenSession } from './session.ts';
import { KrakenStream } from './stream.ts';
import { type Subscription, streamOf } from './subscription.ts';
import { KrakenTape } from './tape.ts';

export interface KrakenVenueOptions {
  /** Whose path the pairs follow. */
  readonly market: SimulatedMarket;
  readonly seed: number;
  readonly symbols: readonly string[];
  readonly clock: VenueClock;
  /** True time at which it begins. */
  readonly startMs: number;
  /** How often a book may change. Unit: market ms. */
  readonly bookEveryMs: number;
}

interface Pair {
  readonly instrument: KrakenInstrument;
  readonly listing: Listing;
  readonly tape: KrakenTape;
  readonly stream: KrakenStream;
}

const HEARTBEAT_EVERY_MS = 1_000;

export class KrakenVenue implements TwinVenue {
  readonly venue = 'kraken';
  readonly wsPath = '/v2';
  readonly listings: ReadonlyMap<string, Listing>;
  refuses: (stream: Stream) => boolean = () => false;
  readonly #clock: VenueClock;
  readonly #pairs: ReadonlyMap<string, Pair>;
  readonly #sessions = new Map<KrakenSession, SessionEvents>();
  #ms: number;
  #system: 'online' | 'maintenance' = 'online';
  #connections = 0;

  constructor(options: KrakenVenueOptions) {
    this.#clock = options.clock;
    this.#ms = options.startMs;
    this.#pairs = new Map(options.symbols.map((symbol) => [symbol, pairOf(options, symbol)]));
    this.listings = new Map(Array.from(this.#pairs, ([symbol, { listing }]) => [symbol, listing]));
  }

  connect(events: SessionEvents): TwinSession {
    const session = new KrakenSession(
      {
        send: (frame) => events.frame(frame),
        now: () => this.#clock.at(this.#ms),
        isListed: (subscription) => this.#isListed(subscription),
        first: (subscription) => this.#pairs.get(subscription.symbol)?.stream.first(subscription) ?? null,
      },
      this.#ms,
    );
    this.#sessions.set(session, events);
    events.frame(frameOf('status', statusFrame(this.#system, ++this.#connections)));
    return {
      receive: (text) => session.receive(text, this.#ms),
      isSubscribed: (stream) =>
        Array.from(session.subscriptions.values(), streamOf).some(
          (each) => streamName(each) === streamName(stream),
        ),
      close: () => void this.#sessions.delete(session),
    };
  }

  advanceTo(ms: number): void {
    const before = this.#clock.at(this.#ms);
    this.#ms = ms;
    const wanted = new Map(
      Array.from(this.#sessions.keys(), ({ subscriptions }) => [...subscriptions]).flat(),
    );
    const out = { wanted, send: (name: string, frame: TwinFrame) => this.#broadcast(name, frame) };
    const at = this.#clock.at(ms);
    for (const { stream, listing } of this.#pairs.values()) {
      stream.advance(at, ms, listing.status(ms) === 'closed', out);
    }
    if (crosses(before, at, HEARTBEAT_EVERY_MS)) this.#beat();
    for (const [session, events] of this.#sessions) if (session.isIdle(ms)) this.#cut(session, events);
  }

  async answer(url: URL, ms: number): Promise<Answer | null> {
    if (!url.pathname.startsWith('/0/')) return null;
    const pairs = Array.from(this.#pairs.values(), (pair) => ({ ...pair, status: pair.listing.status(ms) }));
    const now = { trueMs: ms, ms: this.#clock.at(ms) };
    return answerKraken({ pairs, system: this.#system }, url, now);
  }

  snapshot(stream: Stream): TwinFrame | null {
    // Of books of several depths, that which somebody has subscribed first.
    const subscriptions = Array.from(this.#sessions.keys(), (session) => [...session.subscriptions.values()]);
    const asked = subscriptions.flat().find((each) => streamName(streamOf(each)) === streamName(stream));
    return asked ? (this.#pairs.get(stream.symbol)?.stream.first(asked) ?? null) : null;
  }

  unasked(): TwinFrame {
    return frameOf('noise', '{"channel":"instrument","type":"update","data":{"assets":[],"pairs":[]}}');
  }

  /** Kraken's books have no counters. */
  restart(): void {
    for (const { stream } of this.#pairs.values()) stream.restart();
  }

  announce(system: 'online' | 'maintenance'): void {
    this.#system = system;
    for (const events of this.#sessions.values()) {
      events.frame(frameOf('status', statusFrame(system, this.#connections)));
    }
  }

  restamp(): void {
    for (const { listing } of this.#pairs.values()) listing.restamp();
  }

  #isListed(subscription: Subscription): boolean {
    const pair = this.#pairs.get(subscription.symbol);
    if (!pair || pair.listing.status(this.#ms) === 'closed') return false;
    return !this.refuses(streamOf(subscription));
  }

  #broadcast(name: string, frame: TwinFrame): void {
    for (const [session, events] of this.#sessions) if (session.subscriptions.has(name)) events.frame(frame);
  }

  #beat(): void {
    for (const [session, events] of this.#sessions) {
      if (session.subscriptions.size > 0) events.frame(frameOf('heartbeat', HEARTBEAT));
    }
  }

  #cut(session: KrakenSession, events: SessionEvents): void {
    this.#sessions.delete(session);
    events.closed(1006, 'Nothing was subscribed, and nothing came, for 60 s.');
  }
}

/** @throws ConfigError where Kraken has no such pair. */
function pairOf(options: KrakenVenueOptions, symbol: string): Pair {
  const { market, instrument } = krakenMarket(options.market, options.seed, symbol);
  const { clock, startMs, bookEveryMs } = options;
  const listing = new Listing(market, clock);
  const tape = new KrakenTape(listing, startMs);
  const at = clock.at(startMs);
  const start = { from: at, to: at, trueMs: startMs };
  return { instrument, listing, tape, stream: new KrakenStream(listing, tape, start, bookEveryMs) };
}
