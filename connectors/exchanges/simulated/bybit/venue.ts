/** The simulated Bybit v5 linear without sockets: sessions, streams and REST over the simulated market. */
import type { Stream } from '../../market-event.ts';
import { Listing } from '../listing.ts';
import type { SimulatedMarket } from '../market.ts';
import { answerBybit } from '../rest.ts';
import {
  type Answer,
  frameOf,
  type SentRequest,
  type SessionEvents,
  type TwinFrame,
  type TwinSession,
  type TwinVenue,
} from '../venue.ts';
import type { VenueClock } from '../venue-clock.ts';
import type { BybitAccounts } from './private/accounts.ts';
import { BybitSession } from './session.ts';
import { BybitStream, type StreamOptions } from './stream.ts';

export interface BybitVenueOptions extends StreamOptions {
  readonly market: SimulatedMarket;
  readonly symbols: readonly string[];
  readonly clock: VenueClock;
  /** True time at which it begins. */
  readonly startMs: number;
  /** Default: nobody has one. */
  readonly accounts?: BybitAccounts | undefined;
}

const TOPIC = /^(publicTrade|orderbook\.(?:50|200|1000)|tickers|kline\.1)\.(\w+)$/;
const KINDS: Readonly<Record<string, Stream['kind']>> = {
  publicTrade: 'trades',
  'orderbook.50': 'book',
  'orderbook.200': 'book',
  'orderbook.1000': 'book',
  tickers: 'ticker',
  'kline.1': 'kline',
};

export class BybitVenue implements TwinVenue {
  readonly venue = 'bybit';
  readonly wsPath = '/v5/public/linear';
  readonly listings: ReadonlyMap<string, Listing>;
  refuses: (stream: Stream) => boolean = () => false;
  readonly #options: BybitVenueOptions;
  readonly #streams: ReadonlyMap<string, BybitStream>;
  readonly #sessions = new Map<BybitSession, SessionEvents>();
  #ms: number;
  #connections = 0;

  constructor(options: BybitVenueOptions) {
    const { market, symbols, clock, startMs } = options;
    this.#options = options;
    this.#ms = startMs;
    this.listings = new Map(symbols.map((symbol) => [symbol, new Listing(market.of(symbol), clock)]));
    const at = clock.at(startMs);
    options.accounts?.open(this.listings, at);
    this.#streams = new Map(
      Array.from(this.listings, ([symbol, listing]) => [symbol, new BybitStream(listing, at, options)]),
    );
  }

  connect(events: SessionEvents): TwinSession {
    const session: BybitSession = new BybitSession(
      {
        connection: `sim-${++this.#connections}`,
        send: (frame) => events.frame(frame),
        streamOf: (topic) => this.#streamOf(topic),
        refuses: (stream) => this.refuses(stream),
        first: (topic) => this.#streams.get(TOPIC.exec(topic)?.[2] ?? '')?.first(topic) ?? null,
      },
      this.#ms,
    );
    this.#sessions.set(session, events);
    return {
      receive: (text) => session.receive(text, this.#ms),
      isSubscribed: (stream) => [...session.topics].some((topic) => isOf(topic, stream)),
      close: () => void this.#sessions.delete(session),
    };
  }

  advanceTo(ms: number): void {
    this.#ms = ms;
    const wanted = new Set(Array.from(this.#sessions.keys(), ({ topics }) => [...topics]).flat());
    const out = {
      wants: (topic: string) => wanted.has(topic),
      send: (topic: string, frame: TwinFrame) => this.#broadcast(topic, frame),
    };
    const at = Math.floor(this.#options.clock.at(ms));
    this.#options.accounts?.advanceTo(at);
    for (const [symbol, stream] of this.#streams) {
      stream.advance(at, this.listings.get(symbol)!.status(ms) === 'closed', out);
    }
    for (const [session, events] of this.#sessions) if (session.isIdle(ms)) this.#cut(session, events);
  }

  answer(url: URL, ms: number, sent?: SentRequest): Promise<Answer | null> {
    if (!url.pathname.startsWith('/v5/')) return Promise.resolve(null);
    const { clock, klineOpen, accounts } = this.#options;
    if (accounts?.serves(url.pathname)) return Promise.resolve(accounts.answer(url, clock.at(ms), sent));
    const listed = Array.from(this.listings.values(), (listing) => ({ listing, status: listing.status(ms) }));
    return answerBybit({ listed, klineOpen }, url, clock.at(ms));
  }

  snapshot({ kind, symbol }: Stream): TwinFrame | null {
    // Of books of several depths, that which somebody has subscribed first.
    const topics = Array.from(this.#sessions.keys(), (session) => [...session.topics]).flat();
    const topic = topics.find((each) => isOf(each, { kind, symbol }));
    return topic === undefined ? null : (this.#streams.get(symbol)?.first(topic) ?? null);
  }

  unasked(ms: number): TwinFrame {
    const ts = this.#options.clock.at(ms);
    const [symbol = 'BTCUSDT'] = this.listings.keys();
    const data = [{ T: ts, s: symbol, S: 'Sell', v: '1', p: '1' }];
    const topic = `allLiquidation.${symbol}`;
    return frameOf('noise', JSON.stringify({ topic, type: 'snapshot', ts, data }));
  }

  restart(): void {
    for (const stream of this.#streams.values()) stream.restart();
  }

  /** Bybit says nothing of itself on its public streams. */
  announce(): void {}

  restamp(): void {
    for (const listing of this.listings.values()) listing.restamp();
  }

  #streamOf(topic: string): Stream | null {
    const [, name = '', symbol = ''] = TOPIC.exec(topic) ?? [];
    const kind = KINDS[name];
    const listing = this.listings.get(symbol);
    if (!kind || !listing || listing.status(this.#ms) === 'closed') return null;
    return { kind, symbol };
  }

  #broadcast(topic: string, frame: TwinFrame): void {
    for (const [session, events] of this.#sessions) if (session.topics.has(topic)) events.frame(frame);
  }

  #cut(session: BybitSession, events: SessionEvents): void {
    this.#sessions.delete(session);
    events.closed(1006, 'Nothing was subscribed, and nothing came, for 61 s.');
  }
}

function isOf(topic: string, { kind, symbol }: Stream): boolean {
  const [, name = '', of] = TOPIC.exec(topic) ?? [];
  return of === symbol && KINDS[name] === kind;
}
