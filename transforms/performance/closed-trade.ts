/** A closed trade, as statistics see it. */
import type { PositionEvent } from '../../schemas/position-event.ts';

/** Times in ms since the epoch; amounts in quote. */
export interface ClosedTrade {
  readonly book: string;
  readonly signalId: string;
  readonly pair: string;
  readonly side: PositionEvent['side'];
  readonly exit: NonNullable<PositionEvent['exit']>;
  readonly openedAt: number;
  readonly closedAt: number;
  readonly entry: number;
  readonly price: number;
  /** Unit: base. */
  readonly size: number;
  /** Of the price difference alone. */
  readonly gross: number;
  /** Of entry and exit. */
  readonly fees: number;
  /** Received (+) or paid (−), as far as it is known. */
  readonly funding: number;
  readonly isFundingKnown: boolean;
  /** What fills were worse than the prices they were meant for; within `gross`. */
  readonly slippageCost: number;
  readonly net: number;
}

/** Trades of entries and exits, by the time of their exit. Exits without a fill (cancelled orders) are none. */
export function closedTrades(events: readonly PositionEvent[]): ClosedTrade[] {
  const keyOf = ({ signalId, book }: PositionEvent) => JSON.stringify([signalId, book]);
  const entries = new Map(
    events.filter(({ kind }) => kind === 'ENTRY').map((entry) => [keyOf(entry), entry]),
  );
  const exits = new Map(events.filter(({ kind }) => kind === 'EXIT').map((exit) => [keyOf(exit), exit]));
  return [...exits]
    .flatMap(([key, exit]) => {
      const entry = entries.get(key);
      const trade = entry === undefined ? null : tradeOf(entry, exit);
      return trade === null ? [] : [trade];
    })
    .sort((a, b) => a.closedAt - b.closedAt || (a.signalId < b.signalId ? -1 : 1));
}

function tradeOf(entry: PositionEvent, exit: PositionEvent): ClosedTrade | null {
  const { pair, side, signalId, book = '', numbers, pnl, fees, size, price } = exit;
  if (entry.price === null || price === null || size === null || pnl === null || exit.exit === null)
    return null;
  const gross = (side === 'LONG' ? 1 : -1) * (price - entry.price) * size;
  const slipped = (event: PositionEvent) => (event.slippage ?? 0) * event.price! * size;
  return {
    book,
    signalId,
    pair,
    side,
    exit: exit.exit,
    size,
    gross,
    net: pnl,
    price,
    openedAt: entry.ts,
    closedAt: exit.ts,
    entry: entry.price,
    fees: fees ?? 0,
    funding: exit.funding ?? numbers?.knownFunding ?? 0,
    isFundingKnown: exit.fundingKnown !== false && exit.funding !== null,
    slippageCost: slipped(entry) + slipped(exit),
  };
}
