/** SWING positions as one would write them down: all that was ever told is kept, and each end is looked for in all of it. */
import type { SwingSignal } from '../../schemas/macro.ts';
import type { PositionEvent } from '../../schemas/position-event.ts';
import type { DeskInput } from './input.ts';

/** What an input shows of a pair after a swing was offered. */
interface Look {
  readonly ts: number;
  readonly prices: readonly number[];
}

export type SwingEnd = Pick<PositionEvent, 'id' | 'exit' | 'ts'>;

export function pricesAfter(swing: SwingSignal, input: DeskInput, venue: string): readonly number[] {
  return lookAfter(swing, input, venue)?.prices ?? [];
}

/** Ends that the last of the inputs brought. */
export function swingEnds(inputs: readonly DeskInput[], venue: string, hours: number): SwingEnd[] {
  const entered = inputs.flatMap((input, index) =>
    input.kind === 'swing' && isEntered(inputs, index) ? [{ swing: input.swing, index }] : [],
  );
  return entered.flatMap(({ swing, index }) => {
    const next = entered.find((other) => other.swing.pair === swing.pair && other.index > index);
    const ends = inputs.map((input, i): Omit<SwingEnd, 'id'> | null => {
      if (i <= index) return null;
      if (i === next?.index) return { exit: 'CANCELLED', ts: next.swing.timestamp };
      return endIn(lookAfter(swing, input, venue), swing, hours);
    });
    const first = ends.findIndex((end) => end !== null);
    return first === inputs.length - 1 && first >= 0 ? [{ ...ends[first]!, id: `${swing.id}:EXIT` }] : [];
  });
}

/** Told in time, and newer than all that were. */
function isEntered(inputs: readonly DeskInput[], index: number): boolean {
  const swings = inputs
    .slice(0, index + 1)
    .flatMap((input) => (input.kind === 'swing' ? [{ ...input.swing, at: input.at }] : []));
  const own = swings.at(-1)!;
  const timely = swings.slice(0, -1).filter(({ at, expires_at }) => at <= expires_at);
  return (
    own.at <= own.expires_at &&
    timely.every(({ pair, timestamp }) => pair !== own.pair || timestamp < own.timestamp)
  );
}

function lookAfter({ pair, timestamp }: SwingSignal, input: DeskInput, venue: string): Look | null {
  if (input.kind === 'snapshot') {
    const { ts, connected, bestBid, bestAsk, lastPrice, symbol } = input.snapshot;
    if (symbol !== pair || input.snapshot.venue !== venue || ts <= timestamp) return null;
    const mid = bestBid === null || bestAsk === null ? null : (bestBid + bestAsk) / 2;
    return { ts, prices: connected ? [mid, lastPrice].filter((price) => price !== null) : [] };
  }
  if (input.kind !== 'features') return null;
  const { row } = input;
  if (row.pair !== pair || row.venue !== venue || row.openTime < timestamp) return null;
  return { ts: row.closeTime, prices: [row.high, row.low] };
}

function endIn(
  look: Look | null,
  { side, tp, sl, timestamp }: SwingSignal,
  hours: number,
): Omit<SwingEnd, 'id'> | null {
  if (look === null) return null;
  const { ts, prices } = look;
  const sign = side === 'LONG' ? 1 : -1;
  if (prices.some((price) => sign * (price - sl) <= 0)) return { exit: 'SL', ts };
  if (prices.some((price) => sign * (price - tp) >= 0)) return { exit: 'TP', ts };
  return ts >= timestamp + hours * 3_600_000 ? { exit: 'TIMEOUT', ts } : null;
}
