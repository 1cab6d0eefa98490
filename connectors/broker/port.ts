/** Broker: bracket orders on one account of one exchange. The exchange is the truth; whoever asks reconciles with it. */

/** What an order must be a multiple of, and at least. */
export interface Instrument {
  readonly symbol: string;
  /** Unit: quote per base. */
  readonly tick: number;
  /** Unit: base. */
  readonly lot: number;
  /** Unit: base. */
  readonly minSize: number;
  /** Unit: quote. */
  readonly minNotional: number;
}

/** A limit entry whose take profit and stop loss the exchange itself holds from its first fill on. */
export interface BracketOrder {
  /** Identity: an order of an account with the same one is not placed again. Matches /^[A-Za-z0-9_-]{1,36}$/. */
  readonly clientId: string;
  readonly symbol: string;
  readonly side: 'LONG' | 'SHORT';
  /** Unit: base; rounded down to the lot. */
  readonly size: number;
  /** Worst price of the entry, rounded to the tick on the safe side. Unit: quote per base. */
  readonly limit: number;
  /** `now`: what is not filled at once is void. `resting`: never takes; void where it would. */
  readonly lives: 'now' | 'resting';
  /** Unit: quote per base. */
  readonly tp: number;
  readonly sl: number;
  /** Unit: ×. */
  readonly leverage: number;
}

/** Closes what is held of a symbol, or this much of it, at market; never opens the other side. */
export interface CloseOrder {
  /** As that of a bracket order. */
  readonly clientId: string;
  readonly symbol: string;
  /** Of the position that is closed. */
  readonly side: 'LONG' | 'SHORT';
  /** Unit: base. */
  readonly size: number;
}

export type Placing =
  /** `isKnown`: an order with its identity was there. */
  | { readonly kind: 'placed'; readonly isKnown: boolean }
  /** The exchange will not have it in this form, ever. */
  | { readonly kind: 'refused'; readonly reason: string };

export interface OrderState {
  readonly clientId: string;
  readonly symbol: string;
  readonly side: 'LONG' | 'SHORT';
  /** `over`: filled, cancelled or refused; what was filled tells which. */
  readonly status: 'open' | 'over';
  /** Unit: base. */
  readonly size: number;
  /** Unit: base. */
  readonly filled: number;
  /** Why it is over, in the exchange's words, where it was not filled whole. */
  readonly reason: string | null;
}

export interface HeldPosition {
  readonly symbol: string;
  readonly side: 'LONG' | 'SHORT';
  /** Unit: base. */
  readonly size: number;
  /** Mean entry. Unit: quote per base. */
  readonly entry: number;
}

/** One execution, or a payment of funding. */
export interface Fill {
  /** Of the exchange, unique in the account. */
  readonly id: string;
  /** Of the order of ours; null where the exchange made the order (bracket, liquidation, funding), or a person by hand. */
  readonly clientId: string | null;
  readonly symbol: string;
  readonly cause: 'ENTRY' | 'TP' | 'SL' | 'CLOSE' | 'LIQUIDATED' | 'FUNDING';
  /** Of the position. */
  readonly side: 'LONG' | 'SHORT';
  /** Unit: quote per base. */
  readonly price: number;
  /** Unit: base. Of a funding: what was held. */
  readonly size: number;
  /** Paid; negative where received. Of a funding: its whole amount. Unit: quote. */
  readonly fee: number;
  readonly isMaker: boolean;
  /** Exchange time. Unit: ms since the epoch. */
  readonly ts: number;
}

/**
 * Every call throws UpstreamError where it may have happened or not (ask again: identities make that harmless), and
 * ConfigError where a person must change something (wrong key, no permission, clock too far off).
 */
export interface Broker {
  /** `bybit-testnet`, for people. */
  readonly name: string;
  instrument(symbol: string): Promise<Instrument>;
  place(order: BracketOrder): Promise<Placing>;
  /** No complaint where it is over or unknown. */
  cancel(symbol: string, clientId: string): Promise<void>;
  /** May be filled in part, where the book is thin: exchanges bound how far a market order reaches. */
  closeAtMarket(order: CloseOrder): Promise<Placing>;
  /** Null where the account never had it, as far as the exchange remembers. */
  order(symbol: string, clientId: string): Promise<OrderState | null>;
  /** All that may still be filled, brackets of positions and what was made by hand left out. */
  openOrders(): Promise<readonly OrderState[]>;
  positions(): Promise<readonly HeldPosition[]>;
  /** All since then, oldest first; a fill may show some seconds late. */
  fills(sinceMs: number): Promise<readonly Fill[]>;
  close(): Promise<void>;
}
