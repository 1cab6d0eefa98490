/** Rows of one symbol waiting for their message: columns of fixed size, filled from the columns of files. */
import type { TradeRows } from '../../connectors/files/rows.ts';

/** Rows of one message at most. */
export const MAX_ROWS = 4096;

export class PendingRows {
  count = 0;
  readonly ts = new Float64Array(MAX_ROWS);
  readonly seq = new Float64Array(MAX_ROWS);
  readonly price = new Float64Array(MAX_ROWS);
  readonly size = new Float64Array(MAX_ROWS);
  ids: 'seq' | 'line' | string[] = 'seq';
  readonly #buy = new Uint8Array(MAX_ROWS);
  #hasSides = true;

  get buy(): Uint8Array | null {
    return this.#hasSides ? this.#buy : null;
  }

  /** Takes as many of rows [from, to) as there is room for; says how many. All rows come from one file. */
  take(rows: TradeRows, from: number, to: number): number {
    const taken = Math.min(to - from, MAX_ROWS - this.count);
    this.#takeIds(rows, from, taken);
    if (this.count === 0) this.#hasSides = true;
    if (!rows.buy) this.#hasSides = false;
    for (let i = 0; i < taken; i++) {
      const [at, row] = [this.count + i, from + i];
      this.ts[at] = rows.ts[row]!;
      this.seq[at] = rows.seq[row]!;
      this.price[at] = rows.price[row]!;
      this.size[at] = rows.size[row]!;
      if (rows.buy) this.#takeSide(at, rows.buy[row]!);
    }
    this.count += taken;
    return taken;
  }

  /** Sides of a message are known of all its rows or of none. */
  #takeSide(at: number, buy: number): void {
    this.#buy[at] = buy;
    if (buy > 1) this.#hasSides = false;
  }

  clear(): void {
    this.count = 0;
  }

  /** Ids stay in their short form as long as all rows share it. */
  #takeIds({ ids, seq }: TradeRows, from: number, taken: number): void {
    if (this.count === 0) this.ids = typeof ids === 'string' ? ids : [];
    if (this.ids === ids) return;
    if (this.ids === 'seq') this.ids = Array.from(this.seq.subarray(0, this.count), String);
    for (let i = from; i < from + taken; i++) {
      (this.ids as string[]).push(typeof ids === 'string' ? String(seq[i]) : ids[i]!);
    }
  }
}
