/** Judges single values of market data rows: each function returns the value or throws why it is none. */
import type { Cell } from './rows.ts';

/** A value that is not what its column needs; its message is the dead letter's reason. */
export class CellError extends Error {}

/** Bitcoin's first block: nothing traded before it. A time in seconds is far below. */
const FIRST_MS = Date.UTC(2009, 0, 3);
/** A time in microseconds is far beyond. */
const LAST_MS = Date.UTC(2100, 0, 1);
const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const MAX_ID = 128;
const MAX_SHOWN = 60;

function shown(cell: Cell): string {
  if (cell === null || cell === undefined || cell === '') return 'nothing';
  const text = String(cell);
  return text.length > MAX_SHOWN ? `"${text.slice(0, MAX_SHOWN)}…"` : `"${text}"`;
}

function refuse(column: string, expected: string, cell: Cell): never {
  throw new CellError(`${column}: expected ${expected}, got ${shown(cell)}`);
}

/** NaN where the cell is no plain decimal number. */
function decimal(cell: Cell): number {
  if (typeof cell === 'number') return cell;
  if (typeof cell !== 'string') return Number.NaN;
  const text = cell.trim();
  return DECIMAL.test(text) ? Number(text) : Number.NaN;
}

/** True for a whole number of ms in the years in which crypto traded. */
export function isMarketTime(ms: number): boolean {
  return Number.isInteger(ms) && ms >= FIRST_MS && ms < LAST_MS;
}

/** Largest price or size that is believed: beyond it a sum of them is no longer exact in 53 bits. */
const MAX_AMOUNT = 1e12;
/** Finest decimal place of a trade batch. */
const MIN_AMOUNT = 1e-12;

export function isAmount(value: number): boolean {
  return value >= MIN_AMOUNT && value <= MAX_AMOUNT;
}

export function timeIn(cell: Cell, column: string): number {
  const ms = decimal(cell);
  return isMarketTime(ms) ? ms : refuse(column, 'whole ms since the epoch between 2009 and 2100', cell);
}

export function positiveIn(cell: Cell, column: string): number {
  const value = decimal(cell);
  return isAmount(value) ? value : refuse(column, 'a positive number, 1e-12 to 1e12', cell);
}

export function nonNegativeIn(cell: Cell, column: string): number {
  const value = decimal(cell);
  return value >= 0 && value < Number.MAX_VALUE ? value : refuse(column, 'a number from 0', cell);
}

export function numberIn(cell: Cell, column: string): number {
  const value = decimal(cell);
  return Number.isFinite(value) ? value : refuse(column, 'a number', cell);
}

export function wholeIn(cell: Cell, column: string): number {
  const value = decimal(cell);
  return Number.isSafeInteger(value) && value >= 0 ? value : refuse(column, 'a whole number from 0', cell);
}

export function takerBuysIn(cell: Cell, column: string): boolean {
  const side = typeof cell === 'string' ? cell.trim().toUpperCase() : '';
  if (side !== 'BUY' && side !== 'SELL') refuse(column, 'BUY or SELL', cell);
  return side === 'BUY';
}

export function isId(text: string | null): boolean {
  return text !== null && text.length > 0 && text.length <= MAX_ID;
}

export function idIn(cell: Cell, column: string): string {
  const text = typeof cell === 'number' || typeof cell === 'string' ? String(cell).trim() : '';
  return isId(text) ? text : refuse(column, `1 to ${MAX_ID} characters`, cell);
}

const CANONICAL = /^(?:0|[1-9]\d{0,15})$/;

/** The number whose text is this id, or NaN. */
export function numericId(id: string): number {
  const value = CANONICAL.test(id) ? Number(id) : Number.NaN;
  return Number.isSafeInteger(value) ? value : Number.NaN;
}
