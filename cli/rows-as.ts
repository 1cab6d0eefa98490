/** Rows of a query as people or programs read them. */
import type { SqlResult } from '../connectors/sql/port.ts';

export const FORMATS = ['table', 'json', 'csv'] as const;

export function rowsAs(format: (typeof FORMATS)[number], { columns, rows }: SqlResult): string {
  if (format === 'json') return JSON.stringify(rows);
  const cells = rows.map((row) => columns.map((column) => row[column]));
  if (format === 'csv')
    return [columns, ...cells.map((row) => row.map(text))].map((row) => row.map(quoted).join(',')).join('\n');
  return table(columns, cells);
}

function text(value: unknown): string {
  if (value === null || value === undefined) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** As RFC 4180 has it. */
function quoted(value: string): string {
  return /[",\n\r]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}

/** Numbers to the right, to seven digits: whoever needs more takes JSON. */
function table(columns: readonly string[], cells: readonly (readonly unknown[])[]): string {
  const shown = cells.map((row) => row.map(short));
  const widths = columns.map((name, i) => Math.max(name.length, ...shown.map((row) => row[i]!.length)));
  const isNumber = columns.map((_, i) => cells.some((row) => typeof row[i] === 'number'));
  const line = (row: readonly string[]) =>
    row
      .map((cell, i) => (isNumber[i] ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)))
      .join('  ')
      .trimEnd();
  const rule = widths.map((width) => '─'.repeat(width)).join('  ');
  const count = `(${cells.length} ${cells.length === 1 ? 'row' : 'rows'})`;
  return [line(columns), rule, ...shown.map(line), count].join('\n');
}

function short(value: unknown): string {
  if (value === null || value === undefined) return '–';
  if (typeof value === 'number' && !Number.isInteger(value)) return String(Number(value.toPrecision(7)));
  return text(value);
}
