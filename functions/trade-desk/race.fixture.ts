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
      for (let i = 0; i < 12; i++) await null;
    }
    this.#isRunning = false;
  }
}

export interface RacyPorts {
  readonly store: StateStore;
  readonly bus: MessageBus;
  /** Rows as they are. */
  readonly rows: ReadonlyMap<string, Cells>;
  /** What came to the bus, without second copies of an id. */
  readonly published: readonly OutgoingMessage[];
}

/** Calls fail this often, half of them after they had their effect; `onWrite` sees each row that is written. */
export function racyPorts(
  random: () => number,
  failures: number,
  onWrite: (key: string, cells: Cells) => void,
): RacyPorts {
  const turns = new Turns(random);
  const rows = new Map<string, Cells>();
  const published: OutgoingMessage[] = [];
  const ids = new Map<string, string>();

  async function step<T>(act: () => T): Promise<T> {
    await turns.turn();
    const luck = random();
    if (luck < failures / 2) throw new UpstreamError('Expected a store, got a lost request.');
    const result = act();
    if (luck < failures) throw new UpstreamError('Expected an answer, got none.');
    await turns.turn();
    return result;
  }
  const holds = (cells: Cells | undefined, condition: Condition) => {
    const value = cells?.[condition.cell];
    if ('absent' in condition) return value === undefined;
    if ('is' in condition) return value === condition.is;
    return value === undefined || value < condition.absentOrBelow;
  };
  const write = (key: string, writes: CellWrites) => {
    const cells = { ...rows.get(key), ...writes } as Record<string, string>;
    rows.set(key, cells);
    onWrite(key, cells);
  };
  const unused = () => {
    throw new InvariantError('Expected a call the desk makes, got another.');
  };

  const store: StateStore = {
    get: (key) => step(() => rows.get(key) ?? null),
    put: (key, cells) => step(() => write(key, cells)),
    compareAndSet: (key, condition, cells) =>
      step(() => {
        if (!holds(rows.get(key), condition)) return false;
        write(key, cells);
        return true;
      }),
    delete: unused,
    scan: unused,
    close: async () => {},
  };
  const publish = (_: TopicName, messages: readonly OutgoingMessage[]) =>
    step(() => {
      for (const message of messages) {
        const [id, text] = [message.attributes.id!, Buffer.from(message.data).toString()];
        const known = ids.get(id);
        if (known !== undefined && known !== text) throw new InvariantError(`Expected one ${id}, got two.`);
        if (known === undefined) published.push(message);
        ids.set(id, text);
      }
    });
  return { store, bus: { publish, subscribe: unused, close: async () => {} }, rows, published };
}
