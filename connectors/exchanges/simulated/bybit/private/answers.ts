/** What the simulated Bybit tells of an account, in the exchange's rows: numbers are decimal strings, newest first. */
import { decimalText, priceText, sizeText } from '../../frames.ts';
import type { Instrument } from '../../instruments.ts';
import type { Listing } from '../../listing.ts';
import type { Account } from './account.ts';
import type { CreateType, Execution, Order } from './orders.ts';
import { isOpen } from './orders.ts';
import { entryTicks } from './position.ts';
import { refusal } from './refusal.ts';

type Listings = ReadonlyMap<string, Listing>;

interface Page {
  readonly category: 'linear';
  readonly list: readonly unknown[];
  readonly nextPageCursor: string;
}

const WEEK_MS = 7 * 86_400_000;
/** So many orders that are over stay with those that are open. */
const RECENT = 500;

const STOP: Readonly<Record<CreateType, string>> = {
  CreateByUser: '',
  CreateByTakeProfit: 'TakeProfit',
  CreateByStopLoss: 'StopLoss',
  CreateByTakeOver_PassThrough: '',
};

/** Open orders, or with `openOnly=1` the last ones that are over. */
export function realtimeOrders(account: Account, listings: Listings, query: URLSearchParams): Page {
  const link = query.get('orderLinkId');
  const isOver = query.get('openOnly') === '1';
  const asked = account.orders.filter(
    (order) => isOf(order, query) && (link === null || order.link === link) && isOpen(order) !== isOver,
  );
  const found = isOver ? asked.slice(-RECENT) : asked;
  const brackets =
    link === null && !isOver && query.get('orderFilter') !== 'Order'
      ? bracketRows(account, listings, query)
      : [];
  return page([...brackets, ...found.reverse().map((order) => orderRow(listings, order))], query, 20, 50);
}

export function orderHistory(account: Account, listings: Listings, query: URLSearchParams): Page {
  const link = query.get('orderLinkId');
  const found = account.orders.filter(
    (order) => isOf(order, query) && !isOpen(order) && (link === null || order.link === link),
  );
  return page(
    found.reverse().map((order) => orderRow(listings, order)),
    query,
    20,
    50,
  );
}

export function positionList(account: Account, listings: Listings, query: URLSearchParams): Page {
  const symbol = query.get('symbol');
  if (symbol === null && query.get('settleCoin') === null)
    throw refusal(10_001, 'params error: symbol or settleCoin');
  const held = [...account.positions].filter(([name, { lots }]) =>
    symbol === null ? lots !== 0 : name === symbol,
  );
  return page(
    held.map(([name]) => positionRow(account, listings, name)),
    query,
    20,
    200,
  );
}

/** Those of `[startTime, endTime]`, a week of them at most, as far as they are told by now. */
export function executionList(
  account: Account,
  listings: Listings,
  query: URLSearchParams,
  ms: number,
): Page {
  const start = Number(query.get('startTime') ?? ms - WEEK_MS);
  const end = Number(query.get('endTime') ?? start + WEEK_MS);
  if (end < start || end - start > WEEK_MS) throw refusal(10_001, 'params error: time range exceeds 7 days');
  const found = account.executions
    .filter((execution) => isOf(execution, query) && execution.shownMs <= ms)
    .filter((execution) => execution.ms >= start && execution.ms <= end)
    .sort((a, b) => b.ms - a.ms || b.index - a.index);
  return page(
    found.map((execution) => executionRow(listings, execution)),
    query,
    50,
    100,
  );
}

function isOf({ symbol }: { readonly symbol: string }, query: URLSearchParams): boolean {
  return (query.get('symbol') ?? symbol) === symbol;
}

/** The cursor is the place of the page's first row. */
function page(rows: readonly unknown[], query: URLSearchParams, usual: number, most: number): Page {
  if (query.get('category') !== 'linear') throw refusal(10_001, 'params error: category');
  const limit = Number(query.get('limit') ?? usual);
  if (!(limit >= 1 && limit <= most)) throw refusal(10_001, 'params error: limit');
  const from = Number((query.get('cursor') ?? '').split(':')[0]);
  const next = from + limit < rows.length ? `${from + limit}%3A${rows.length}` : '';
  return { category: 'linear', list: rows.slice(from, from + limit), nextPageCursor: next };
}

function instrumentOf(listings: Listings, symbol: string): Instrument {
  return listings.get(symbol)!.instrument;
}

function orderRow(listings: Listings, order: Order): unknown {
  const instrument = instrumentOf(listings, order.symbol);
  const level = (ticks: number | null) => (ticks === null ? '' : priceText(instrument, ticks));
  return {
    orderId: order.id,
    orderLinkId: order.link,
    symbol: order.symbol,
    side: order.isBuy ? 'Buy' : 'Sell',
    orderType: order.ticks === null ? 'Market' : 'Limit',
    orderStatus: order.status,
    price: order.ticks === null ? '0' : priceText(instrument, order.ticks),
    qty: sizeText(instrument, order.lots),
    cumExecQty: sizeText(instrument, order.filled),
    cumExecFee: order.fee.toFixed(8),
    avgPrice: order.filled === 0 ? '' : String((order.value / order.filled) * instrument.tick),
    timeInForce: order.timeInForce,
    reduceOnly: order.isReduceOnly,
    createType: order.createType,
    stopOrderType: STOP[order.createType],
    rejectReason: order.reason,
    cancelType: order.cancelType,
    takeProfit: level(order.tp),
    stopLoss: level(order.sl),
    positionIdx: 0,
    createdTime: String(order.createdMs),
    updatedTime: String(order.updatedMs),
  };
}

/** Orders that wait for a price, which the exchange made of positions' take profits and stop losses. */
function bracketRows(account: Account, listings: Listings, query: URLSearchParams): unknown[] {
  return [...account.positions].flatMap(([symbol, { lots, tp, sl }]) => {
    const instrument = instrumentOf(listings, symbol);
    const row = (stopOrderType: string, ticks: number | null) =>
      ticks === null
        ? []
        : [
            {
              orderId: `${symbol}-${stopOrderType}`,
              orderLinkId: '',
              symbol,
              side: lots > 0 ? 'Sell' : 'Buy',
              orderType: 'Market',
              orderStatus: 'Untriggered',
              price: '0',
              qty: sizeText(instrument, Math.abs(lots)),
              cumExecQty: '0',
              reduceOnly: true,
              createType: `CreateBy${stopOrderType}`,
              stopOrderType,
              rejectReason: 'EC_NoError',
              cancelType: 'UNKNOWN',
              triggerPrice: priceText(instrument, ticks),
            },
          ];
    return isOf({ symbol }, query) ? [...row('TakeProfit', tp), ...row('StopLoss', sl)] : [];
  });
}

function positionRow(account: Account, listings: Listings, symbol: string): unknown {
  const instrument = instrumentOf(listings, symbol);
  const position = account.position(symbol);
  const level = (ticks: number | null) => (ticks === null ? '' : priceText(instrument, ticks));
  return {
    positionIdx: 0,
    symbol,
    side: position.lots > 0 ? 'Buy' : position.lots < 0 ? 'Sell' : '',
    size: sizeText(instrument, Math.abs(position.lots)),
    avgPrice: String(entryTicks(position) * instrument.tick),
    leverage: String(account.leverage(symbol)),
    takeProfit: level(position.tp),
    stopLoss: level(position.sl),
    tradeMode: 1,
  };
}

function executionRow(listings: Listings, execution: Execution): unknown {
  const { order, symbol, ticks, lots, feeRate } = execution;
  const instrument = instrumentOf(listings, symbol);
  const createType = order?.createType ?? 'CreateByUser';
  return {
    symbol,
    orderId: order?.id ?? `${execution.ms}-${symbol}-1-${execution.isBuy ? 'Buy' : 'Sell'}`,
    orderLinkId: order?.link ?? '',
    side: execution.isBuy ? 'Buy' : 'Sell',
    orderType: order ? (order.ticks === null ? 'Market' : 'Limit') : 'UNKNOWN',
    createType: order ? createType : '',
    stopOrderType: order ? STOP[createType] || 'UNKNOWN' : 'UNKNOWN',
    execId: execution.id,
    execType: execution.type,
    execPrice: priceText(instrument, ticks),
    execQty: sizeText(instrument, lots),
    execFee: feeText(instrument, ticks, lots, feeRate),
    feeRate: signed(feeRate, 8),
    closedSize: sizeText(instrument, execution.closedLots),
    isMaker: execution.isMaker,
    execTime: String(execution.ms),
    seq: execution.index,
  };
}

/** Exact: whole ticks × lots × 10^-8. */
function feeText({ tick, sizeDecimals }: Instrument, ticks: number, lots: number, feeRate: number): string {
  return signed(
    BigInt(ticks) * BigInt(lots) * BigInt(feeRate),
    Math.round(-Math.log10(tick)) + sizeDecimals + 8,
  );
}

function signed(units: number | bigint, places: number): string {
  return units < 0 ? `-${decimalText(-units, places)}` : decimalText(units, places);
}
