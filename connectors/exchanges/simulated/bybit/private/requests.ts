/** Orders as a client of the simulated Bybit writes them, checked as the exchange checks them. */
import { z } from 'zod';
import type { Instrument } from '../../instruments.ts';
import type { Listing } from '../../listing.ts';
import type { Account } from './account.ts';
import type { OrderWish } from './orders.ts';
import { refusal } from './refusal.ts';

const Decimal = z.string().regex(/^\d+(\.\d+)?$/);
const Linear = { category: z.literal('linear'), symbol: z.string() };
const Link = z.string().regex(/^[A-Za-z0-9_-]{1,36}$/);

const Create = z.object({
  ...Linear,
  side: z.enum(['Buy', 'Sell']),
  orderType: z.enum(['Limit', 'Market']),
  qty: Decimal,
  price: Decimal.optional(),
  timeInForce: z.enum(['IOC', 'PostOnly', 'GTC']).optional(),
  orderLinkId: Link.optional(),
  reduceOnly: z.boolean().optional(),
  takeProfit: Decimal.optional(),
  stopLoss: Decimal.optional(),
  tpslMode: z.literal('Full').optional(),
  positionIdx: z.literal(0).optional(),
});
type Create = z.output<typeof Create>;

const Cancel = z.object({ ...Linear, orderLinkId: z.string().optional(), orderId: z.string().optional() });
const Leverage = z.object({ ...Linear, buyLeverage: Decimal, sellLeverage: Decimal });

const MAX_LEVERAGE = 100;
/** How far from the last price a limit may be, to the side on which it would take. */
const BAND = 0.05;
const MIN_NOTIONAL = 5;

type Listings = ReadonlyMap<string, Listing>;

/** @throws Refused */
export function placeOrder(account: Account, listings: Listings, body: string, ms: number): unknown {
  const wish = read(Create, body);
  const listing = listed(listings, wish.symbol);
  if (listing.statusAt(ms) !== 'trading') throw refusal(110_074, 'This contract is not live');
  const order = reduced(account, orderOf(wish, listing.instrument));
  if (order.link !== '' && account.isKnown(order.link)) throw refusal(110_072, 'OrderLinkedID is duplicate');
  if (order.lots === 0) throw refusal(110_017, 'current position is zero, cannot fix reduce-only order qty');
  checkPrices(order, listing, ms);
  checkWorth(account, order, listing, ms);
  const { id, link } = account.place(order);
  return { orderId: id, orderLinkId: link };
}

/** @throws Refused */
export function cancelOrder(account: Account, listings: Listings, body: string): unknown {
  const { symbol, orderLinkId, orderId } = read(Cancel, body);
  listed(listings, symbol);
  const order = account.orders.find(
    ({ id, link }) =>
      (orderId !== undefined && id === orderId) || (orderLinkId !== undefined && link === orderLinkId),
  );
  if (order?.status !== 'New' && order?.status !== 'PartiallyFilled') {
    throw refusal(110_001, 'order not exists or too late to cancel');
  }
  account.cancel(order);
  return { orderId: order.id, orderLinkId: order.link };
}

/** @throws Refused */
export function changeLeverage(account: Account, listings: Listings, body: string): unknown {
  const { symbol, buyLeverage } = read(Leverage, body);
  listed(listings, symbol);
  const leverage = Number(buyLeverage);
  if (leverage < 1 || leverage > MAX_LEVERAGE) {
    throw refusal(
      110_013,
      `cannot set leverage [${buyLeverage}] gt maxLeverage [${MAX_LEVERAGE}] by risk limit`,
    );
  }
  if (leverage === account.leverage(symbol)) throw refusal(110_043, 'leverage not modified');
  account.setLeverage(symbol, leverage);
  return {};
}

function read<T extends z.ZodType>(schema: T, body: string): z.output<T> {
  try {
    return schema.parse(JSON.parse(body));
  } catch {
    throw refusal(10_001, 'params error: the request could not be read');
  }
}

function listed(listings: Listings, symbol: string): Listing {
  const listing = listings.get(symbol);
  if (!listing) throw refusal(10_001, 'params error: Symbol Is Invalid');
  return listing;
}

function orderOf(wish: Create, { tick, lot }: Instrument): OrderWish {
  const { orderType, price, takeProfit, stopLoss } = wish;
  if (orderType === 'Limit' && price === undefined) throw refusal(10_001, 'params error: price missing');
  const level = (text: string | undefined, what: string) =>
    text === undefined || Number(text) === 0 ? null : whole(text, tick, what);
  return {
    link: wish.orderLinkId ?? '',
    symbol: wish.symbol,
    isBuy: wish.side === 'Buy',
    lots: whole(wish.qty, lot, 'qty'),
    ticks: orderType === 'Limit' ? whole(price!, tick, 'price') : null,
    timeInForce: orderType === 'Market' ? 'IOC' : (wish.timeInForce ?? 'GTC'),
    isReduceOnly: wish.reduceOnly ?? false,
    tp: level(takeProfit, 'takeProfit'),
    sl: level(stopLoss, 'stopLoss'),
  };
}

/** Whole steps of a decimal. */
function whole(text: string, step: number, what: string): number {
  const steps = Math.round(Number(text) / step);
  const places = Math.max(0, Math.round(-Math.log10(step)));
  if (steps <= 0 || Number((steps * step).toFixed(places)) !== Number(text)) {
    throw refusal(10_001, `params error: ${what} ${text} is invalid`);
  }
  return steps;
}

/** What only reduces is no larger than what is held against it. Such orders do not rest here, as they may on Bybit. */
function reduced(account: Account, order: OrderWish): OrderWish {
  if (!order.isReduceOnly) return order;
  if (order.timeInForce !== 'IOC')
    throw refusal(10_001, 'params error: what only reduces is IOC on the twin');
  const held = account.position(order.symbol).lots * (order.isBuy ? -1 : 1);
  return { ...order, lots: Math.min(order.lots, Math.max(0, held)) };
}

function checkPrices({ ticks, isBuy, tp, sl }: OrderWish, listing: Listing, ms: number): void {
  const last = listing.lastTicks(ms);
  const side = isBuy ? 1 : -1;
  if (ticks !== null && (ticks - last) * side > last * BAND) {
    throw refusal(110_003, 'Order price exceeds the allowable range.');
  }
  const base = ticks ?? last;
  const name = isBuy ? 'Buy' : 'Sell';
  if (tp !== null && (tp - base) * side <= 0) {
    throw refusal(
      10_001,
      `TakeProfit:${tp} set for ${name} position is on the wrong side of base_price:${base}`,
    );
  }
  if (sl !== null && (sl - base) * side >= 0) {
    throw refusal(
      10_001,
      `StopLoss:${sl} set for ${name} position is on the wrong side of base_price:${base}`,
    );
  }
}

function checkWorth(account: Account, order: OrderWish, listing: Listing, ms: number): void {
  if (order.isReduceOnly) return;
  const { tick, lot } = listing.instrument;
  const worth = (order.ticks ?? listing.lastTicks(ms)) * tick * order.lots * lot;
  if (worth < MIN_NOTIONAL)
    throw refusal(110_094, `Order does not meet minimum order value ${MIN_NOTIONAL}USDT`);
  if (worth / account.leverage(order.symbol) > account.available()) {
    throw refusal(110_007, 'ab not enough for new order');
  }
}
