/** Orders in the multiples that an exchange takes, as decimal texts. Pure. */
import { type Decimal, decimalOf, isLess, textOf, times, toStep } from './decimal.ts';
import type { BracketOrder, CloseOrder, Instrument } from './port.ts';

export type Quantised =
  | { readonly size: string; readonly limit: string; readonly tp: string; readonly sl: string }
  | { readonly refused: string };

/** Size down to the lot, limit to the tick that is not worse, take profit and stop loss to the nearest tick. */
export function quantise(order: BracketOrder, instrument: Instrument): Quantised {
  const { tick } = instrument;
  const numbers = { size: order.size, limit: order.limit, tp: order.tp, sl: order.sl };
  for (const [name, value] of Object.entries(numbers)) {
    if (!(value > 0 && Number.isFinite(value))) return refused(`Expected a ${name} above 0, got ${value}.`);
  }
  const limit = toStep(order.limit, tick, order.side === 'LONG' ? 'down' : 'up');
  const tp = toStep(order.tp, tick, 'nearest');
  const sl = toStep(order.sl, tick, 'nearest');
  const [below, above] = order.side === 'LONG' ? [sl, tp] : [tp, sl];
  if (!(isLess(below, limit) && isLess(limit, above))) {
    const texts = `limit ${textOf(limit)}, take profit ${textOf(tp)}, stop loss ${textOf(sl)}`;
    return refused(
      `Expected the limit of a ${order.side} between its stop loss and its take profit, got ${texts}.`,
    );
  }
  const size = toStep(order.size, instrument.lot, 'down');
  const small = tooSmall(order.size, size, instrument) ?? worthless(size, limit, instrument);
  if (small !== null) return refused(small);
  return { size: textOf(size), limit: textOf(limit), tp: textOf(tp), sl: textOf(sl) };
}

/** The size in whole lots, rounded down; whatever is worth too little to be opened can still be closed. */
export function quantisedClose(
  order: CloseOrder,
  instrument: Instrument,
): { readonly size: string } | { readonly refused: string } {
  if (!(order.size > 0 && Number.isFinite(order.size))) {
    return refused(`Expected a size above 0, got ${order.size}.`);
  }
  const size = toStep(order.size, instrument.lot, 'down');
  const small = tooSmall(order.size, size, instrument);
  return small === null ? { size: textOf(size) } : refused(small);
}

function tooSmall(wanted: number, size: Decimal, { symbol, lot, minSize }: Instrument): string | null {
  if (size.units > 0n && !isLess(size, decimalOf(minSize))) return null;
  return `Expected a size of ${symbol} of at least ${minSize} in lots of ${lot}, got ${wanted}.`;
}

function worthless(size: Decimal, limit: Decimal, { symbol, minNotional }: Instrument): string | null {
  const worth = times(size, limit);
  if (!isLess(worth, decimalOf(minNotional))) return null;
  return `Expected an order of ${symbol} worth at least ${minNotional}, got ${textOf(size)} × ${textOf(limit)} = ${textOf(worth)}.`;
}

function refused(reason: string): { readonly refused: string } {
  return { refused: reason };
}
