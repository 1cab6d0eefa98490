/** Recorded bars of one instrument: `open_time_ms, open, high, low, close, volume`, optionally `turnover, trades`. */
import { ConfigError } from '../../schemas/errors.ts';
import { INTERVAL_MS, type Interval, MINUTE_MS } from '../../schemas/primitives.ts';
import { CellError, nonNegativeIn, positiveIn, timeIn, wholeIn } from './cells.ts';
import { formatOf, openText } from './formats.ts';
import { openParquetRows } from './parquet.ts';
import type { BadRow, CandleRow, CandleRows, Cell, Columns, RawRow, RawTable, RowSource } from './rows.ts';
import { badRow } from './trade-rows.ts';

const CANDLE_COLUMNS: Columns = {
  required: ['open_time_ms', 'open', 'high', 'low', 'close', 'volume'],
  optional: ['turnover', 'trades'],
};

/** Like `openTradeFile`, for bars of one interval. @throws ConfigError where the file as a whole is wrong. */
export async function openCandleFile(path: string, interval: Interval): Promise<RowSource<CandleRows>> {
  const format = await formatOf(path);
  const table =
    format === 'parquet'
      ? await openParquetRows(path, CANDLE_COLUMNS)
      : await openText(path, format, CANDLE_COLUMNS);
  return { progress: table.progress, [Symbol.asyncIterator]: () => chunksOf(path, table, interval) };
}

async function* chunksOf(path: string, table: RawTable, interval: Interval): AsyncGenerator<CandleRows> {
  let isFirst = true;
  for await (const block of table.blocks) {
    const chunk = gather(block, interval);
    if (isFirst) assertInterval(path, chunk.rows, interval);
    isFirst = false;
    yield chunk;
  }
}

/** So many bars without a trade between each two do not stand at equal distances by chance. */
const MIN_BARS = 20;

/** Bars of a longer interval would else be taken for shorter ones with silence between. @throws ConfigError */
function assertInterval(path: string, rows: readonly CandleRow[], interval: Interval): void {
  if (rows.length < MIN_BARS) return;
  const length = INTERVAL_MS[interval];
  let step = 0;
  for (const { openTime } of rows) step = divisor(step, Math.abs(openTime - rows[0]!.openTime) / length);
  if (step <= 1) return;
  const minutes = (step * length) / MINUTE_MS;
  throw new ConfigError(
    `Expected ${interval} bars in ${path}, got bars that open ${minutes} minutes apart. Export it again as ${interval} bars.`,
  );
}

/** The greatest common one. */
function divisor(a: number, b: number): number {
  return b === 0 ? a : divisor(b, a % b);
}

function gather(block: readonly RawRow[], interval: Interval): CandleRows {
  const rows: CandleRow[] = [];
  const bad: BadRow[] = [];
  for (const row of block) {
    const candle = candleOf(row.cells, interval);
    if (typeof candle === 'string') bad.push(badRow(row, candle, rows.length, rows.at(-1)?.openTime));
    else rows.push(candle);
  }
  return { rows, bad };
}

/** Cells in the order of CANDLE_COLUMNS as a bar, or why they are none. */
function candleOf(cells: readonly Cell[] | string, interval: Interval): CandleRow | string {
  if (typeof cells === 'string') return cells;
  const [openTime, open, high, low, close, volume, turnover, trades] = cells;
  try {
    const row = {
      openTime: timeIn(openTime, 'open_time_ms'),
      open: positiveIn(open, 'open'),
      high: positiveIn(high, 'high'),
      low: positiveIn(low, 'low'),
      close: positiveIn(close, 'close'),
      volume: nonNegativeIn(volume, 'volume'),
      turnover: isAbsent(turnover) ? null : nonNegativeIn(turnover, 'turnover'),
      trades: isAbsent(trades) ? null : wholeIn(trades, 'trades'),
    };
    return contradiction(row, interval) ?? row;
  } catch (error) {
    if (error instanceof CellError) return error.message;
    throw error;
  }
}

function isAbsent(cell: Cell): boolean {
  return cell === undefined || cell === null || cell === '';
}

function contradiction(row: CandleRow, interval: Interval): string | undefined {
  const { openTime, open, high, low, close } = row;
  if (openTime % INTERVAL_MS[interval] !== 0) {
    return `open_time_ms: expected the open of a ${interval} bar, got ${openTime}`;
  }
  if (high < Math.max(open, close, low)) return `high: expected the highest price, got ${high}`;
  if (row.turnover === 0 && row.volume > 0)
    return 'turnover: expected more than 0 where there is volume, got 0';
  if (low > Math.min(open, close)) return `low: expected the lowest price, got ${low}`;
  return undefined;
}
