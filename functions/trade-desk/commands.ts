/** What a book asks of the exchange: read from its row, where it stands until the exchange has answered. */
import type { BracketOrder, CloseOrder } from '../../connectors/broker/port.ts';
import { shortHash } from '../../schemas/hash.ts';
import type { Book, Live, OnAccount, Position } from './state.ts';

export type Command =
  | { readonly kind: 'PLACE'; readonly clientId: string; readonly order: BracketOrder }
  | { readonly kind: 'CANCEL'; readonly clientId: string; readonly symbol: string }
  | { readonly kind: 'CLOSE'; readonly clientId: string; readonly order: CloseOrder };

/** Of an order whose end is not known yet. */
export interface Awaited {
  readonly clientId: string;
  readonly symbol: string;
}

const OURS = 'cst-';

/** The same for the same purpose, so that an order that is sent again is none of its own; 20 characters. */
export function clientIdOf(...purpose: readonly string[]): string {
  return `${OURS}${shortHash(...purpose)}`;
}

/** Of one attempt to close a position, from 1 on. */
export function closingId(signalId: string, book: string, attempt: number): string {
  return clientIdOf(signalId, book, `close ${attempt}`);
}

/** Whether a desk of ours made the order. */
export function isOurs(clientId: string): boolean {
  return clientId.startsWith(OURS);
}

export function isLive(position: Position): position is Live {
  return position.account !== null;
}

/** In the order of its positions; none of them twice, all of them again until they are answered. */
export function commandsOf({ positions }: Book, at: number): Command[] {
  return positions.filter(isLive).flatMap((position) => {
    const { closing } = position.account;
    const entry = entryCommand(position, at);
    const close = closing?.answer === null ? closeCommand(position, closing) : null;
    return [entry, close].filter((command) => command !== null);
  });
}

/** An order that is wanted no more is taken back also where nobody knows whether it was sent. */
function entryCommand({ status, account, ...position }: Live, at: number): Command | null {
  const { symbol, side, tp, sl, leverage, expiresAt } = position;
  const { clientId, size, limit, lives, ending, over, placedAt } = account;
  if (status !== 'WORKING' || over !== null) return null;
  if (ending !== null) return { kind: 'CANCEL', clientId, symbol };
  if (placedAt !== null || at > expiresAt) return null;
  const order = { clientId, symbol, side, size, limit, lives, tp, sl, leverage };
  return { kind: 'PLACE', clientId, order };
}

function closeCommand({ symbol, side }: Live, closing: NonNullable<OnAccount['closing']>): Command {
  const { clientId, size } = closing;
  return { kind: 'CLOSE', clientId, order: { clientId, symbol, side, size } };
}

/** Orders that the exchange is to be asked about. */
export function awaitedOf({ positions }: Book): Awaited[] {
  return positions.filter(isLive).flatMap(({ status, symbol, account }) => {
    const { clientId, closing, over, placedAt, ending } = account;
    const isEntry = status === 'WORKING' && over === null && (placedAt !== null || ending !== null);
    const isClose = closing?.answer?.isPlaced === true && closing.over === null;
    return [
      ...(isEntry ? [{ clientId, symbol }] : []),
      ...(isClose ? [{ clientId: closing.clientId, symbol }] : []),
    ];
  });
}

/** From when on fills may be news; null where nothing is open. Clocks may differ by a little. Unit: ms since the epoch. */
export function fillsSince({ positions }: Book): number | null {
  const ordered = positions.filter(isLive).map(({ account }) => account.orderedAt);
  return ordered.length === 0 ? null : Math.min(...ordered) - SKEW_MS;
}

/** What the exchange's clock may be behind ours: more, and it refuses requests. */
export const SKEW_MS = 5_000;
