/** What became of signals: events of the desk, folded by signal and book. Pure. */
import type { PositionEvent } from '../../schemas/position-event.ts';
import type { ScalpSignal } from '../../schemas/scalp-signal.ts';
import type { ClosedPosition, Outcome, SignalItem } from '../api.ts';

const ORDER = { DECISION: 0, ENTRY: 1, EXIT: 2 } as const;

/** Oldest first; of one moment, the decision before what follows from it. Each once. */
export function inOrder(events: Iterable<PositionEvent>): PositionEvent[] {
  const byId = new Map(Array.from(events, (event) => [event.id, event]));
  return [...byId.values()].sort((a, b) => a.ts - b.ts || ORDER[a.kind] - ORDER[b.kind]);
}

/** By book, in the order of their first event. The end of a SWING is of no book, and no outcome. */
export function outcomesOf(events: Iterable<PositionEvent>): Outcome[] {
  const outcomes = new Map<string, Outcome>();
  for (const event of inOrder(events)) {
    if (event.book !== undefined) outcomes.set(event.book, next(outcomes.get(event.book), event, event.book));
  }
  return [...outcomes.values()];
}

function next(before: Outcome | undefined, event: PositionEvent, book: string): Outcome {
  const { kind, ts, price, size, refusal, exit, pnl, reason, halved } = event;
  const known = { halved: halved ?? before?.halved ?? false, reason, book };
  const fill = { ts, price, size };
  const { entry = null } = before ?? {};
  switch (kind) {
    case 'DECISION':
      return { ...known, state: refusal ? 'REFUSED' : 'ACCEPTED', refusal, entry: null, exit: null };
    case 'ENTRY':
      return { ...known, state: 'OPEN', refusal: null, entry: fill, exit: null };
    case 'EXIT':
      return { ...known, state: 'CLOSED', refusal: null, entry, exit: { ...fill, how: exit!, pnl } };
  }
}

/** @param events Of any signals. */
export function signalItems(signals: readonly ScalpSignal[], events: Iterable<PositionEvent>): SignalItem[] {
  const bySignal = Map.groupBy(events, ({ signalId }) => signalId);
  return signals.map((signal) => ({ ...signal, outcomes: outcomesOf(bySignal.get(signal.id) ?? []) }));
}

/** Positions that are over, the newest exit first. @param events Of any signals. */
export function closedPositions(events: Iterable<PositionEvent>): ClosedPosition[] {
  const closed = [...Map.groupBy(events, ({ signalId }) => signalId)].flatMap(([signalId, own]) =>
    outcomesOf(own)
      .filter(({ state }) => state === 'CLOSED')
      .map((outcome) => ({ signalId, pair: own[0]!.pair, side: own[0]!.side, outcome })),
  );
  return closed.sort((a, b) => b.outcome.exit!.ts - a.outcome.exit!.ts);
}
