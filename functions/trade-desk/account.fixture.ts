/** An account at an exchange in memory, which keeps to the broker's contract: orders, brackets, fills, and faults on the way there. */
import type {
  BracketOrder,
  Broker,
  CloseOrder,
  Fill,
  HeldPosition,
  Instrument,
  OrderState,
  Placing,
} from '../../connectors/broker/port.ts';
import type { Clock } from '../../connectors/clock/port.ts';
import { product, total } from './money.ts';

interface Order {
  readonly bracket: BracketOrder | null;
  readonly state: OrderState;
}

const FEES = { maker: 0.0002, taker: 0.00055 };

export class TestAccount implements Broker {
  readonly name = 'test';
  readonly #clock: Clock;
  readonly #orders = new Map<string, Order>();
  readonly #fills: (Fill & { readonly shownAt: number })[] = [];
  readonly held = new Map<string, HeldPosition>();
  readonly #brackets = new Map<string, BracketOrder>();
  /** Fills show this much later. Unit: ms. */
  lagMs = 0;
  /** Sizes of the parts in which an order of this size is filled; what they leave of an entry is void. */
  partsOf: (size: number) => readonly number[] = (size) => [size];
  /** Price of everything. */
  price = 100;
  /** Orders that came with a name that was there. */
  copies = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async instrument(symbol: string): Promise<Instrument> {
    return { symbol, tick: 0.01, lot: 0.1, minSize: 0.1, minNotional: 5 };
  }

  async place(bracket: BracketOrder): Promise<Placing> {
    const { clientId, symbol, side, size, lives } = bracket;
    if (this.#isCopy(clientId)) return { kind: 'placed', isKnown: true };
    const state: OrderState = { clientId, symbol, side, status: 'open', size, filled: 0, reason: null };
    this.#orders.set(clientId, { bracket, state });
    if (lives === 'now') {
      for (const part of this.partsOf(size)) this.fillEntry(clientId, part, this.price, false);
      this.#end(clientId, 'the rest of it was void');
    }
    return { kind: 'placed', isKnown: false };
  }

  async cancel(_: string, clientId: string): Promise<void> {
    if (this.#orders.get(clientId)?.state.status === 'open') this.#end(clientId, 'cancelled');
  }

  async closeAtMarket({ clientId, symbol, side, size }: CloseOrder): Promise<Placing> {
    if (this.#isCopy(clientId)) return { kind: 'placed', isKnown: true };
    const held = this.held.get(symbol);
    if (held?.side !== side) return { kind: 'refused', reason: 'nothing is held' };
    const most = Math.min(size, held.size);
    const parts = this.partsOf(most);
    for (const part of parts) this.#leave(symbol, part, this.price, 'CLOSE', clientId);
    const filled = total(0, ...parts);
    const state = { clientId, symbol, side, status: 'over', size, filled, reason: null } as const;
    this.#orders.set(clientId, { bracket: null, state });
    return { kind: 'placed', isKnown: false };
  }

  async order(_: string, clientId: string): Promise<OrderState | null> {
    return this.#orders.get(clientId)?.state ?? null;
  }

  async openOrders(): Promise<readonly OrderState[]> {
    return this.states().filter(({ status }) => status === 'open');
  }

  async positions(): Promise<readonly HeldPosition[]> {
    return [...this.held.values()];
  }

  async fills(sinceMs: number): Promise<readonly Fill[]> {
    const now = this.#clock.now();
    const shown = this.#fills.filter(({ ts, shownAt }) => ts >= sinceMs && shownAt <= now);
    return shown.map(({ shownAt: _, ...fill }) => fill);
  }

  async close(): Promise<void> {}

  states(): OrderState[] {
    return [...this.#orders.values()].map(({ state }) => state);
  }

  /** All there ever were, shown or not. */
  everyFill(): readonly Fill[] {
    return this.#fills;
  }

  /** Part of an entry, at the order's limit or the price given. */
  fillEntry(clientId: string, size: number, price: number, isMaker = true): void {
    const { bracket, state } = this.#orders.get(clientId)!;
    const filled = total(state.filled, size);
    const status = filled === state.size ? 'over' : 'open';
    this.#orders.set(clientId, { bracket, state: { ...state, filled, status } });
    const { symbol, side } = state;
    const before = this.held.get(symbol);
    const whole = total(before?.size ?? 0, size);
    const entry = ((before?.entry ?? 0) * (before?.size ?? 0) + price * size) / whole;
    this.held.set(symbol, { symbol, side, size: whole, entry });
    this.#brackets.set(symbol, bracket!);
    this.#tell({ clientId, symbol, side, cause: 'ENTRY', price, size, isMaker });
  }

  /** The exchange's own order closes all that is held, in as many parts as any order. */
  hit(symbol: string, cause: 'TP' | 'SL' | 'LIQUIDATED', price?: number): void {
    const held = this.held.get(symbol);
    const bracket = this.#brackets.get(symbol);
    if (!held || !bracket) return;
    const at = price ?? (cause === 'TP' ? bracket.tp : bracket.sl);
    const parts = this.partsOf(held.size);
    const rest = total(held.size, ...parts.map((part) => -part));
    for (const part of rest > 0 ? [...parts, rest] : parts) this.#leave(symbol, part, at, cause, null);
  }

  /** `amount` is what is paid. */
  fund(symbol: string, amount: number): void {
    const held = this.held.get(symbol);
    if (!held) return;
    const { side, size } = held;
    const common = { clientId: null, symbol, side, cause: 'FUNDING', isMaker: false } as const;
    this.#tell({ ...common, price: this.price, size }, amount);
  }

  /** What all fills together made. Unit: quote. */
  profit(): number {
    return total(
      0,
      ...this.#fills.flatMap(({ side, cause, price, size, fee }) => {
        if (cause === 'FUNDING') return [-fee];
        const isBuy = (side === 'LONG') === (cause === 'ENTRY');
        return [product(isBuy ? -1 : 1, price, size), -fee];
      }),
    );
  }

  #isCopy(clientId: string): boolean {
    const isKnown = this.#orders.has(clientId);
    if (isKnown) this.copies += 1;
    return isKnown;
  }

  #end(clientId: string, why: string): void {
    const { bracket, state } = this.#orders.get(clientId)!;
    const reason = state.filled === state.size ? null : why;
    this.#orders.set(clientId, { bracket, state: { ...state, status: 'over', reason } });
  }

  #leave(symbol: string, size: number, price: number, cause: Fill['cause'], clientId: string | null): void {
    const held = this.held.get(symbol)!;
    const rest = total(held.size, -size);
    if (rest > 0) this.held.set(symbol, { ...held, size: rest });
    else this.held.delete(symbol);
    this.#tell({ clientId, symbol, side: held.side, cause, price, size, isMaker: cause === 'TP' });
  }

  #tell(fill: Omit<Fill, 'id' | 'ts' | 'fee'>, amount?: number): void {
    const fee = amount ?? product(fill.price, fill.size, fill.isMaker ? FEES.maker : FEES.taker);
    const ts = this.#clock.now();
    const id = `fill-${String(this.#fills.length).padStart(4, '0')}`;
    this.#fills.push({ ...fill, id, fee, ts, shownAt: ts + this.lagMs });
  }
}

/** Each call goes through `step`, which may lose it on the way there or back. */
export function withFaults(broker: Broker, step: <T>(act: () => Promise<T>) => Promise<T>): Broker {
  return {
    name: broker.name,
    instrument: (symbol) => step(() => broker.instrument(symbol)),
    place: (order) => step(() => broker.place(order)),
    cancel: (symbol, clientId) => step(() => broker.cancel(symbol, clientId)),
    closeAtMarket: (order) => step(() => broker.closeAtMarket(order)),
    order: (symbol, clientId) => step(() => broker.order(symbol, clientId)),
    openOrders: () => step(() => broker.openOrders()),
    positions: () => step(() => broker.positions()),
    fills: (since) => step(() => broker.fills(since)),
    close: () => broker.close(),
  };
}
