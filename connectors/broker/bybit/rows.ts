/** Bybit's rows as the port's orders, positions and fills. Pure. */
import { ConfigError } from '../../../schemas/errors.ts';
import type { Fill, HeldPosition, OrderState } from '../port.ts';
import type { ExecutionRow, OrderRow, PositionPage } from './wire.ts';

/** A state that is not known may still be filled. */
const OVER = ['Filled', 'Cancelled', 'PartiallyFilledCanceled', 'Rejected', 'Deactivated', 'Expired'];

export function orderState(row: OrderRow): OrderState {
  const isBuy = row.side === 'Buy';
  return {
    clientId: row.orderLinkId,
    symbol: row.symbol,
    // An order that only reduces stands against its position.
    side: isBuy === row.reduceOnly ? 'SHORT' : 'LONG',
    status: OVER.includes(row.orderStatus) ? 'over' : 'open',
    size: row.qty,
    filled: row.cumExecQty,
    reason: reasonOf(row),
  };
}

function reasonOf({ orderStatus, rejectReason, cancelType = '' }: OrderRow): string | null {
  if (orderStatus === 'Filled' || !OVER.includes(orderStatus)) return null;
  const told = [rejectReason, cancelType].filter((word) => !['', 'EC_NoError', 'UNKNOWN'].includes(word));
  return told.length > 0 ? told.join(', ') : orderStatus;
}

/** @throws ConfigError where the account holds both sides at once. */
export function heldPosition(row: (typeof PositionPage)['_output']['list'][number]): HeldPosition {
  const { symbol, side, size, avgPrice, positionIdx } = row;
  if (positionIdx !== 0) {
    throw new ConfigError(
      `Expected one-way positions on Bybit, got ${symbol} in hedge mode. Set the position mode to one-way.`,
    );
  }
  return { symbol, side: side === 'Buy' ? 'LONG' : 'SHORT', size, entry: avgPrice };
}

/**
 * Fills of one execution: one, or two where it closed a position and opened the other side, their fee shared by size.
 * None of what is neither trade nor payment.
 */
export function fillsOf(row: ExecutionRow): Fill[] {
  const { execId: id, symbol, execPrice: price, execQty: size, execFee: fee, isMaker, execTime: ts } = row;
  const ofBuyer = row.side === 'Buy' ? 'LONG' : 'SHORT';
  const ofSeller = row.side === 'Buy' ? 'SHORT' : 'LONG';
  const clientId = row.orderLinkId === '' ? null : row.orderLinkId;
  const common = { clientId, symbol, price, isMaker, ts };
  if (row.execType === 'Funding')
    return [{ ...common, id, clientId: null, cause: 'FUNDING', side: ofBuyer, size, fee }];
  const cause = causeOf(row);
  if (cause === null) return [];
  // Of its own orders, and of a settlement, the exchange need not say that they close.
  const closed = cause === 'CLOSE' && row.execType === 'Trade' ? row.closedSize : size;
  const parts: readonly Fill[] = [
    { ...common, id, cause, side: ofSeller, size: closed, fee: (fee * closed) / size },
    {
      ...common,
      id: closed > 0 ? `${id}/entry` : id,
      cause: 'ENTRY',
      side: ofBuyer,
      size: rest(size, closed),
      fee: (fee * (size - closed)) / size,
    },
  ];
  return parts.filter((part) => part.size > 0);
}

/** Bybit's own orders, then ours, of which what closes nothing is an entry. Null for what is no execution. */
function causeOf({ execType, createType = '', stopOrderType }: ExecutionRow): Fill['cause'] | null {
  if (execType === 'BustTrade' || execType === 'AdlTrade') return 'LIQUIDATED';
  if (execType !== 'Trade' && execType !== 'Settle' && execType !== 'Delivery') return null;
  if (/Liq|TakeOver|Adl|MmRate/.test(createType)) return 'LIQUIDATED';
  if (/TakeProfit/.test(`${createType} ${stopOrderType}`)) return 'TP';
  return /StopLoss|TrailingStop/.test(`${createType} ${stopOrderType}`) ? 'SL' : 'CLOSE';
}

/** Without the dust of binary fractions. */
function rest(size: number, closed: number): number {
  return Number((size - closed).toPrecision(12));
}
