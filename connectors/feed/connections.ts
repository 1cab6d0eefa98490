/** Which connection carries which stream. Pure: told what is wanted, it answers with the changes that lead there. */
import { ConfigError } from '../../schemas/errors.ts';
import type { Stream } from '../exchanges/market-event.ts';
import type { ConnectionLimits } from '../exchanges/venue.ts';

/** To be done in this order. */
export type PlanChange =
  | { readonly kind: 'open'; readonly connection: number; readonly copy: number }
  | { readonly kind: 'close'; readonly connection: number }
  | { readonly kind: 'subscribe'; readonly connection: number; readonly streams: readonly Stream[] }
  | { readonly kind: 'unsubscribe'; readonly connection: number; readonly streams: readonly Stream[] };

interface Planned {
  readonly connection: number;
  readonly copy: number;
  /** By symbol: all of a symbol's streams are together, so that they come in the exchange's order. */
  readonly streams: Map<string, readonly Stream[]>;
}

/**
 * `copies` connections carry each stream, so that one may go down and nothing is lost. Nothing moves without need:
 * what stays wanted stays where it is, new symbols fill free room before a connection is opened for them (first fit),
 * and a connection is closed once it carries nothing. Numbers of connections are never given twice.
 */
export class ConnectionPlan {
  readonly #room: number;
  readonly #copies: number;
  readonly #nextNumber: () => number;
  #planned: Planned[] = [];

  /** @param nextNumber Of the next connection. @throws ConfigError where there is to be no copy. */
  constructor(
    { streamsPerConnection }: Pick<ConnectionLimits, 'streamsPerConnection'>,
    copies = 1,
    nextNumber = numbers(),
  ) {
    if (!(Number.isInteger(copies) && copies >= 1)) {
      throw new ConfigError(`Expected 1 copy of each stream or more, got ${copies}.`);
    }
    this.#room = streamsPerConnection;
    this.#copies = copies;
    this.#nextNumber = nextNumber;
  }

  /**
   * @param streams All that is wanted, instead of what was.
   * @throws ConfigError where one symbol has more streams than a connection may carry; then nothing has changed.
   */
  want(streams: readonly Stream[]): PlanChange[] {
    const wanted = bySymbol(streams);
    for (const [symbol, own] of wanted) {
      if (own.length <= this.#room) continue;
      throw new ConfigError(
        `Expected at most ${this.#room} streams of ${symbol}, which is what a connection carries, got ${own.length}.`,
      );
    }
    const before = new Map(this.#planned.map((each) => [each, [...each.streams.values()].flat()]));
    for (let copy = 0; copy < this.#copies; copy++) this.#place(wanted, copy);
    const changes = this.#planned.flatMap((each) => changesOf(each, before.get(each)));
    this.#planned = this.#planned.filter(({ streams: own }) => own.size > 0);
    // First what frees, so that a venue's limit of connections is never exceeded on the way.
    return changes.toSorted((a, b) => ORDER[a.kind] - ORDER[b.kind]);
  }

  /** Streams that a connection carries; none where it is not planned. */
  streamsOf(connection: number): readonly Stream[] {
    const own = this.#planned.find((each) => each.connection === connection)?.streams.values() ?? [];
    return [...own].flat();
  }

  /** Connections that carry a symbol's streams: one of each copy. */
  connectionsOf(symbol: string): number[] {
    return this.#planned.filter(({ streams }) => streams.has(symbol)).map(({ connection }) => connection);
  }

  get connections(): number[] {
    return this.#planned.map(({ connection }) => connection);
  }

  #place(wanted: ReadonlyMap<string, readonly Stream[]>, copy: number): void {
    const own = this.#planned.filter((each) => each.copy === copy);
    const placed = new Set<string>();
    for (const { streams } of own) {
      for (const symbol of [...streams.keys()]) {
        const now = wanted.get(symbol);
        if (now) streams.set(symbol, now);
        else streams.delete(symbol);
      }
    }
    // A symbol that has got more streams may have to leave for room; the newest goes.
    for (const { streams } of own)
      while (load(streams) > this.#room) streams.delete([...streams.keys()].at(-1)!);
    for (const { streams } of own) for (const symbol of streams.keys()) placed.add(symbol);
    for (const [symbol, streams] of wanted) {
      if (!placed.has(symbol)) this.#withRoom(own, streams.length, copy).streams.set(symbol, streams);
    }
  }

  #withRoom(own: Planned[], count: number, copy: number): Planned {
    const free = own.find(({ streams }) => load(streams) + count <= this.#room);
    if (free) return free;
    const opened = { connection: this.#nextNumber(), copy, streams: new Map<string, readonly Stream[]>() };
    own.push(opened);
    this.#planned.push(opened);
    return opened;
  }
}

/** 0, 1, 2, … */
export function numbers(): () => number {
  let next = 0;
  return () => next++;
}

const ORDER: Readonly<Record<PlanChange['kind'], number>> = {
  unsubscribe: 0,
  close: 1,
  open: 2,
  subscribe: 3,
};

/** @param before Undefined where the connection is new. */
function changesOf({ connection, copy, streams }: Planned, before?: readonly Stream[]): PlanChange[] {
  if (streams.size === 0) return [{ kind: 'close', connection }];
  const after = [...streams.values()].flat();
  const changes: PlanChange[] = before ? [] : [{ kind: 'open', connection, copy }];
  const gone = without(before ?? [], after);
  const added = without(after, before ?? []);
  if (gone.length > 0) changes.push({ kind: 'unsubscribe', connection, streams: gone });
  if (added.length > 0) changes.push({ kind: 'subscribe', connection, streams: added });
  return changes;
}

function bySymbol(streams: readonly Stream[]): Map<string, readonly Stream[]> {
  const symbols = new Map<string, Map<string, Stream>>();
  for (const stream of streams) {
    const own = symbols.get(stream.symbol) ?? new Map<string, Stream>();
    symbols.set(stream.symbol, own.set(stream.kind, stream));
  }
  return new Map(Array.from(symbols, ([symbol, own]) => [symbol, [...own.values()]]));
}

function load(streams: ReadonlyMap<string, readonly Stream[]>): number {
  let count = 0;
  for (const own of streams.values()) count += own.length;
  return count;
}

function without(streams: readonly Stream[], others: readonly Stream[]): Stream[] {
  const names = new Set(others.map(streamName));
  return streams.filter((stream) => !names.has(streamName(stream)));
}

/** A stream as the key of a map. */
export function streamName({ kind, symbol }: Stream): string {
  return `${kind} ${symbol}`;
}
