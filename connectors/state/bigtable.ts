/** The StateStore of the cloud: one Bigtable table, through a client for data. */
import type { Bigtable, Table } from '@google-cloud/bigtable';
import type { Clock } from '../clock/port.ts';
import { openClient } from './bigtable/client.ts';
import { bigtableError } from './bigtable/errors.ts';
import { cellsOf, exactly, livingCells, type RowFilter } from './bigtable/filters.ts';
import { type MutationProto, mutationsOf } from './bigtable/mutations.ts';
import { checkCondition, checkKey, checkWrites, closedError, rangeOf } from './limits.ts';
import type { Cells, CellWrites, Condition, Page, ScanQuery, StateStore, WriteOptions } from './port.ts';

export interface BigtableStoreOptions {
  readonly project: string;
  readonly instance: string;
  readonly table: string;
  /** App profile with single-cluster routing and single-row transactions; undefined: the instance's default one. */
  readonly appProfile?: string | undefined;
  /** `host:port` of an emulator, spoken to without credentials. */
  readonly endpoint?: string | undefined;
  readonly clock: Clock;
  /** Unit: ms; default 10,000. */
  readonly timeoutMs?: number;
}

/**
 * Opens the store on a table with the families of `bigtable/families.ts`. Reads that fail for a moment are tried again by
 * the library; a write is tried once, because the first attempt may have happened although it failed.
 */
export function openBigtableStore(options: BigtableStoreOptions): StateStore {
  return new BigtableStore(openClient(options.project, options.endpoint, options.appProfile), options);
}

class BigtableStore implements StateStore {
  readonly #client: Bigtable;
  readonly #table: Table;
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #calls = new Set<Promise<unknown>>();
  #closing: Promise<void> | undefined;

  constructor(
    client: Bigtable,
    { project, instance, table, clock, timeoutMs = 10_000 }: BigtableStoreOptions,
  ) {
    this.#client = client;
    this.#table = client.instance(instance).table(table);
    this.#table.name = `projects/${project}/instances/${instance}/tables/${table}`;
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
  }

  async get(key: string): Promise<Cells | null> {
    checkKey(key);
    const [row] = await this.#read({ keys: [key] });
    return row?.cells ?? null;
  }

  async put(key: string, cells: CellWrites, { expiresAt }: WriteOptions = {}): Promise<void> {
    checkWrites(key, cells);
    await this.#mutate(key, mutationsOf(cells, this.#clock.now(), expiresAt));
  }

  async compareAndSet(
    key: string,
    condition: Condition,
    cells: CellWrites,
    { expiresAt }: WriteOptions = {},
  ): Promise<boolean> {
    checkWrites(key, cells);
    checkCondition(condition);
    const now = this.#clock.now();
    const writes = mutationsOf(cells, now, expiresAt);
    // Only a match can be asked for: where the cell must be absent or below, a match is what forbids the write.
    const isWanted = 'is' in condition;
    const { predicateMatched } = await this.#request('checkAndMutateRow', {
      rowKey: Buffer.from(key),
      predicateFilter: exactly(condition, now),
      [isWanted ? 'trueMutations' : 'falseMutations']: writes,
    });
    return predicateMatched === isWanted;
  }

  async delete(key: string): Promise<void> {
    checkKey(key);
    await this.#mutate(key, [{ deleteFromRow: {} }]);
  }

  async scan(query: ScanQuery): Promise<Page> {
    const { from, before, limit } = rangeOf(query);
    if (from >= before) return { rows: [], next: null };
    const start = { value: from, inclusive: true };
    const end = { value: before, inclusive: false };
    const rows = await this.#read({ ranges: [{ start, end }], limit: limit + 1 });
    return { rows: rows.slice(0, limit), next: rows[limit]?.key ?? null };
  }

  close(): Promise<void> {
    this.#closing ??= Promise.allSettled(this.#calls).then(async () => {
      await this.#client.close();
    });
    return this.#closing;
  }

  async #mutate(key: string, mutations: readonly MutationProto[]): Promise<void> {
    await this.#request('mutateRow', { rowKey: Buffer.from(key), mutations });
  }

  async #read(what: { keys: string[] } | { ranges: object[]; limit: number }) {
    const filter: RowFilter[] = livingCells(this.#clock.now());
    const [rows] = await this.#call('read rows', () =>
      this.#table.getRows({
        ...what,
        filter,
        decode: false,
        gaxOptions: { timeout: this.#timeoutMs },
      }),
    );
    return rows.map(({ id, data }) => ({ key: String(id), cells: cellsOf(data) }));
  }

  #request(
    method: 'mutateRow' | 'checkAndMutateRow',
    fields: object,
  ): Promise<{ predicateMatched?: boolean }> {
    const request = {
      client: 'BigtableClient',
      method,
      reqOpts: { tableName: this.#table.name, appProfileId: this.#client.appProfileId, ...fields },
      gaxOpts: { timeout: this.#timeoutMs, retry: null },
    };
    return this.#call(
      'write a row',
      () =>
        new Promise((resolve, reject) => {
          this.#client.request<{ predicateMatched?: boolean }>(request, (error, response) =>
            error ? reject(error) : resolve(response ?? {}),
          );
        }),
    );
  }

  async #call<T>(doing: string, run: () => Promise<T>): Promise<T> {
    if (this.#closing) throw closedError();
    const call = run();
    this.#calls.add(call);
    try {
      return await call;
    } catch (error) {
      throw bigtableError(error, doing);
    } finally {
      this.#calls.delete(call);
    }
  }
}
