/** Orders by the name we gave them: each is placed once, whatever answer is lost and however often it is asked for. */
import { UpstreamError } from '../../../schemas/errors.ts';
import type { OrderState, Placing } from '../port.ts';
import type { BybitApi } from './api.ts';
import { CODES } from './codes.ts';
import { orderState } from './rows.ts';
import { OrderPage } from './wire.ts';

export interface NamedOrder {
  readonly symbol: string;
  readonly orderLinkId: string;
  readonly [field: string]: unknown;
}

const LINEAR = { category: 'linear' } as const;
/** Where an order may be: open, over since a short time, over. In the order in which it goes from one to the next. */
const PLACES = [
  ['/v5/order/realtime', {}],
  ['/v5/order/realtime', { openOnly: 1 }],
  ['/v5/order/history', {}],
] as const;
/** Times that an order is sent whose answer is lost. */
const ATTEMPTS = 3;
const KNOWN: Placing = { kind: 'placed', isKnown: true };

export class NamedOrders {
  readonly #api: BybitApi;

  constructor(api: BybitApi) {
    this.#api = api;
  }

  /** One place after the other, so that an order on its way from one to the next is not missed. */
  async find(symbol: string, clientId: string): Promise<OrderState | null> {
    for (const place of PLACES) {
      const state = await this.#look(place, symbol, clientId);
      if (state) return state;
    }
    return null;
  }

  /**
   * Looks first whether it is known, in all places at once and while `prepare` runs: Bybit promises to refuse a second
   * order of a name, but not for how long. What only reduces is sent also where nobody can look: to hold on would be
   * worse. `prepare` tells why the order cannot be, or null.
   */
  async placeOnce(order: NamedOrder, prepare: () => Promise<string | null>): Promise<Placing> {
    const { symbol, orderLinkId } = order;
    const looks = PLACES.map((place) => this.#look(place, symbol, orderLinkId).catch(orElse(order)));
    const [reason, ...found] = await Promise.all([prepare(), ...looks]);
    if (found.some((state) => state !== null)) return KNOWN;
    return reason === null ? this.#create(order) : { kind: 'refused', reason };
  }

  /** Sent again where the answer is lost and the exchange does not know the order: it takes one of them. */
  async #create(order: NamedOrder): Promise<Placing> {
    const { symbol, orderLinkId } = order;
    for (let attempt = 1; ; attempt++) {
      try {
        const refusal = await this.#api.post('/v5/order/create', { ...LINEAR, positionIdx: 0, ...order }, 1);
        if (!refusal) return { kind: 'placed', isKnown: false };
        if (refusal.code === CODES.known) return KNOWN;
        // One that is known may be refused for what it has done itself: used the money, closed the position.
        return (await this.find(symbol, orderLinkId)) ? KNOWN : { kind: 'refused', reason: refusal.reason };
      } catch (error) {
        if (!(error instanceof UpstreamError)) throw error;
        if (await this.find(symbol, orderLinkId)) return KNOWN;
        if (attempt === ATTEMPTS) throw error;
      }
    }
  }

  async #look(
    [path, which]: (typeof PLACES)[number],
    symbol: string,
    clientId: string,
  ): Promise<OrderState | null> {
    const query = { ...LINEAR, symbol, orderLinkId: clientId, ...which };
    const { list } = await this.#api.get(path, query, OrderPage);
    const row = list.find(({ orderLinkId }) => orderLinkId === clientId);
    return row ? orderState(row) : null;
  }
}

/** @throws the error, of an order that may open something. */
function orElse({ reduceOnly }: NamedOrder): (error: unknown) => null {
  return (error) => {
    if (reduceOnly === true && error instanceof UpstreamError) return null;
    throw error;
  };
}
