/** A store and a bus whose every step waits its turn, and turns are drawn at random: one seed, one interleaving. */
import type { MessageBus, OutgoingMessage } from '../../connectors/bus/port.ts';
import type { Cells, CellWrites, Condition, StateStore } from '../../connectors/state/port.ts';
import { InvariantError, UpstreamError } from '../../schemas/errors.ts';
import type { TopicName } from '../../schemas/topics.ts';

/** Numbers in [0, 1), the same for the same seed (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Lets one waiting step go at a time, whichever chance says, until nobody waits. */
export class Turns {
  readonly #random: () => number;
  readonly #waiting: (() => void)[] = [];
  #isRunning = false;

  constructor(random: () => number) {
    this.#random = random;
  }

  turn(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      if (this.#isRunning) return;
      this.#isRunning = true;
      setImmediate(() => void this.#run());
    });
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      const [next] = this.#waiting.splice(Math.floor(this.#random() * this.#waiting.length), 1);
      next!();
      // All that follows from the step, up to the next turns that are asked for.
      for (let i = 0; i < 8; i++) await null;
    }
    this.#isRunning = false;
  }
}

/** Rows in memory. */
export function memoryStore(): StateStore {
  const rows = new Map<string, Cells>();
  const write = (key: string, cells: CellWrites) =>
    void rows.set(key, { ...rows.get(key), ...cells } as Cells);
  const holds = (cells: Cells | undefined, condition: Condition) => {
    const value = cells?.[condition.cell];
    if ('absent' in condition) return value === undefined;
    if ('is' in condition) return value === condition.is;
    return value === undefined || value < condition.absentOrBelow;
  };
  return {
    get: async (key) => rows.get(key) ?? null,
    put: async (key, cells) => write(key, cells),
    compareAndSet: async (key, condition, cells) => {
      const isHeld = holds(rows.get(key), condition);
      if (isHeld) write(key, cells);
      return isHeld;
    },
    delete: unused,
    scan: unused,
    close: async () => {},
  };
}

function unused(): never {
  throw new InvariantError('Expected a call the desk makes, got another.');
}

export interface RacyPorts {
  readonly store: StateStore;
  readonly bus: MessageBus;
  /** Any other call, with the same chances. */
  readonly step: <T>(act: () => Promise<T>) => Promise<T>;
  /** What came to the bus, without second copies of an id. */
  readonly published: readonly OutgoingMessage[];
}

export interface RacyOptions {
  readonly random: () => number;
  /** Share of calls that fail, half of them after they had their effect. */
  readonly failures: number;
  readonly store: StateStore;
  /** Before each key, so that races may share a store. */
  readonly prefix: string;
  /** Sees each row that is written. */
  readonly onWrite: (key: string, cells: CellWrites) => void;
}

export function racyPorts({ random, failures, store, prefix, onWrite }: RacyOptions): RacyPorts {
  const turns = new Turns(random);
  const published: OutgoingMessage[] = [];
  const ids = new Map<string, string>();

  async function step<T>(act: () => Promise<T>): Promise<T> {
    await turns.turn();
    const luck = random();
    if (luck < failures / 2) throw new UpstreamError('Expected a store, got a lost request.');
    const result = await act();
    if (luck < failures) throw new UpstreamError('Expected an answer, got none.');
    await turns.turn();
    return result;
  }
  const racy: StateStore = {
    get: (key) => step(() => store.get(prefix + key)),
    put: unused,
    compareAndSet: (key, condition, cells) =>
      step(async () => {
        const isWritten = await store.compareAndSet(prefix + key, condition, cells);
        if (isWritten) onWrite(key, cells);
        return isWritten;
      }),
    delete: unused,
    scan: unused,
    close: async () => {},
  };
  const take = (message: OutgoingMessage) => {
    const [id, text] = [message.attributes.id!, Buffer.from(message.data).toString()];
    const known = ids.get(id);
    if (known !== undefined && known !== text) throw new InvariantError(`Expected one ${id}, got two.`);
    if (known === undefined) published.push(message);
    ids.set(id, text);
  };
  const publish = (_: TopicName, messages: readonly OutgoingMessage[]) =>
    step(async () => messages.forEach(take));
  return { store: racy, bus: { publish, subscribe: unused, close: async () => {} }, step, published };
}
