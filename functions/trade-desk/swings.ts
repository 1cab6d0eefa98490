/** SWING positions: one idea of the MACRO engine in a pair, open until its TP, its SL, its time, or a newer idea. No order stands for it. */
import type { BookSnapshot } from '../../schemas/book-snapshot.ts';
import type { DeskConfig } from '../../schemas/desk-params.ts';
import type { SwingSignal } from '../../schemas/macro.ts';
import type { PositionEvent } from '../../schemas/position-event.ts';
import { HOUR_MS } from '../../schemas/primitives.ts';
import { midOf } from './depth.ts';
import type { Bar } from './input.ts';
import type { PairFacts, Swing } from './state.ts';

/** What a snapshot or a bar shows of a pair. */
interface Seen {
  readonly ts: number;
  readonly prices: readonly number[];
  /** The one of `ts`; null where none is known. */
  readonly last: number | null;
}

interface End {
  readonly exit: NonNullable<PositionEvent['exit']>;
  readonly ts: number;
  readonly price: number | null;
  readonly why: string;
}

export function openSwings(facts: readonly PairFacts[]): Swing[] {
  return facts.flatMap(({ swing }) => (swing !== null && swing.closedAt === null ? [swing] : []));
}

/** A newer idea ends the one before. One that comes after it expired was never entered. */
export function openSwing(facts: PairFacts, signal: SwingSignal, at: number, config: DeskConfig): PairFacts {
  const { swing } = facts;
  if (at > signal.expires_at || (swing !== null && swing.signal.timestamp >= signal.timestamp)) return facts;
  const { timestamp: ts, entry: price } = signal;
  const why = 'a newer idea took its place';
  const closed = swing === null ? facts : end(facts, swing, { exit: 'CANCELLED', ts, price, why });
  // Books may wait for different times: it is over when it is for all of them.
  const hours = Math.max(...config.books.map(({ rules }) => rules.swingMaxHours));
  return { ...closed, swing: { signal, until: ts + hours * HOUR_MS, closedAt: null } };
}

export function swingOnSnapshot(facts: PairFacts, snapshot: BookSnapshot): PairFacts {
  const { ts, connected, lastPrice } = snapshot;
  const prices = connected ? [midOf(snapshot), lastPrice].filter((price) => price !== null) : [];
  return look(facts, { ts, prices, last: prices[0] ?? null });
}

/** A bar that began before the idea may have been there before it. */
export function swingOnBar(facts: PairFacts, { openTime, closeTime, low, high, close }: Bar): PairFacts {
  const isOlder = facts.swing === null || openTime < facts.swing.signal.timestamp;
  return isOlder ? facts : look(facts, { ts: closeTime, prices: [low, high], last: close });
}

function look(facts: PairFacts, seen: Seen): PairFacts {
  const { swing } = facts;
  const isOpen = swing !== null && swing.closedAt === null && seen.ts > swing.signal.timestamp;
  const found = isOpen ? endOf(swing, seen) : null;
  return found === null ? facts : end(facts, swing!, found);
}

/** Nobody knows the order of prices that were seen together: the SL comes first. */
function endOf({ signal, until }: Swing, { ts, prices, last }: Seen): End | null {
  const { side, tp, sl } = signal;
  const isReached = (level: number, isAbove: boolean) =>
    prices.some((price) => (isAbove ? price >= level : price <= level));
  if (isReached(sl, side === 'SHORT')) return { exit: 'SL', ts, price: sl, why: 'it reached its SL' };
  if (isReached(tp, side === 'LONG')) return { exit: 'TP', ts, price: tp, why: 'it reached its TP' };
  if (ts < until) return null;
  const time = new Date(until).toISOString();
  return { exit: 'TIMEOUT', ts, price: last, why: `neither TP nor SL by ${time}` };
}

/** Closed for good, and told of once: by whoever writes the row. */
function end(facts: PairFacts, swing: Swing, found: End): PairFacts {
  if (swing.closedAt !== null) return facts;
  const closed = { ...swing, closedAt: found.ts };
  return { ...facts, swing: closed, outbox: [...facts.outbox, endEvent(swing.signal, found)] };
}

function endEvent(
  { id, pair, side, entry, tp, sl }: SwingSignal,
  { exit, ts, price, why }: End,
): PositionEvent {
  const at = price === null ? '' : ` at ${price}`;
  return {
    id: `${id}:EXIT`,
    kind: 'EXIT',
    signalId: id,
    pair,
    side,
    ts,
    exit,
    price: null,
    size: null,
    refusal: null,
    fees: null,
    funding: null,
    pnl: null,
    reason: `${exit}${at}, offered at ${entry}: ${why}.`,
    tp,
    sl,
    numbers: { entry, price },
  };
}
