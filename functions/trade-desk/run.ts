/** The desk on a state store and a bus: any number of them, told anything any number of times, decide each thing once. */
import type { MessageBus } from '../../connectors/bus/port.ts';
import { OwnedRows, type Versioned } from '../../connectors/state/owned.ts';
import type { StateStore } from '../../connectors/state/port.ts';
import type { Candle } from '../../schemas/candle.ts';
import type { DeskConfig, DeskParams } from '../../schemas/desk-params.ts';
import { UpstreamError } from '../../schemas/errors.ts';
import type { PositionEvent } from '../../schemas/position-event.ts';
import { pairOf } from '../../schemas/primitives.ts';
import { OWNED_STATE } from '../../schemas/state.ts';
import { messageFor } from '../../transforms/publish/publish.ts';
import { Batches } from './batches.ts';
import { observe } from './facts.ts';
import { type Context, type DeskInput, pairOfInput } from './input.ts';
import { Book, Closes, PairFacts, type Swing } from './state.ts';
import { openSwings } from './swings.ts';
import { closesWith, decide } from './trade-desk.ts';

export interface DeskPorts {
  readonly store: StateStore;
  readonly bus: MessageBus;
  readonly config: DeskConfig;
  /** Told of a book each time it was decided in, as its row now stands. */
  readonly onBook?: (book: Book) => void;
}

/** Others win a row so often only where something writes without end. */
const MAX_TRIES = 1_000;
/** Inputs that are facts of a pair. */
const FACTS: readonly DeskInput['kind'][] = ['snapshot', 'features', 'candle', 'bias', 'swing', 'instrument'];

/**
 * What is decided is in the book's row, with the events that tell of it, before anything is told; what was told is
 * taken out of the row after it. A desk that dies in between leaves events there, which the next input publishes, all
 * from the first on: their order stays, and the bus drops those it has by their ids.
 */
export class TradeDesk {
  readonly #ports: DeskPorts;
  readonly #books: OwnedRows<typeof Book>;
  readonly #facts: OwnedRows<typeof PairFacts>;
  readonly #closes: OwnedRows<typeof Closes>;
  readonly #pauses: OwnedRows<typeof OWNED_STATE.pause.schema>;
  readonly #turns: ReadonlyMap<string, Batches<DeskInput>>;
  /** One pair after the other, so that a signal comes in between. */
  readonly #bars = new Batches<DeskInput>(async (inputs) => {
    for (const [pair, bars] of Map.groupBy(inputs, pairOfInput)) await this.#observeBars(pair!, bars);
  });
  /** Of each book that has just told something: until that is out of its row. */
  readonly #clearing = new Map<string, Promise<void>>();

  #newestQuoteMs: number | null = null;

  constructor(ports: DeskPorts) {
    this.#ports = ports;
    this.#books = new OwnedRows(ports.store, 'desk-book', Book);
    this.#facts = new OwnedRows(ports.store, 'desk-facts', PairFacts);
    this.#closes = new OwnedRows(ports.store, 'desk-closes', Closes);
    this.#pauses = new OwnedRows(ports.store, 'pause', OWNED_STATE.pause.schema);
    this.#turns = new Map(
      ports.config.books.map((params) => [
        params.book,
        new Batches((inputs) => this.#decide(params, inputs)),
      ]),
    );
  }

  /**
   * Resolves when all that follows from the input is durable and published.
   * @throws UpstreamError where some of it may not be: tell the same again, at any time, to any desk.
   */
  async take(input: DeskInput): Promise<void> {
    const pair = pairOfInput(input);
    if (input.kind === 'snapshot')
      this.#newestQuoteMs = Math.max(input.snapshot.ts, this.#newestQuoteMs ?? 0);
    if (pair !== null && FACTS.includes(input.kind)) await this.#observe(pair, input);
    const isFor = ({ book }: DeskParams) => !('book' in input) || input.book === book;
    const books = this.#ports.config.books.filter(isFor);
    await Promise.all(books.map(({ book }) => this.#inTurn(book, input)));
  }

  /** Closes of the past, for correlation: nothing is decided on them. In any order and any number of times. */
  async remember(candles: readonly Candle[]): Promise<void> {
    const byPair = Map.groupBy(candles, ({ symbol }) => pairOf(symbol));
    const writes = [...byPair].map(([pair, bars]) =>
      this.#observeBars(
        pair,
        bars.map((candle) => ({ kind: 'candle', at: candle.openTime, candle })),
      ),
    );
    await Promise.all(writes);
  }

  /** Together with all that waits: only other desks are raced for a row. */
  async #inTurn(book: string, input: DeskInput): Promise<void> {
    await this.#turns.get(book)!.add(input);
    await this.#clearing.get(book);
  }

  /** Time of the newest order book it was told of; null before the first. Unit: ms. */
  get newestQuoteMs(): number | null {
    return this.#newestQuoteMs;
  }

  /** The books as they are, for whoever shows them. */
  async books(): Promise<Book[]> {
    return (await this.#books.list()).map(({ value }) => value);
  }

  /** One as it is now; null before anything was decided in it. */
  async book(name: string): Promise<Book | null> {
    return (await this.#books.read(name))?.value ?? null;
  }

  /** SWING positions that are open, for whoever shows them. */
  async swings(): Promise<Swing[]> {
    return openSwings((await this.#facts.list()).map(({ value }) => value));
  }

  async #observe(pair: string, input: DeskInput): Promise<void> {
    const facts = await this.#merge(pair, input);
    // Behind the facts: a signal of the same bar can do without the last of so many closes, and is not to wait for it.
    if (input.kind === 'features' || input.kind === 'candle') await this.#bars.add(input);
    const ends = facts?.outbox ?? [];
    if (ends.length === 0) return;
    await this.#ports.bus.publish('position-events', ends.map(asMessage));
    await this.#merge(pair, { kind: 'swing_published', at: 0, pair, ids: ends.map(({ id }) => id) });
  }

  #merge(pair: string, input: DeskInput): Promise<PairFacts | null> {
    return this.#facts.update([pair], (known) => {
      const next = observe(known ?? undefined, pair, input, this.#ports.config);
      return next === known ? null : next;
    });
  }

  async #observeBars(pair: string, inputs: readonly DeskInput[]): Promise<void> {
    await this.#closes.update([pair], (known) => {
      let next = known ?? undefined;
      for (const input of inputs) next = closesWith(next, input, this.#ports.config);
      return next === undefined || next === known ? null : next;
    });
  }

  /** One after the other on the row as it stands, then in one write. */
  async #decide(params: DeskParams, inputs: readonly DeskInput[]): Promise<void> {
    const { config, onBook } = this.#ports;
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const found = await this.#books.read(params.book);
      const context = await this.#contextOf(found?.value, params, inputs);
      const decided = (known: Book | undefined, input: DeskInput) =>
        decide(known, input, { ...context, at: input.at }, config).book;
      const book = inputs.reduce(decided, found?.value)!;
      if (book !== found?.value) {
        if (!(await this.#replace(found, book))) continue;
        onBook?.(book);
      }
      return this.#publish(book);
    }
    throw new UpstreamError(
      `Expected to decide in book ${params.book}, got others before it ${MAX_TRIES} times.`,
    );
  }

  #replace(found: Versioned<Book> | null, book: Book): Promise<boolean> {
    return this.#books.replace([book.book], found?.version ?? 0, book);
  }

  /** Only what the decisions can ask for is read: of pairs that are held, or may be once those before are made. */
  async #contextOf(
    book: Book | undefined,
    params: DeskParams,
    inputs: readonly DeskInput[],
  ): Promise<Omit<Context, 'at'>> {
    const positions = book?.positions ?? [];
    const signals = inputs.flatMap((input) => (input.kind === 'signal' ? [input.signal.pair] : []));
    const own = new Set(inputs.map(pairOfInput));
    const held = [...new Set([...positions.map(({ pair }) => pair), ...signals])];
    const resting = positions.filter(({ status, pair }) => status === 'WORKING' && own.has(pair));
    const pausable = [...signals, ...resting.map(({ pair }) => pair)];
    const [pairs, closes, pauses] = await Promise.all([
      readAll(this.#facts, own.has(null) ? held : held.filter((pair) => own.has(pair))),
      readAll(this.#closes, signals.length > 0 && held.length > 1 ? held : []),
      readAll(this.#pauses, pausable.length > 0 ? ['all', ...pausable] : []),
    ]);
    return { params, pairs, closes, pauses };
  }

  /** What was told is taken out of the row with the next inputs, if there are any by then. */
  async #publish({ book, outbox }: Book): Promise<void> {
    if (outbox.length === 0) return;
    await this.#ports.bus.publish('position-events', outbox.map(asMessage));
    const ids = outbox.map(({ id }) => id);
    const clearing = this.#turns.get(book)!.add({ kind: 'published', at: 0, book, ids });
    this.#clearing.set(book, clearing);
    // Those who wait for it hear of it.
    clearing
      .catch(() => {})
      .finally(() => {
        if (this.#clearing.get(book) === clearing) this.#clearing.delete(book);
      });
  }
}

function asMessage(event: PositionEvent) {
  const { data, attributes, orderingKey } = messageFor('position-events', event);
  return { data, attributes, orderingKey };
}

interface Readable<T> {
  read(...parts: string[]): Promise<Versioned<T> | null>;
}

async function readAll<T>(rows: Readable<T>, keys: readonly string[]): Promise<Record<string, T>> {
  const found = await Promise.all(
    [...new Set(keys)].map(async (key) => [key, await rows.read(key)] as const),
  );
  return Object.fromEntries(found.flatMap(([key, row]) => (row === null ? [] : [[key, row.value]])));
}
