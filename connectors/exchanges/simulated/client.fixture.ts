/** Tests' client of a twin in virtual time: subscribes like the relay, keeps what it got, folds candles naively. */
import { MINUTE_MS } from '../../../schemas/primitives.ts';
import type { TradeRow } from '../../../schemas/trade-batch.ts';
import { bybitAdapter } from '../bybit/adapter.ts';
import { krakenAdapter } from '../kraken/adapter.ts';
import type { MarketEvent, Stream } from '../market-event.ts';
import type { VenueAdapter } from '../venue.ts';
import type { Fault } from './faults/faults.ts';
import type { TwinConnection } from './faults/roster.ts';
import { SimulatedMarket } from './market.ts';
import type { TruthBar } from './truth.ts';
import { ExchangeTwin, type TwinOptions } from './twin.ts';

export const START = Date.UTC(2026, 2, 1, 12);
export const SYMBOLS = { bybit: ['BTCUSDT', 'LTCUSDT'], kraken: ['BTC/USDT', 'LTC/USDT'] } as const;
type Name = keyof typeof SYMBOLS;

export const ADAPTERS: Readonly<Record<Name, VenueAdapter>> = {
  bybit: bybitAdapter({ bookDepth: 50 }),
  kraken: krakenAdapter({ bookDepth: 10 }),
};

export function twinOf(venue: Name, options: Partial<TwinOptions> = {}): ExchangeTwin {
  const market = new SimulatedMarket(1);
  return new ExchangeTwin({ venue, market, seed: 1, symbols: SYMBOLS[venue], startMs: START, ...options });
}

export interface Arrival {
  readonly atMs: number;
  readonly text: string;
}

export class Client {
  readonly arrivals: Arrival[] = [];
  readonly closed: { readonly code: number; readonly reason: string; readonly atMs: number }[] = [];
  readonly connection: TwinConnection;
  readonly #adapter: VenueAdapter;
  #requests = 0;

  constructor(twin: ExchangeTwin) {
    this.#adapter = ADAPTERS[twin.venue];
    const connection = twin.connect({
      frame: (text, atMs) => void this.arrivals.push({ text, atMs }),
      closed: (code, reason, atMs) => void this.closed.push({ code, reason, atMs }),
    });
    if ('status' in connection) throw new Error(`Refused with ${connection.status}.`);
    this.connection = connection;
  }

  subscribe(streams: readonly Stream[]): void {
    for (const { frame } of this.#adapter.subscribe(streams, () => ++this.#requests))
      this.connection.send(frame);
  }

  unsubscribe(streams: readonly Stream[]): void {
    for (const { frame } of this.#adapter.unsubscribe(streams, () => ++this.#requests))
      this.connection.send(frame);
  }

  subscribeAll(symbols: readonly string[]): this {
    this.subscribe(this.#adapter.streams.flatMap((kind) => symbols.map((symbol) => ({ kind, symbol }))));
    return this;
  }

  ping(): void {
    this.connection.send(this.#adapter.ping!.frame);
  }

  /** What the venue's own mapper reads of all that came. */
  events(arrivals: readonly Arrival[] = this.arrivals): MarketEvent[] {
    const mapper = this.#adapter.mapper();
    return arrivals.flatMap(({ text }) => mapper(text));
  }

  /** Live trades in the order in which they came. */
  trades(symbol: string, arrivals: readonly Arrival[] = this.arrivals): TradeRow[] {
    return this.events(arrivals).flatMap((event) =>
      event.kind === 'trades' && event.symbol === symbol && !event.isSnapshot ? event.trades : [],
    );
  }
}

/** A client of everything on a twin with these faults, after so many ms. */
export function run(venue: Name, faults: readonly Fault[], ms: number, options: Partial<TwinOptions> = {}) {
  const twin = twinOf(venue, options);
  twin.schedule(faults);
  const client = new Client(twin).subscribeAll(SYMBOLS[venue]);
  twin.advanceTo(START + ms);
  return { twin, client };
}

/** The candle that the trades of a minute make, added up one by one; null without any. */
export function candle(trades: readonly TradeRow[], minute: number): Omit<TruthBar, 'openTime'> | null {
  const mine = trades.filter(({ ts }) => Math.floor(ts / MINUTE_MS) === minute);
  if (mine.length === 0) return null;
  const prices = mine.map(({ price }) => price);
  return {
    open: prices[0]!,
    high: Math.max(...prices),
    low: Math.min(...prices),
    close: prices.at(-1)!,
    volume: Number(mine.reduce((sum, { size }) => sum + size, 0).toFixed(8)),
    trades: mine.length,
  };
}
