/** Judges rows of recorded trades, and gathers the good ones into columns. */
import { CellError, idIn, isMarketTime, numericId, positiveIn, takerBuysIn, timeIn } from './cells.ts';
import type { BadRow, Cell, Columns, RawRow, TradeRows } from './rows.ts';

export const TRADE_COLUMNS: Columns = {
  required: ['ts_ms', 'price', 'size'],
  optional: ['trade_id', 'side'],
};

/** In a column of sides: this row does not tell. */
export const UNKNOWN_SIDE = 2;

interface FileTrade {
  readonly ts: number;
  readonly price: number;
  readonly size: number;
  /** Null where the id is told by `seq`. */
  readonly id: string | null;
  readonly seq: number;
  /** Null where the file does not tell. */
  readonly buy: boolean | null;
}

/** Cells in the order of TRADE_COLUMNS as a trade, or why they are none. */
export function tradeOf({ line, cells }: Pick<RawRow, 'line' | 'cells'>): FileTrade | string {
  if (typeof cells === 'string') return cells;
  const [ts, price, size, tradeId, side] = cells;
  try {
    return {
      ts: timeIn(ts, 'ts_ms'),
      price: positiveIn(price, 'price'),
      size: positiveIn(size, 'size'),
      ...identity(line, tradeId),
      buy: isEmpty(side) ? null : takerBuysIn(side, 'side'),
    };
  } catch (error) {
    if (error instanceof CellError) return error.message;
    throw error;
  }
}

function isEmpty(cell: Cell): boolean {
  return cell === undefined || cell === null || (typeof cell === 'string' && cell.trim() === '');
}

/** Without ids there are distinct trades with the same content: each such row is its own trade. */
function identity(line: number, cell: Cell): { id: string | null; seq: number } {
  if (cell === undefined) return { id: null, seq: line };
  if (isEmpty(cell)) return { id: `#${line}`, seq: line };
  const id = idIn(cell, 'trade_id');
  const number = numericId(id);
  return Number.isNaN(number) ? { id, seq: line } : { id: null, seq: number };
}

/** @param at Good rows before it in its chunk. @param before Time of the last of them, if any. */
export function badRow(row: RawRow, reason: string, at: number, before: number | undefined): BadRow {
  const ts = typeof row.cells === 'string' ? Number.NaN : Number(row.cells[0] ?? Number.NaN);
  const time = isMarketTime(ts) ? ts : (before ?? null);
  return { line: row.line, at, reason, ts: time, bytes: row.bytes() };
}

/** Ids of rows 0 … count − 1 in their shortest form; `texts[i]` is null where `seq` tells the id. */
export function idsOf(
  texts: readonly (string | null)[] | null,
  seq: Float64Array,
  count: number,
  hasIds: boolean,
): TradeRows['ids'] {
  if (!hasIds) return 'line';
  if (!texts) return 'seq';
  return Array.from({ length: count }, (_, i) => texts[i] ?? String(seq[i]));
}

/** Columns of the block's good rows, in their order. */
export function gatherTrades(block: readonly RawRow[], has: (column: string) => boolean): TradeRows {
  const [ts, price, size, seq] = [0, 1, 2, 3].map(() => new Float64Array(block.length)) as [
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  const buy = has('side') ? new Uint8Array(block.length) : null;
  let texts: (string | null)[] | null = null;
  const bad: BadRow[] = [];
  let count = 0;
  for (const row of block) {
    const trade = tradeOf(row);
    if (typeof trade === 'string') {
      bad.push(badRow(row, trade, count, ts[count - 1]));
      continue;
    }
    ts[count] = trade.ts;
    price[count] = trade.price;
    size[count] = trade.size;
    seq[count] = trade.seq;
    if (buy) buy[count] = trade.buy === null ? UNKNOWN_SIDE : Number(trade.buy);
    if (trade.id !== null) {
      texts ??= [];
      texts[count] = trade.id;
    }
    count += 1;
  }
  return { count, ts, price, size, seq, buy, ids: idsOf(texts, seq, count, has('trade_id')), bad };
}
