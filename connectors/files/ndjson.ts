/** Rows of a file with one JSON object a line, streamed. */
import { ConfigError } from '../../schemas/errors.ts';
import { missing } from './csv.ts';
import { bytesOf, isBlank, type LineBlock, openLines, utf8Of } from './lines.ts';
import type { Cell, Columns, RawRow, RawTable } from './rows.ts';

type JsonObject = Readonly<Record<string, unknown>>;

/**
 * A column is there when one of the first block's objects has it: a row may lack what the file has.
 * @throws ConfigError where the file is empty, cannot be read or lacks a required column.
 */
export async function openNdjson(path: string, columns: Columns): Promise<RawTable> {
  const { blocks, progress } = await openLines(path);
  const first = await firstFilled(blocks);
  if (!first) throw new ConfigError(`Expected rows in ${path}, the file is empty. Export it again.`);
  const found = new Set<string>();
  for (const line of first.lines) {
    const object = isBlank(line) ? undefined : objectOf(line);
    if (typeof object === 'object') for (const name of Object.keys(object)) found.add(name);
  }
  for (const name of columns.required) {
    if (found.size > 0 && !found.has(name)) throw missing(path, name, [...found]);
  }
  const wanted = [...columns.required, ...columns.optional].map((name) => (found.has(name) ? name : null));
  return { has: (name) => found.has(name), blocks: readRows(first, blocks, wanted), progress };
}

async function firstFilled(blocks: AsyncIterator<LineBlock>): Promise<LineBlock | undefined> {
  for (let next = await blocks.next(); !next.done; next = await blocks.next()) {
    if (next.value.lines.some((line) => !isBlank(line))) return next.value;
  }
  return undefined;
}

async function* readRows(
  head: LineBlock,
  rest: AsyncIterable<LineBlock>,
  wanted: readonly (string | null)[],
): AsyncGenerator<RawRow[]> {
  yield rowsOf(head, wanted);
  for await (const block of rest) yield rowsOf(block, wanted);
}

function rowsOf({ first, lines }: LineBlock, wanted: readonly (string | null)[]): RawRow[] {
  const rows: RawRow[] = [];
  for (const [at, line] of lines.entries()) {
    if (isBlank(line)) continue;
    const object = objectOf(line);
    const cells =
      typeof object === 'string'
        ? object
        : wanted.map((name) => (name === null ? undefined : cellOf(object[name])));
    rows.push({ line: first + at, cells, bytes: () => bytesOf(line) });
  }
  return rows;
}

/** The line's object, or why there is none. */
function objectOf(line: string): JsonObject | string {
  try {
    const value: unknown = JSON.parse(utf8Of(line));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject;
    return `expected a JSON object, got ${Array.isArray(value) ? 'an array' : String(value)}`;
  } catch {
    return 'expected a JSON object, got text that is not JSON';
  }
}

/** A present column's value; a missing one is null, so that it is told apart from a column the file has not. */
function cellOf(value: unknown): Cell {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  return value === undefined || value === null ? null : JSON.stringify(value);
}
