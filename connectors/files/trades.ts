/** Recorded trades of one instrument: `ts_ms, price, size`, optionally `trade_id, side`, in order of arrival. */
import { formatOf, openText } from './formats.ts';
import type { RawTable, RowSource, TradeRows } from './rows.ts';
import { openTradeColumns } from './trade-columns.ts';
import { gatherTrades, TRADE_COLUMNS } from './trade-rows.ts';

/**
 * Reads `.parquet`, `.csv`, `.csv.gz`, `.ndjson` and `.ndjson.gz`, in chunks and bounded memory.
 * A row that cannot be read is handed over as such, with its line.
 * @throws ConfigError where the file as a whole is wrong: missing, unreadable, empty, without a needed column.
 */
export async function openTradeFile(path: string): Promise<RowSource<TradeRows>> {
  const format = await formatOf(path);
  if (format === 'parquet') return openTradeColumns(path);
  const table = await openText(path, format, TRADE_COLUMNS);
  return { progress: table.progress, [Symbol.asyncIterator]: () => chunksOf(table) };
}

async function* chunksOf(table: RawTable): AsyncGenerator<TradeRows> {
  for await (const block of table.blocks) yield gatherTrades(block, table.has);
}
