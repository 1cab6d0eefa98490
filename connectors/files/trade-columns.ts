/** Trades of a Parquet file as typed columns: SQL brings each value to a number, only bad rows are read as text. */
import type { DuckDBDataChunk } from '@duckdb/node-api';
import { isAmount, isId, isMarketTime } from './cells.ts';
import { openParquet, quoted, textOf } from './parquet.ts';
import type { BadRow, Cell, RowSource, TradeRows } from './rows.ts';
import { badRow, idsOf, TRADE_COLUMNS, tradeOf, UNKNOWN_SIDE } from './trade-rows.ts';

/** Positions of the selected expressions. */
const AT = { ts: 0, price: 1, size: 2, buy: 3, id: 4, idText: 5, text: 6 } as const;
const WANTED = [...TRADE_COLUMNS.required, ...TRADE_COLUMNS.optional];

export async function openTradeColumns(path: string): Promise<RowSource<TradeRows>> {
  const { types, select, progress } = await openParquet(path, TRADE_COLUMNS);
  const chunks = select(expressionsOf(types));
  return { progress, [Symbol.asyncIterator]: () => readColumns(chunks, types) };
}

function expressionsOf(types: ReadonlyMap<string, string>): string[] {
  const number = (name: string) => `coalesce(TRY_CAST(${cast(name)} AS DOUBLE), 'NaN'::DOUBLE)`;
  const cast = (name: string) =>
    isText(name) || isTime(name) ? textOf(name, types.get(name)!) : quoted(name);
  const isText = (name: string) => types.get(name) === 'VARCHAR';
  const isTime = (name: string) => types.get(name)!.startsWith('TIMESTAMP');
  const [ts, price, size] = ['ts_ms', 'price', 'size'].map(number) as [string, string, string];
  const buy = types.has('side')
    ? `CASE upper(trim(coalesce(CAST("side" AS VARCHAR), ''))) WHEN '' THEN ${UNKNOWN_SIDE}.0::DOUBLE WHEN 'BUY' THEN 1.0::DOUBLE WHEN 'SELL' THEN 0.0::DOUBLE ELSE 'NaN'::DOUBLE END`
    : '0.0::DOUBLE';
  const [id, idText] = idExpressions(types);
  const struct = [...types.keys()].filter((name) => WANTED.includes(name));
  const text = `CAST(to_json({${struct.map((name) => `${quoted(name)}: ${textOf(name, types.get(name)!)}`).join(', ')}}) AS VARCHAR)`;
  const isBad = [
    `NOT (${ts} > 0 AND ${ts} % 1 = 0)`,
    `NOT (${price} > 0 AND ${price} < 'Infinity'::DOUBLE)`,
    `NOT (${size} > 0 AND ${size} < 'Infinity'::DOUBLE)`,
    `isnan(${buy})`,
  ];
  return [ts, price, size, buy, id, idText, `CASE WHEN ${isBad.join(' OR ')} THEN ${text} END`];
}

/** A numeric id as a number; any other as text. */
function idExpressions(types: ReadonlyMap<string, string>): [string, string] {
  const type = types.get('trade_id');
  if (type === undefined) return ["'NaN'::DOUBLE", 'NULL'];
  const text = textOf('trade_id', type);
  const number = `TRY_CAST(${text} AS BIGINT)`;
  const isNumeric = `(${number} BETWEEN 0 AND 9007199254740991 AND CAST(${number} AS VARCHAR) = ${text})`;
  return [
    `CASE WHEN ${isNumeric} THEN CAST(${number} AS DOUBLE) ELSE 'NaN'::DOUBLE END`,
    `CASE WHEN ${isNumeric} THEN NULL ELSE ${text} END`,
  ];
}

async function* readColumns(
  chunks: AsyncIterable<DuckDBDataChunk>,
  types: ReadonlyMap<string, string>,
): AsyncGenerator<TradeRows> {
  const has = (name: string) => types.has(name);
  let line = 0;
  for await (const chunk of chunks) {
    yield rowsOf(chunk, line, has);
    line += chunk.rowCount;
  }
}

function rowsOf(chunk: DuckDBDataChunk, before: number, has: (column: string) => boolean): TradeRows {
  const [ts, price, size, buy, id] = [AT.ts, AT.price, AT.size, AT.buy, AT.id].map((at) =>
    numbers(chunk, at),
  ) as [Float64Array, Float64Array, Float64Array, Float64Array, Float64Array];
  const rows = chunk.rowCount;
  const into = columnsFor(rows, has('side'));
  const hasIds = has('trade_id');
  let texts: (string | null)[] | null = null;
  const bad: BadRow[] = [];
  let count = 0;
  for (let i = 0; i < rows; i++) {
    const isNumeric = id[i]! >= 0;
    const text = isNumeric || !hasIds ? null : value(chunk, AT.idText, i)?.trim() || `#${before + i + 1}`;
    const hasId = isNumeric || !hasIds || isId(text);
    if (!(isMarketTime(ts[i]!) && isAmount(price[i]!) && isAmount(size[i]!) && buy[i]! >= 0 && hasId)) {
      const values = [ts[i]!, price[i]!, size[i]!, text];
      bad.push(
        refused(before + i + 1, value(chunk, AT.text, i), has, values, { at: count, ts: into.ts[count - 1] }),
      );
      continue;
    }
    into.ts[count] = ts[i]!;
    into.price[count] = price[i]!;
    into.size[count] = size[i]!;
    into.seq[count] = isNumeric ? id[i]! : before + i + 1;
    if (into.buy) into.buy[count] = buy[i]!;
    if (text !== null) {
      texts ??= [];
      texts[count] = text;
    }
    count += 1;
  }
  return { ...into, count, ids: idsOf(texts, into.seq, count, hasIds), bad };
}

/** The row as text, judged like a row of a text file, so that both say the same of it. */
function refused(
  line: number,
  json: string | null,
  has: (column: string) => boolean,
  values: readonly Cell[],
  before: { readonly at: number; readonly ts: number | undefined },
): BadRow {
  const [ts, price, size, id] = values.map((cell) => (cell === null ? null : String(cell)));
  const text = json ?? JSON.stringify({ ts_ms: ts, price, size, trade_id: id });
  const named = JSON.parse(text) as Readonly<Record<string, string | null>>;
  const cells = WANTED.map((name) => (has(name) ? (named[name] ?? null) : undefined));
  const row = { line, cells, bytes: () => new TextEncoder().encode(text) };
  const judged = tradeOf(row);
  const reason = typeof judged === 'string' ? judged : 'expected a trade within limits';
  return badRow(row, reason, before.at, before.ts);
}

function columnsFor(rows: number, hasSide: boolean) {
  const column = () => new Float64Array(rows);
  return {
    ts: column(),
    price: column(),
    size: column(),
    seq: column(),
    buy: hasSide ? new Uint8Array(rows) : null,
  };
}

/** The column's own memory where the library shows it, which is three times as fast as value by value. */
function numbers(chunk: DuckDBDataChunk, at: number): Float64Array {
  const vector = chunk.getColumnVector(at);
  const { items } = vector as unknown as { items?: unknown };
  if (items instanceof Float64Array) return items;
  return Float64Array.from({ length: chunk.rowCount }, (_, i) => vector.getItem(i) as number);
}

function value(chunk: DuckDBDataChunk, at: number, row: number): string | null {
  return chunk.getColumnVector(at).getItem(row) as string | null;
}
