/** Typed rows that are decided upon: read with a version, written only while that version still stands. */
import type { z } from 'zod';
import { UpstreamError } from '../../schemas/errors.ts';
import type { OwnedKind } from '../../schemas/state.ts';
import { ownedKey } from '../../schemas/state-keys.ts';
import type { StateStore, WriteOptions } from './port.ts';
import { parseValue, scanAll } from './records.ts';

export interface Versioned<T> {
  readonly value: T;
  /** From 1 on, one more with each write; 0 is that of a row that does not exist. */
  readonly version: number;
}

/** Rows remembered at most: those of all pairs, several times over. */
const MAX_REMEMBERED = 1_000;
/** Others win the row so often only where something writes without end. */
const MAX_TRIES = 1_000;

/** Rows of one kind; `schema` is that of the list in schemas/state.ts, or its owner’s own. */
export class OwnedRows<S extends z.ZodType> {
  readonly #store: StateStore;
  readonly #kind: OwnedKind;
  readonly #schema: S;
  /** What a text was last read or written as, by key: what is read again and again is taken apart once. Values never change. */
  readonly #remembered = new Map<string, { readonly text: string; readonly value: z.output<S> }>();

  constructor(store: StateStore, kind: OwnedKind, schema: S) {
    this.#store = store;
    this.#kind = kind;
    this.#schema = schema;
  }

  async read(...parts: string[]): Promise<Versioned<z.output<S>> | null> {
    const key = ownedKey(this.#kind, parts);
    const cells = await this.#store.get(key);
    return cells === null ? null : this.#parse(key, cells);
  }

  /**
   * Writes the successor of `version` (0: the row must not exist). False: someone else has; read and decide anew.
   * @throws UpstreamError where it may have happened or not: read, then decide anew.
   */
  async replace(
    parts: readonly string[],
    version: number,
    value: z.output<S>,
    options: WriteOptions = {},
  ): Promise<boolean> {
    const key = ownedKey(this.#kind, parts);
    const condition =
      version === 0 ? ({ cell: 'version', absent: true } as const) : { cell: 'version', is: String(version) };
    const text = JSON.stringify(this.#schema.encode(value as never));
    const cells = { version: String(version + 1), value: text };
    const isWritten = await this.#store.compareAndSet(key, condition, cells, options);
    if (isWritten) this.#remember(key, text, value);
    return isWritten;
  }

  /**
   * Reads, changes and writes until nobody came between; `change` is called anew each time, so it must be pure. Where
   * it gives null nothing is written. The value that is in force afterwards, null where there is none.
   */
  async update(
    parts: readonly string[],
    change: (value: z.output<S> | null) => z.output<S> | null,
  ): Promise<z.output<S> | null> {
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const found = await this.read(...parts);
      const value = change(found?.value ?? null);
      if (value === null) return found?.value ?? null;
      if (await this.replace(parts, found?.version ?? 0, value)) return value;
    }
    throw new UpstreamError(
      `Expected to update ${this.#kind} ${parts.join(', ')}, got others before it ${MAX_TRIES} times.`,
    );
  }

  /** All rows of the kind, by key. */
  async list(): Promise<Versioned<z.output<S>>[]> {
    const rows = await scanAll(this.#store, { prefix: ownedKey(this.#kind, ['']) });
    return rows.map(({ key, cells }) => this.#parse(key, cells));
  }

  #parse(key: string, cells: Readonly<Record<string, string>>): Versioned<z.output<S>> {
    const version = Number(cells.version);
    const known = this.#remembered.get(key);
    if (known !== undefined && known.text === cells.value) return { value: known.value, version };
    const value = parseValue(this.#schema, key, cells.value);
    this.#remember(key, cells.value ?? '', value);
    return { value, version };
  }

  #remember(key: string, text: string, value: z.output<S>): void {
    this.#remembered.delete(key);
    this.#remembered.set(key, { text, value });
    if (this.#remembered.size > MAX_REMEMBERED)
      this.#remembered.delete(this.#remembered.keys().next().value!);
  }
}
