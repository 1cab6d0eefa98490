/** An exchange's bars of the past, fetched once: what was fetched stays in the state store. */
import type { VenueRest } from '../connectors/exchanges/venue.ts';
import type { StateStore } from '../connectors/state/port.ts';
import { candlesOf, keepNewest } from '../connectors/state/records.ts';
import type { CandleQuery } from '../functions/macro-engine/gather.ts';
import type { Candle } from '../schemas/candle.ts';
import { INTERVAL_MS } from '../schemas/primitives.ts';

export interface KeptKlinesOptions {
  readonly store: StateStore;
  readonly rest: Pick<VenueRest, 'klines'>;
  /** Ends requests under way. */
  readonly signal: AbortSignal;
}

export class KeptKlines {
  readonly #options: KeptKlinesOptions;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: KeptKlinesOptions) {
    this.#options = options;
  }

  /**
   * Asks the exchange, one request after the other, since nobody waits for the past and others wait for the present;
   * and keeps what it answers: a bar of our own, whose revision is higher, stays. @throws UpstreamError
   */
  fetch(query: CandleQuery): Promise<Candle[]> {
    const fetched = this.#turn.then(() => this.#fetch(query));
    this.#turn = fetched.catch(() => {});
    return fetched;
  }

  /** From the store where it has all of them, else from the exchange. Closed bars alone. @throws UpstreamError */
  async of(query: CandleQuery): Promise<Candle[]> {
    const { store } = this.#options;
    const known = await candlesOf(store, query);
    const wanted = (query.toMs - query.fromMs) / INTERVAL_MS[query.interval];
    if (known.filter(({ complete }) => complete).length >= wanted) return known;
    await this.fetch(query);
    return candlesOf(store, query);
  }

  async #fetch({ symbol, interval, fromMs, toMs }: CandleQuery): Promise<Candle[]> {
    const { store, rest, signal } = this.#options;
    const bars = await rest.klines({ symbol, interval, fromMs, toMs, signal });
    await Promise.all(bars.map((bar) => keepNewest(store, 'candle', bar)));
    return bars;
  }
}
