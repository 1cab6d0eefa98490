/** What the readers of recorded market data hand over: columns of good rows, and each bad row with its line. */

/** A row that could not be read, kept whole. */
export interface BadRow {
  /** 1 = first line of the file (a header is line 1); the row's number in a file without lines (Parquet). */
  readonly line: number;
  /** Good rows before it in its chunk. */
  readonly at: number;
  /** What was expected and what came. */
  readonly reason: string;
  /** Its own time where that much could be read, else that of the good row before it, if any. Unit: ms since the epoch. */
  readonly ts: number | null;
  /** The row's original bytes; of a Parquet row its values as JSON. */
  readonly bytes: Uint8Array;
}

/** Trades in order of arrival, one array per column. */
export interface TradeRows {
  readonly count: number;
  /** Unit: ms since the epoch. */
  readonly ts: Float64Array;
  readonly price: Float64Array;
  readonly size: Float64Array;
  /** A numeric trade id, else the line number. */
  readonly seq: Float64Array;
  /** 1 taker buy, 0 taker sell, 2 where the row does not tell; null where the file does not. */
  readonly buy: Uint8Array | null;
  /** `seq`: each id is the text of `seq`. `line`: the file has no ids, each is `#` and the line number in `seq`. */
  readonly ids: 'seq' | 'line' | readonly string[];
  readonly bad: readonly BadRow[];
}

/** Bars in order of arrival. */
export interface CandleRow {
  readonly openTime: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
  readonly turnover: number | null;
  readonly trades: number | null;
}
export interface CandleRows {
  readonly rows: readonly CandleRow[];
  readonly bad: readonly BadRow[];
}

/** A file being read, chunk by chunk, in bounded memory. */
export interface RowSource<T> extends AsyncIterable<T> {
  /** Share of the file read so far, 0..1. */
  progress(): number;
}

/** A value as a text format gives it; undefined where the row or the file has no such column. */
export type Cell = string | number | boolean | null | undefined;

/** One row before it is judged: cells in the order of the wanted columns, or why it cannot even be taken apart. */
export interface RawRow {
  readonly line: number;
  readonly cells: readonly Cell[] | string;
  bytes(): Uint8Array;
}

/** Columns a reader wants, required ones first. */
export interface Columns {
  readonly required: readonly string[];
  readonly optional: readonly string[];
}

/** Rows of a text file, and which of the wanted columns it has. */
export interface RawTable {
  readonly has: (column: string) => boolean;
  readonly blocks: AsyncIterable<readonly RawRow[]>;
  progress(): number;
}
