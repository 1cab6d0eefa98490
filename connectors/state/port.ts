/** StateStore: what is known now, rows by key with named cells. Twins: SQLite, Bigtable. */

/** Texts by name. Names match /^[a-z][A-Za-z0-9_]{0,63}$/. */
export type Cells = Readonly<Record<string, string>>;

export interface Row {
  readonly key: string;
  readonly cells: Cells;
}

/** Cells to set; null removes one. Cells not named stay as they are. */
export type CellWrites = Readonly<Record<string, string | null>>;

/** What one cell of the row must be for a write to happen. Texts compare by their UTF-8 bytes. */
export type Condition =
  | { readonly cell: string; readonly is: string }
  | { readonly cell: string; readonly absent: true }
  /** It is absent, or compares below the text: the write is newer than what is there. */
  | { readonly cell: string; readonly absentOrBelow: string };

export interface WriteOptions {
  /** From this instant of the store's clock on, the cells written are absent; undefined: never. Unit: ms since the epoch. */
  readonly expiresAt?: number | undefined;
}

export interface ScanQuery {
  readonly prefix: string;
  /** Keys at or after this one; where a page before this one ended. */
  readonly from?: string | undefined;
  /** Keys before this one. */
  readonly before?: string | undefined;
  /** Rows at most. Default 1000. */
  readonly limit?: number | undefined;
}

export interface Page {
  /** By key, ascending. */
  readonly rows: readonly Row[];
  /** `from` of the next page; null behind the last one. */
  readonly next: string | null;
}

/**
 * What is promised, of one row and never of two:
 * - A write is seen whole or not at all, also after a crash of its process.
 * - A condition and its write are one step: of several writers with the same condition on a cell that they change, one
 *   succeeds.
 * - A call sees every write whose promise was fulfilled before the call, by whatever process.
 * - A write is durable when its promise is fulfilled. Where it is rejected with UpstreamError, it may have happened or
 *   not: read before deciding anew.
 * - A row without cells does not exist.
 * A scan reads each row at some moment of its own; rows of a page need not have stood there together.
 * Cells expire by the clock of whoever looks: processes whose clocks differ see the end at different moments.
 *
 * Keys are printable ASCII without spaces, at most 1024 long, and sort by their characters.
 * Every call throws InvariantError on names outside these limits, ConfigError and UpstreamError on what lies outside.
 */
export interface StateStore {
  get(key: string): Promise<Cells | null>;
  put(key: string, cells: CellWrites, options?: WriteOptions): Promise<void>;
  /** False: the condition did not hold, and nothing was written. */
  compareAndSet(
    key: string,
    condition: Condition,
    cells: CellWrites,
    options?: WriteOptions,
  ): Promise<boolean>;
  /** Removes the row; no complaint where there is none. */
  delete(key: string): Promise<void>;
  scan(query: ScanQuery): Promise<Page>;
  /** Finishes what was asked for, then releases everything. Idempotent. */
  close(): Promise<void>;
}
