/** Broker on an account of Bybit (v5, linear USDT perpetuals, one-way positions), of its testnet, or of the twin. */
import { ConfigError, InvariantError, UpstreamError } from '../../../schemas/errors.ts';
import { DAY_MS, HOUR_MS } from '../../../schemas/primitives.ts';
import type { Clock } from '../../clock/port.ts';
import { type BrokerConfig, type BrokerKeys, hostOf } from '../config.ts';
import type {
  BracketOrder,
  Broker,
  CloseOrder,
  Fill,
  HeldPosition,
  Instrument,
  OrderState,
  Placing,
} from '../port.ts';
import { quantise, quantisedClose } from '../quantise.ts';
import { BybitApi } from './api.ts';
import { CODES, OVER } from './codes.ts';
import { keyWarnings } from './key.ts';
import { NamedOrders } from './named-orders.ts';
import { pages } from './pages.ts';
import { fillsOf, heldPosition, orderState } from './rows.ts';
import { ExecutionPage, InstrumentPage, KeyInfo, OrderPage, PositionPage } from './wire.ts';

export interface BybitBrokerOptions {
  readonly config: BrokerConfig;
  readonly keys: BrokerKeys;
  readonly clock: Clock;
  /** Of the jitter of retries. */
  readonly seed?: number;
}

export interface BybitBroker extends Broker {
  /** What a person should know of the API key. @throws ConfigError where it may not trade, UpstreamError */
  check(): Promise<readonly string[]>;
}

const LINEAR = { category: 'linear' } as const;
const ALL = { ...LINEAR, settleCoin: 'USDT' } as const;
const CLIENT_ID = /^[A-Za-z0-9_-]{1,36}$/;
/** Instruments change now and then. */
const INSTRUMENT_LASTS_MS = HOUR_MS;
/** Longest span that is told at once, and how far back the exchange remembers. */
const WEEK_MS = 7 * DAY_MS;
const MEMORY_MS = 2 * 365 * DAY_MS;

/** @throws ConfigError where the settings do not let orders leave. */
export function bybitBroker(options: BybitBrokerOptions): BybitBroker {
  return new BybitAccount(options, hostOf(options.config));
}

class BybitAccount implements BybitBroker {
  readonly name: string;
  readonly #api: BybitApi;
  readonly #orders: NamedOrders;
  readonly #clock: Clock;
  readonly #instruments = new Map<string, { readonly instrument: Instrument; readonly ms: number }>();

  constructor({ config, keys, clock, seed = 0 }: BybitBrokerOptions, baseUrl: string) {
    this.name = `bybit-${config.network}`;
    this.#clock = clock;
    this.#api = new BybitApi({ baseUrl, keys, clock, seed, recvWindowMs: config.recvWindowMs });
    this.#orders = new NamedOrders(this.#api);
  }

  async instrument(symbol: string): Promise<Instrument> {
    const known = this.#instruments.get(symbol);
    const ms = this.#clock.now();
    if (known && ms - known.ms < INSTRUMENT_LASTS_MS) return known.instrument;
    const { list } = await this.#api.get(
      '/v5/market/instruments-info',
      { ...LINEAR, symbol },
      InstrumentPage,
    );
    const row = list.find((each) => each.symbol === symbol);
    if (!row)
      throw new ConfigError(`Expected a USDT perpetual of ${this.name}, got ${symbol}. Check the symbol.`);
    const { qtyStep: lot, minOrderQty: minSize, minNotionalValue: minNotional = 0 } = row.lotSizeFilter;
    const instrument = { symbol, tick: row.priceFilter.tickSize, lot, minSize, minNotional };
    this.#instruments.set(symbol, { instrument, ms });
    return instrument;
  }

  async place(order: BracketOrder): Promise<Placing> {
    const { clientId, symbol, side, lives, leverage } = order;
    checkId(clientId);
    const quantised = quantise(order, await this.instrument(symbol));
    if ('refused' in quantised) return { kind: 'refused', reason: quantised.refused };
    const { size, limit, tp, sl } = quantised;
    const bracket = {
      symbol,
      side: side === 'LONG' ? 'Buy' : 'Sell',
      orderType: 'Limit',
      qty: size,
      price: limit,
      timeInForce: lives === 'now' ? 'IOC' : 'PostOnly',
      orderLinkId: clientId,
      reduceOnly: false,
      takeProfit: tp,
      stopLoss: sl,
      tpslMode: 'Full',
      tpTriggerBy: 'LastPrice',
      slTriggerBy: 'LastPrice',
    };
    return this.#orders.placeOnce(bracket, () => this.#setLeverage(symbol, leverage));
  }

  async closeAtMarket(order: CloseOrder): Promise<Placing> {
    const { clientId, symbol, side } = order;
    checkId(clientId);
    const quantised = quantisedClose(order, await this.instrument(symbol));
    if ('refused' in quantised) return { kind: 'refused', reason: quantised.refused };
    const close = {
      symbol,
      side: side === 'LONG' ? 'Sell' : 'Buy',
      orderType: 'Market',
      qty: quantised.size,
      orderLinkId: clientId,
      reduceOnly: true,
    };
    return this.#orders.placeOnce(close, async () => null);
  }

  async cancel(symbol: string, clientId: string): Promise<void> {
    const refusal = await this.#api.post('/v5/order/cancel', { ...LINEAR, symbol, orderLinkId: clientId });
    if (refusal && !OVER.includes(refusal.code)) {
      throw new UpstreamError(`Bybit did not cancel ${clientId} of ${symbol}: ${refusal.reason}.`);
    }
  }

  order(symbol: string, clientId: string): Promise<OrderState | null> {
    return this.#orders.find(symbol, clientId);
  }

  async openOrders(): Promise<readonly OrderState[]> {
    const rows = await pages(
      this.#api,
      '/v5/order/realtime',
      { ...ALL, orderFilter: 'Order', limit: 50 },
      OrderPage,
    );
    // Those without a name were made by hand, and are nobody's here.
    const ours = rows.filter(
      ({ orderLinkId, stopOrderType }) => orderLinkId !== '' && ['', 'UNKNOWN'].includes(stopOrderType),
    );
    return ours.map(orderState).filter(({ status }) => status === 'open');
  }

  async positions(): Promise<readonly HeldPosition[]> {
    const rows = await pages(this.#api, '/v5/position/list', { ...ALL, limit: 200 }, PositionPage);
    return rows.filter(({ size }) => size > 0).map(heldPosition);
  }

  async fills(sinceMs: number): Promise<readonly Fill[]> {
    const now = await this.#api.now();
    const found = new Map<string, Fill>();
    for (let from = Math.max(Math.ceil(sinceMs), now - MEMORY_MS); from <= now; from += WEEK_MS) {
      const span = { startTime: from, endTime: Math.min(from + WEEK_MS - 1, now), limit: 100 };
      const rows = await pages(this.#api, '/v5/execution/list', { ...LINEAR, ...span }, ExecutionPage);
      // Newest first, and a page may repeat rows of the one before.
      for (const fill of rows.reverse().flatMap(fillsOf)) found.set(fill.id, fill);
    }
    return [...found.values()].sort((a, b) => a.ts - b.ts);
  }

  async check(): Promise<readonly string[]> {
    return keyWarnings(await this.#api.get('/v5/user/query-api', {}, KeyInfo));
  }

  /** Nothing stays open between calls. */
  async close(): Promise<void> {}

  /** Why not; null where it is so now. */
  async #setLeverage(symbol: string, leverage: number): Promise<string | null> {
    const [buyLeverage, sellLeverage] = [String(leverage), String(leverage)];
    const body = { ...LINEAR, symbol, buyLeverage, sellLeverage };
    const refusal = await this.#api.post('/v5/position/set-leverage', body);
    return !refusal || refusal.code === CODES.leverageIsSo ? null : refusal.reason;
  }
}

function checkId(clientId: string): void {
  if (!CLIENT_ID.test(clientId)) {
    throw new InvariantError(
      `Expected a clientId of 1 to 36 letters, digits, - and _, got ${JSON.stringify(clientId)}.`,
    );
  }
}
