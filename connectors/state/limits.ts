/** The limits on keys, cells and queries that both stores keep to. */
import { InvariantError, UpstreamError } from '../../schemas/errors.ts';
import type { CellWrites, Condition, ScanQuery } from './port.ts';

const KEY = /^[\x21-\x7e]{1,1024}$/;
const CELL = /^[a-z][A-Za-z0-9_]{0,63}$/;
const DEFAULT_LIMIT = 1_000;
/** Behind every key. */
const END = '\x7f';

export function checkKey(key: string): void {
  if (!KEY.test(key))
    throw new InvariantError(`Expected a key of 1 to 1024 printable characters, got "${key}".`);
}

export function checkWrites(key: string, cells: CellWrites): void {
  checkKey(key);
  const names = Object.keys(cells);
  if (names.length === 0) throw new InvariantError(`Expected cells to write to "${key}", got none.`);
  for (const name of names) checkCell(name);
}

export function checkCondition({ cell }: Condition): void {
  checkCell(cell);
}

function checkCell(name: string): void {
  if (!CELL.test(name))
    throw new InvariantError(`Expected the name of a cell (${CELL.source}), got "${name}".`);
}

export interface KeyRange {
  /** First key, inclusive. */
  readonly from: string;
  /** Exclusive. */
  readonly before: string;
  readonly limit: number;
}

/** The keys that a query asks for. */
export function rangeOf({ prefix, from = '', before = END, limit = DEFAULT_LIMIT }: ScanQuery): KeyRange {
  if (prefix !== '') checkKey(prefix);
  if (!(Number.isSafeInteger(limit) && limit > 0)) {
    throw new InvariantError(`Expected a limit of at least one row, got ${limit}.`);
  }
  const end = endOf(prefix);
  return { from: from > prefix ? from : prefix, before: before < end ? before : end, limit };
}

/** The first key behind all that begin with the prefix. */
function endOf(prefix: string): string {
  return prefix === ''
    ? END
    : prefix.slice(0, -1) + String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1);
}

export function closedError(): UpstreamError {
  return new UpstreamError('Expected an open state store, got one that is closed.');
}
