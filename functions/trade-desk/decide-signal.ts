/** A signal is decided once: refused with its reason, or entered. */
import type { BookSnapshot } from '../../schemas/book-snapshot.ts';
import type { ScalpSignal } from '../../schemas/scalp-signal.ts';
import { clientIdOf } from './commands.ts';
import { midOf, slippageOf, takenAtEntry, takenPrice } from './depth.ts';
import { decisionEvent, type EntryFill } from './events.ts';
import { type Allowed, ask } from './gates.ts';
import type { Context, Step } from './input.ts';
import { enter, onDay } from './ledger.ts';
import { product } from './money.ts';
import { entryBounds, limitOf } from './sizing.ts';
import type { Book, OnAccount, Position } from './state.ts';

/** Clocks of several desks may differ by this much: none forgets what another still takes for new. Unit: ms. */
const CLOCK_MARGIN_MS = 3_600_000;

export function decideSignal(known: Book, signal: ScalpSignal, context: Context): Step {
  const { at, params } = context;
  const isForUs = params.signalVariants.length === 0 || params.signalVariants.includes(signal.variant);
  const isDecided = known.decided[signal.id] !== undefined || at - signal.timestamp > params.memoryMs;
  if (!isForUs || isDecided) return { book: known, events: [] };
  const book = remember(onDay(known, at), signal, context);
  const verdict = ask(signal, book, context);
  const decision = decisionEvent(signal, verdict, book, context);
  if (verdict.refusal !== null) return { book, events: [decision] };
  const [position, fill] = entryOf(signal, verdict, context);
  const entered = enter(book, position, fill, context);
  return { book: entered.book, events: [decision, ...entered.events] };
}

/** What is too old to matter is forgotten on the way, so that the row stays small. */
function remember(book: Book, signal: ScalpSignal, { at, params }: Context): Book {
  const younger = (times: Readonly<Record<string, number>>, ageMs: number) =>
    Object.fromEntries(Object.entries(times).filter(([, ts]) => at - ts <= ageMs + CLOCK_MARGIN_MS));
  return {
    ...book,
    decided: { ...younger(book.decided, params.memoryMs), [signal.id]: signal.timestamp },
    exits: younger(book.exits, params.rules.cooldownMs),
  };
}

function entryOf(signal: ScalpSignal, allowed: Allowed, context: Context): [Position, EntryFill | null] {
  const { at, params, pairs } = context;
  const quote = pairs[signal.pair]!.quote!;
  const { venue, symbol, pair, side, tp, sl, leverage } = signal;
  const { size, isHalved } = allowed;
  const order = {
    signalId: signal.id,
    venue,
    symbol,
    pair,
    side,
    tp,
    sl,
    leverage,
    size,
    halved: isHalved,
    signalEntry: signal.entry,
    expiresAt: signal.expires_at,
    since: at,
    entryFee: 0,
    account: null,
  };
  if (params.execution === 'broker') return [orderOnAccount(order, signal, quote, context), null];
  if (params.paper.entry === 'limit') {
    return [{ ...order, status: 'WORKING', entry: limitOf(signal, quote) }, null];
  }
  const taken = takenAtEntry(side);
  const slippage = slippageOf(quote, taken, size, params.liquidity.beyondBook);
  const entry = takenPrice(midOf(quote)!, taken, slippage);
  const entryFee = product(entry, size, params.paper.takerFee);
  return [
    { ...order, status: 'OPEN', entry, entryFee },
    { ts: at, liquidity: 'TAKER', slippage },
  ];
}

/** Nothing is filled before the exchange says so: until then the position counts with all of its size, at its limit. */
function orderOnAccount(
  order: Omit<Position, 'status' | 'entry'>,
  signal: ScalpSignal,
  quote: BookSnapshot,
  { at, params }: Context,
): Position {
  const limit = entryBounds(signal, quote, params).worst;
  const rests = params.paper.entry === 'limit';
  const account: OnAccount = {
    clientId: clientIdOf(signal.id, params.book, 'entry'),
    lives: rests ? 'resting' : 'now',
    size: order.size,
    limit,
    intended: rests ? limit : midOf(quote)!,
    orderedAt: at,
    placedAt: null,
    ending: null,
    over: null,
    fills: [],
    closing: null,
    missingSince: null,
  };
  return { ...order, status: 'WORKING', entry: limit, account };
}
