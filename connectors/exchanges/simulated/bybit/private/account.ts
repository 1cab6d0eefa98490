/** One account of the simulated Bybit: its orders meet the market's trades and book. It moves nothing in the market. */
import { closeAfter } from '../../../../../schemas/primitives.ts';
import type { Listing } from '../../listing.ts';
import type { Fill } from '../../market.ts';
import { FUNDING_MS, fundingRate } from '../ticker.ts';
import {
  type CreateType,
  type Execution,
  idOf,
  isOpen,
  type Order,
  type OrderWish,
  takeable,
} from './orders.ts';
import { FLAT, fill, liquidation, type Position, type Trigger, triggered } from './position.ts';

export interface AccountOptions {
  readonly listings: ReadonlyMap<string, Listing>;
  readonly startMs: number;
  /** Names its ids. */
  readonly seed: number;
  /** Unit: quote. */
  readonly balance: number;
  /** Units: 10^-8 of an order's worth. */
  readonly fees: { readonly maker: number; readonly taker: number };
  /** Names of orders that are over may be given again. */
  readonly forgetsNames: boolean;
  /** How late executions are listed. Unit: ms. */
  readonly executionDelayMs: () => number;
}

const USUAL_LEVERAGE = 10;
const FEE_UNIT = 1e-8;

const MADE: Readonly<Record<Trigger, CreateType>> = {
  TP: 'CreateByTakeProfit',
  SL: 'CreateByStopLoss',
  LIQUIDATED: 'CreateByTakeOver_PassThrough',
};

export class Account {
  readonly orders: Order[] = [];
  readonly executions: Execution[] = [];
  readonly positions = new Map<string, Position>();
  readonly #leverages = new Map<string, number>();
  readonly #byLink = new Map<string, Order>();
  readonly #options: AccountOptions;
  /** Unit: quote. */
  balance: number;
  #ms: number;

  constructor(options: AccountOptions) {
    this.#options = options;
    this.balance = options.balance;
    this.#ms = options.startMs;
  }

  isKnown(link: string): boolean {
    const order = this.#byLink.get(link);
    return order !== undefined && (isOpen(order) || !this.#options.forgetsNames);
  }

  position(symbol: string): Position {
    return this.positions.get(symbol) ?? FLAT;
  }

  leverage(symbol: string): number {
    return this.#leverages.get(symbol) ?? USUAL_LEVERAGE;
  }

  setLeverage(symbol: string, leverage: number): void {
    this.#leverages.set(symbol, leverage);
  }

  /** What is not bound as margin of positions and open orders. Unit: quote. */
  available(): number {
    let bound = 0;
    for (const [symbol, { cost }] of this.positions)
      bound += this.#worth(symbol, cost) / this.leverage(symbol);
    for (const order of this.orders) {
      if (!isOpen(order) || order.isReduceOnly || order.ticks === null) continue;
      bound +=
        this.#worth(order.symbol, order.ticks * (order.lots - order.filled)) / this.leverage(order.symbol);
    }
    return this.balance - bound;
  }

  /** Takes from the book what it may at once; what is left rests or is cancelled, as its time in force says. */
  place(wish: OrderWish): Order {
    const order = this.#newOrder(wish, 'CreateByUser', this.#ms);
    if (wish.link !== '') this.#byLink.set(wish.link, order);
    const levels = takeable(this.#listing(wish.symbol), order, this.#ms);
    if (order.timeInForce === 'PostOnly') {
      if (levels.length > 0) this.#end(order, 'EC_PostOnlyWillTakeLiquidity', 'UNKNOWN', this.#ms);
      return order;
    }
    this.#take(order, levels, this.#ms);
    if (order.timeInForce === 'IOC' && isOpen(order))
      this.#end(order, 'EC_NoImmediateQtyToFill', 'UNKNOWN', this.#ms);
    return order;
  }

  cancel(order: Order): void {
    this.#end(order, 'EC_PerCancelRequest', 'CancelByUser', this.#ms);
  }

  /** Trades of the market before `ms` fill, trigger and liquidate, in their order; fundings fall due between them. */
  advanceTo(ms: number): void {
    while (this.#ms < ms) {
      const to = Math.min(ms, closeAfter(this.#ms, FUNDING_MS));
      for (const [symbol, listing] of this.#options.listings) this.#meet(symbol, listing, to);
      this.#ms = to;
      if (to % FUNDING_MS === 0) for (const symbol of this.positions.keys()) this.#fund(symbol, to);
    }
  }

  #meet(symbol: string, listing: Listing, to: number): void {
    const isActive = () =>
      this.position(symbol).lots !== 0 ||
      this.orders.some((order) => order.symbol === symbol && isOpen(order));
    if (!isActive()) return;
    for (const trade of listing.fills(this.#ms, to)) {
      for (const order of this.orders) if (order.symbol === symbol) this.#rest(order, trade);
      const position = this.position(symbol);
      const trigger = triggered(position, this.leverage(symbol), trade.ticks);
      if (trigger) this.#closeBy(trigger, symbol, position, trade);
    }
  }

  /** A resting order is filled by trades beyond its price: those at it are of others who stood there before. */
  #rest(order: Order, { ticks, lots, ts }: Fill): void {
    if (!isOpen(order) || order.ticks === null) return;
    if (order.isBuy ? ticks >= order.ticks : ticks <= order.ticks) return;
    this.#execute(order, order.ticks, Math.min(lots, order.lots - order.filled), ts, { isMaker: true });
  }

  #closeBy(trigger: Trigger, symbol: string, position: Position, { ts: ms, ticks }: Fill): void {
    const wish: OrderWish = {
      link: '',
      symbol,
      isBuy: position.lots < 0,
      lots: Math.abs(position.lots),
      ticks: null,
      timeInForce: 'IOC',
      isReduceOnly: true,
      tp: null,
      sl: null,
    };
    const order = this.#newOrder(wish, MADE[trigger], ms);
    if (trigger === 'LIQUIDATED') {
      const { bust } = liquidation(position, this.leverage(symbol));
      this.#execute(order, bust, order.lots, ms, { isMaker: false, type: 'BustTrade' });
    } else this.#take(order, takeable(this.#listing(symbol), order, ms, ticks), ms);
    // The rest of a thin book's close is tried again at the next trade.
    if (isOpen(order)) this.#end(order, 'EC_NoImmediateQtyToFill', 'UNKNOWN', ms);
  }

  #fund(symbol: string, ms: number): void {
    const { lots } = this.position(symbol);
    const listing = this.#listing(symbol);
    if (lots === 0) return;
    const ticks = listing.lastTicks(ms);
    const feeRate = Math.round(Number(fundingRate(listing, ms - 1)) / FEE_UNIT) * Math.sign(lots);
    this.#record({
      order: null,
      symbol,
      type: 'Funding',
      isBuy: lots > 0,
      ticks,
      lots: Math.abs(lots),
      closedLots: 0,
      isMaker: false,
      feeRate,
      ms,
    });
  }

  #take(order: Order, levels: readonly [number, number][], ms: number): void {
    for (const [ticks, lots] of levels) {
      const wanted = order.lots - order.filled;
      if (wanted === 0) break;
      this.#execute(order, ticks, Math.min(lots, wanted), ms, { isMaker: false });
    }
  }

  #execute(
    order: Order,
    ticks: number,
    lots: number,
    ms: number,
    how: { readonly isMaker: boolean; readonly type?: 'BustTrade' },
  ): void {
    const { symbol, isBuy } = order;
    const { position, closedLots, profit } = fill(this.position(symbol), isBuy, lots, ticks);
    const isOpening = closedLots < lots && (order.tp !== null || order.sl !== null);
    this.positions.set(symbol, isOpening ? { ...position, tp: order.tp, sl: order.sl } : position);
    this.balance += this.#worth(symbol, profit);
    order.filled += lots;
    order.value += ticks * lots;
    order.status = order.filled === order.lots ? 'Filled' : 'PartiallyFilled';
    order.updatedMs = ms;
    const feeRate = how.isMaker ? this.#options.fees.maker : this.#options.fees.taker;
    order.fee += this.#worth(symbol, ticks * lots) * feeRate * FEE_UNIT;
    this.#record({ order, symbol, type: 'Trade', isBuy, ticks, lots, closedLots, feeRate, ms, ...how });
  }

  #record(made: Omit<Execution, 'index' | 'id' | 'shownMs'>): void {
    const index = this.executions.length;
    const shownMs = made.ms + this.#options.executionDelayMs();
    this.executions.push({ ...made, index, id: idOf(this.#options.seed, 'execution', index), shownMs });
    this.balance -= this.#worth(made.symbol, made.ticks * made.lots) * made.feeRate * FEE_UNIT;
  }

  #newOrder(wish: OrderWish, createType: CreateType, ms: number): Order {
    const order: Order = {
      ...wish,
      id: idOf(this.#options.seed, 'order', this.orders.length),
      createType,
      createdMs: ms,
      updatedMs: ms,
      status: 'New',
      filled: 0,
      value: 0,
      fee: 0,
      reason: 'EC_NoError',
      cancelType: 'UNKNOWN',
    };
    this.orders.push(order);
    return order;
  }

  #end(order: Order, reason: string, cancelType: string, ms: number): void {
    Object.assign(order, { status: 'Cancelled', reason, cancelType, updatedMs: ms });
  }

  /** Ticks × lots in the quote currency. */
  #worth(symbol: string, ticksLots: number): number {
    const { tick, lot } = this.#listing(symbol).instrument;
    return ticksLots * tick * lot;
  }

  #listing(symbol: string): Listing {
    return this.#options.listings.get(symbol)!;
  }
}
