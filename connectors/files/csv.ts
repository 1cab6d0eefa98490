/** Rows of a CSV file with a header, streamed. Lines and their numbers are ours, quoting is csv-parse's. */
import { parse } from 'csv-parse/sync';
import { ConfigError, messageOf } from '../../schemas/errors.ts';
import { bytesOf, isBlank, type LineBlock, openLines, utf8Of } from './lines.ts';
import type { Cell, Columns, RawRow, RawTable } from './rows.ts';

/** Lines that one quoted row may span; a quote still open then never closes, and its line alone is bad. */
const MAX_SPAN = 64;

/** @throws ConfigError where the file is empty, cannot be read or lacks a required column. */
export async function openCsv(path: string, columns: Columns): Promise<RawTable> {
  const { blocks, progress } = await openLines(path);
  const first = await firstBlock(blocks);
  if (!first) throw new ConfigError(`Expected rows in ${path}, the file is empty. Export it again.`);
  const names = headerOf(first.header);
  assertOnce(path, names);
  for (const name of columns.required) {
    if (!names.includes(name)) throw missing(path, name, names);
  }
  const positions = [...columns.required, ...columns.optional].map((name) => names.indexOf(name));
  return {
    has: (name) => names.includes(name),
    blocks: readRows(path, first.rest, blocks, { positions, width: names.length }),
    progress,
  };
}

export function missing(path: string, column: string, found: readonly string[]): ConfigError {
  const got = found.length === 0 ? 'none' : found.slice(0, 20).join(', ');
  return new ConfigError(
    `Expected a column "${column}" in ${path}, got columns ${got}. Rename or add the column.`,
  );
}

/** @throws ConfigError where two columns have one name, whatever its case. */
function assertOnce(path: string, names: readonly string[]): void {
  const lower = names.map((name) => name.toLowerCase());
  const twice = lower.find((name, i) => name !== '' && lower.indexOf(name) !== i);
  if (twice === undefined) return;
  throw new ConfigError(`Expected each column once in ${path}, got "${twice}" twice. Rename one of them.`);
}

async function firstBlock(
  blocks: AsyncIterator<LineBlock>,
): Promise<{ header: string; rest: LineBlock } | undefined> {
  for (let next = await blocks.next(); !next.done; next = await blocks.next()) {
    const { first, lines } = next.value;
    const at = lines.findIndex((line) => !isBlank(line));
    if (at < 0) continue;
    return { header: lines[at]!, rest: { first: first + at + 1, lines: lines.slice(at + 1) } };
  }
  return undefined;
}

function headerOf(line: string): string[] {
  const cells = cellsOf(line);
  return typeof cells === 'string' ? [] : cells.map((cell) => cell.trim().toLowerCase());
}

interface Layout {
  /** Where each wanted column stands, -1 where the file has none. */
  readonly positions: readonly number[];
  /** Columns of the header. */
  readonly width: number;
}

async function* readRows(
  path: string,
  head: LineBlock,
  rest: AsyncIterable<LineBlock>,
  layout: Layout,
): AsyncGenerator<RawRow[]> {
  let carry: LineBlock = head;
  let count = 0;
  for await (const block of rest) {
    const { rows, left } = takeRows(join(carry, block), layout, false);
    carry = left;
    count += rows.length;
    yield rows;
  }
  const { rows } = takeRows(carry, layout, true);
  if (count + rows.length > 0) yield rows;
  else throw new ConfigError(`Expected rows in ${path}, got a header but no rows. Export it again.`);
}

function join(a: LineBlock, b: LineBlock): LineBlock {
  return a.lines.length === 0 ? b : { first: a.first, lines: a.lines.concat(b.lines) };
}

/** Rows that are whole; lines of a row that may go on in the next block are left over. */
function takeRows(block: LineBlock, layout: Layout, isLast: boolean): { rows: RawRow[]; left: LineBlock } {
  const rows: RawRow[] = [];
  const { first, lines } = block;
  let at = 0;
  while (at < lines.length) {
    const span = spanOf(lines, at);
    if (span === 0 && !isLast && lines.length - at < MAX_SPAN) break;
    const text = span > 1 ? lines.slice(at, at + span).join('\n') : lines[at]!;
    if (!isBlank(text)) rows.push(rowOf(first + at, text, layout));
    at += Math.max(span, 1);
  }
  return { rows, left: { first: first + at, lines: lines.slice(at) } };
}

/** Lines that the row starting here spans; 0 where its quotes are not closed within the lines at hand. */
function spanOf(lines: readonly string[], at: number): number {
  if (!lines[at]!.includes('"')) return 1;
  let quotes = 0;
  const end = Math.min(lines.length, at + MAX_SPAN);
  for (let i = at; i < end; i++) {
    for (const character of lines[i]!) if (character === '"') quotes++;
    if (quotes % 2 === 0) return i - at + 1;
  }
  return 0;
}

function rowOf(line: number, text: string, { positions, width }: Layout): RawRow {
  const bytes = () => bytesOf(text);
  const fields = cellsOf(text);
  if (typeof fields === 'string') return { line, cells: fields, bytes };
  if (fields.length !== width)
    return { line, cells: `expected ${width} fields, got ${fields.length}`, bytes };
  const cells: Cell[] = positions.map((position) => (position < 0 ? undefined : fields[position]));
  return { line, cells, bytes };
}

/** Fields of one row, or why it has none. */
function cellsOf(text: string): string[] | string {
  if (!text.includes('"')) return utf8Of(text).split(',');
  try {
    const options = { relax_column_count: true, skip_empty_lines: false };
    return parse(utf8Of(text), options)[0] ?? 'expected fields, got none';
  } catch (cause) {
    return `expected quoted fields as in RFC 4180: ${messageOf(cause)}`;
  }
}
