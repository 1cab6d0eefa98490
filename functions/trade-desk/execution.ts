/** Execution of one book on an account: sends what its row asks for, tells the desk what became of it, and compares both. */
import type { Broker } from '../../connectors/broker/port.ts';
import type { Clock } from '../../connectors/clock/port.ts';
import type { DeskConfig, DeskParams } from '../../schemas/desk-params.ts';
import { ConfigError, UpstreamError } from '../../schemas/errors.ts';
import { HOUR_MS, pairOf } from '../../schemas/primitives.ts';
import {
  type Awaited as AwaitedOrder,
  awaitedOf,
  type Command,
  clientIdOf,
  commandsOf,
  fillsSince,
} from './commands.ts';
import { type Difference, differences } from './reconcile.ts';
import type { TradeDesk } from './run.ts';
import { type Book, newBook } from './state.ts';

/** Where orders go. */
export interface AccountPorts {
  readonly broker: Broker;
  /** What may be traded now, in the exchange's names. */
  readonly symbols: () => readonly string[];
  /** Told in a sentence what a person should know. */
  readonly notice: (line: string) => void;
}

export interface ExecutionOptions extends AccountPorts {
  readonly desk: TradeDesk;
  readonly clock: Clock;
  /** Of the book that lives on the account. */
  readonly params: DeskParams;
}

/** Instruments change now and then. Unit: ms. */
const INSTRUMENT_LASTS_MS = HOUR_MS;

/** Parameters of the book that lives on the account, if any does. @throws ConfigError where there is no account for it. */
export function bookOnAccount({ books }: DeskConfig, account: AccountPorts | undefined): DeskParams | null {
  const params = books.find(({ execution }) => execution === 'broker') ?? null;
  if (params === null || account !== undefined) return params;
  throw new ConfigError(
    `Expected an account for the book ${params.book}, whose execution is "broker", got none. Set its execution to "paper", or let orders leave.`,
  );
}

/**
 * Keeps nothing that matters: what is to be sent is in the book's row until the exchange has answered, orders are known
 * by names of their own, fills by their ids. So it may die at any moment, and any number of them may run.
 */
export class Execution {
  readonly #options: ExecutionOptions;
  /** Positions of the account that no book knew when it was last compared. */
  #orphans: ReadonlySet<string> = new Set();
  #told: ReadonlySet<string> = new Set();
  /** By symbol: until when it need not be asked about. */
  readonly #sizedUntil = new Map<string, number>();

  constructor(options: ExecutionOptions) {
    this.#options = options;
  }

  /** All there is to do but for comparisons. @throws the first failure, once all has been tried. */
  async pass(): Promise<void> {
    const failures: unknown[] = [];
    for (const act of [() => this.send(), () => this.ask(), () => this.tellFills()]) {
      await act().catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0) throw failures[0];
  }

  /** Sends what waits in the row. */
  async send(): Promise<void> {
    const { clock } = this.#options;
    await all(commandsOf(await this.#book(), clock.now()).map((command) => this.#send(command)));
  }

  /** Asks what became of orders that are not over. */
  async ask(): Promise<void> {
    await all(awaitedOf(await this.#book()).map((order) => this.#ask(order)));
  }

  /** Tells the desk all fills since the oldest position was ordered. */
  async tellFills(): Promise<void> {
    const { broker, desk, clock, params } = this.#options;
    const since = fillsSince(await this.#book());
    if (since === null) return;
    const at = clock.now();
    const fills = await broker.fills(since);
    await desk.take({ kind: 'fills', at, book: params.book, fills });
  }

  /** Tells the desk what orders must be multiples of: in symbols that are new, and in all of them each hour. */
  async instruments(): Promise<void> {
    const { desk, broker, clock, symbols } = this.#options;
    const at = clock.now();
    const due = symbols().filter((symbol) => at >= (this.#sizedUntil.get(symbol) ?? at));
    await all(
      due.map(async (symbol) => {
        const instrument = await broker.instrument(symbol);
        await desk.take({ kind: 'instrument', at: clock.now(), instrument });
        this.#sizedUntil.set(symbol, at + INSTRUMENT_LASTS_MS);
      }),
    );
  }

  /** Compares book and account. The lists are older than the row they are held against: what is new cannot seem strange. */
  async reconcile(): Promise<void> {
    const { desk, broker, clock, params } = this.#options;
    const at = clock.now();
    const [orders, positions] = await Promise.all([broker.openOrders(), broker.positions()]);
    const held = positions.map((position) => ({ ...position, pair: pairOf(position.symbol) }));
    await desk.take({ kind: 'reconcile', at, book: params.book, held });
    const found = differences(await this.#book(), held, orders);
    const strange = new Set(found.map(({ what }) => what));
    await all(found.map((difference) => this.#putRight(difference)));
    this.#told = new Set([...this.#told].filter((what) => strange.has(what)));
    this.#orphans = strange;
  }

  async #book(): Promise<Book> {
    const { desk, params } = this.#options;
    return (await desk.book(params.book)) ?? newBook(params.book, params.risk.startEquity);
  }

  async #send(command: Command): Promise<void> {
    const { broker, desk, clock, params } = this.#options;
    const { kind, clientId } = command;
    if (kind === 'CANCEL') return broker.cancel(command.symbol, clientId);
    const outcome = await (kind === 'PLACE'
      ? broker.place(command.order)
      : broker.closeAtMarket(command.order));
    await desk.take({ kind: 'placing', at: clock.now(), book: params.book, clientId, outcome });
  }

  async #ask({ symbol, clientId }: AwaitedOrder): Promise<void> {
    const { broker, desk, clock, params } = this.#options;
    const at = clock.now();
    const state = await broker.order(symbol, clientId);
    await desk.take({ kind: 'order', at, book: params.book, clientId, state });
  }

  /** A position that no book knows is believed when it is seen again: lists of the exchange lag. */
  async #putRight(difference: Difference): Promise<void> {
    const { broker, params } = this.#options;
    const { kind, what } = difference;
    if (kind === 'STALE_ORDER') {
      this.#tell(what);
      return broker.cancel(difference.order.symbol, difference.order.clientId);
    }
    if (!this.#orphans.has(what)) return;
    this.#tell(what);
    if (kind !== 'ORPHAN' || !params.broker.closeOrphans) return;
    const { symbol, side, size, entry } = difference.position;
    const clientId = clientIdOf('orphan', symbol, side, String(size), String(entry));
    const outcome = await broker.closeAtMarket({ clientId, symbol, side, size });
    if (outcome.kind === 'refused')
      throw new UpstreamError(`${what} It cannot be closed: ${outcome.reason}.`);
  }

  #tell(what: string): void {
    if (!this.#told.has(what)) this.#options.notice(what);
    this.#told = new Set([...this.#told, what]);
  }
}

/** @throws the first failure, once all are settled. */
async function all(works: readonly Promise<void>[]): Promise<void> {
  const failed = (await Promise.allSettled(works)).find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
}
