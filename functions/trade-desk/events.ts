/** What the desk tells the world of its decisions and fills. */
import { z } from 'zod';
import { DeskParams } from '../../schemas/desk-params.ts';
import { shortHash } from '../../schemas/hash.ts';
import type { PositionEvent } from '../../schemas/position-event.ts';
import type { ScalpSignal } from '../../schemas/scalp-signal.ts';
import { canonicalJson } from '../../transforms/strategies/hashes.ts';
import type { Exit } from './fills.ts';
import type { Allowed, Refused } from './gates.ts';
import type { Context } from './input.ts';
import { product } from './money.ts';
import type { Book, Position } from './state.ts';

const hashes = new WeakMap<DeskParams, string>();

/** The same for equal parameters, in whatever order they were written. */
function paramsHash(params: DeskParams): string {
  const known = hashes.get(params) ?? shortHash(canonicalJson(z.encode(DeskParams, params)));
  hashes.set(params, known);
  return known;
}

/** One event per signal, book and kind: what happens twice is told once. */
function frame(kind: PositionEvent['kind'], signalId: string, ts: number, context: Context) {
  const { book } = context.params;
  return {
    id: `${signalId}:${book}:${kind}`,
    kind,
    signalId,
    ts,
    book,
    params_hash: paramsHash(context.params),
  };
}

const NOTHING_FILLED = {
  price: null,
  size: null,
  exit: null,
  fees: null,
  funding: null,
  pnl: null,
  liquidity: null,
  slippage: null,
  fundingKnown: null,
} as const;

export function decisionEvent(
  signal: ScalpSignal,
  verdict: Refused | Allowed,
  book: Book,
  context: Context,
): PositionEvent {
  const isRefused = verdict.refusal !== null;
  const accepted = isRefused ? null : [`Enter ${verdict.size} ${signal.pair}.`, ...verdict.notes].join(' ');
  const { pair, side } = signal;
  return {
    ...frame('DECISION', signal.id, context.at, context),
    pair,
    side,
    ...NOTHING_FILLED,
    refusal: verdict.refusal,
    reason: isRefused ? verdict.reason : accepted!,
    leverage: signal.leverage,
    tp: signal.tp,
    sl: signal.sl,
    halved: isRefused ? null : verdict.isHalved,
    equity: book.equity,
    numbers: verdict.numbers,
  };
}

export interface EntryFill {
  readonly ts: number;
  readonly liquidity: 'MAKER' | 'TAKER';
  readonly slippage: number;
}

export function entryEvent(position: Position, fill: EntryFill, book: Book, context: Context): PositionEvent {
  const { pair, side, entry, size, tp, sl, leverage, halved, entryFee } = position;
  const how = fill.liquidity === 'MAKER' ? 'filled as it rested' : 'filled from the book';
  return {
    ...frame('ENTRY', position.signalId, fill.ts, context),
    pair,
    side,
    ...NOTHING_FILLED,
    refusal: null,
    price: entry,
    size,
    fees: entryFee,
    liquidity: fill.liquidity,
    slippage: fill.slippage,
    reason: `${side} ${size} at ${entry}, ${how}; TP ${tp}, SL ${sl}.`,
    tp,
    sl,
    leverage,
    halved,
    equity: book.equity,
    numbers: { notional: product(entry, size) },
  };
}

/** Amounts of a closed position. Unit: quote. */
export interface Result {
  readonly fees: number;
  readonly funding: number;
  readonly isFundingKnown: boolean;
  readonly pnl: number;
}

export function exitEvent(
  position: Position,
  exit: Exit,
  result: Result,
  book: Book,
  context: Context,
): PositionEvent {
  const { pair, side, size, tp, sl, leverage, halved, entry } = position;
  const { fees, funding, isFundingKnown, pnl } = result;
  const unknown = isFundingKnown ? '' : ' Funding unknown: a rate was not recorded.';
  return {
    ...frame('EXIT', position.signalId, exit.ts, context),
    pair,
    side,
    price: exit.price,
    size,
    refusal: null,
    exit: exit.exit,
    fees,
    funding: isFundingKnown ? funding : null,
    pnl,
    fundingKnown: isFundingKnown,
    reason: `${exit.exit} at ${exit.price}, entered at ${entry}: ${exit.why}; ${pnl} net.${unknown}`,
    liquidity: exit.liquidity,
    slippage: exit.slippage,
    tp,
    sl,
    leverage,
    halved,
    equity: book.equity,
    numbers: { entry, knownFunding: funding },
  };
}

/** An entry order that was never filled. */
export function cancelledEvent(
  order: Position,
  ts: number,
  why: string,
  book: Book,
  context: Context,
): PositionEvent {
  const { pair, side, tp, sl, leverage, halved, entry } = order;
  return {
    ...frame('EXIT', order.signalId, ts, context),
    pair,
    side,
    ...NOTHING_FILLED,
    refusal: null,
    exit: 'CANCELLED',
    reason: `The order at ${entry} was never filled: ${why}.`,
    tp,
    sl,
    leverage,
    halved,
    equity: book.equity,
  };
}
