/** Curves of equity, of the exits that made them. Pure. */
import type { PositionEvent } from '../../schemas/position-event.ts';
import type { EquityPoint } from '../api.ts';

/** Book by book. @param exits Oldest first. */
export function curvesOf(exits: readonly PositionEvent[]): EquityPoint[] {
  return [...Map.groupBy(exits, (exit) => exit.book)].flatMap(([book, own]) => curveOf(book, own));
}

/** Equity changes with exits alone, so before the first it was less by what that one made. */
function curveOf(book: string | undefined, exits: readonly PositionEvent[]): EquityPoint[] {
  const points = exits.flatMap(({ ts, equity, pnl }) =>
    typeof equity === 'number' ? [{ ts, equity, pnl: pnl ?? 0 }] : [],
  );
  const [first] = points;
  if (book === undefined || first === undefined) return [];
  const start = { ts: first.ts, equity: first.equity - first.pnl };
  return [start, ...points].map(({ ts, equity }) => ({ book, ts, equity }));
}
