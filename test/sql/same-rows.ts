/** Rows of two engines side by side: the same, but for the last digits of floating point. */

type Row = Readonly<Record<string, unknown>>;

/** Sums are added up in another order. Unit: share of the larger one. */
export const TOLERANCE = 1e-9;

/** Each difference by its row and column; rows are compared as sets, since a query without ORDER BY promises no order. */
export function differences(left: readonly Row[], right: readonly Row[]): string[] {
  if (left.length !== right.length) return [`${left.length} rows against ${right.length}`];
  const [a, b] = [sorted(left), sorted(right)];
  return a.flatMap((row, i) => diff(row, b[i], `row ${i}`));
}

function sorted(rows: readonly Row[]): Row[] {
  const keyed = rows.map((row) => ({ row, key: JSON.stringify(row, coarse) }));
  return keyed.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)).map(({ row }) => row);
}

/** Texts and whole numbers tell rows apart; the digits that may differ must not order them. */
function coarse(_: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(6)) : value;
}

function diff(a: unknown, b: unknown, path: string): string[] {
  if (typeof a === 'number' && typeof b === 'number') {
    const scale = Math.max(1, Math.abs(a), Math.abs(b));
    return Math.abs(a - b) <= TOLERANCE * scale ? [] : [`${path}: ${a} against ${b}`];
  }
  if (a !== null && b !== null && typeof a === 'object' && typeof b === 'object') {
    const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])];
    return keys.flatMap((key) => diff((a as Row)[key], (b as Row)[key], `${path}.${key}`));
  }
  return a === b ? [] : [`${path}: ${JSON.stringify(a)} against ${JSON.stringify(b)}`];
}
