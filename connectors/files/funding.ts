/** Recorded fundings of one perpetual: `ts_ms` (when it was exchanged), `funding_rate` (share of notional, + is paid by LONG). */
import { ConfigError } from '../../schemas/errors.ts';
import { CellError, numberIn, timeIn } from './cells.ts';
import { formatOf, openText } from './formats.ts';
import { openParquetRows } from './parquet.ts';
import type { Columns, RawRow } from './rows.ts';

export interface Funding {
  /** Unit: ms since the epoch. */
  readonly ts: number;
  readonly rate: number;
}

const COLUMNS: Columns = { required: ['ts_ms', 'funding_rate'], optional: [] };

/** All of a file, three a day, by time. @throws ConfigError where the file or a row of it is wrong. */
export async function readFundingFile(path: string): Promise<Funding[]> {
  const format = await formatOf(path);
  const table =
    format === 'parquet' ? await openParquetRows(path, COLUMNS) : await openText(path, format, COLUMNS);
  const fundings: Funding[] = [];
  for await (const block of table.blocks) for (const row of block) fundings.push(fundingOf(path, row));
  return fundings.sort((a, b) => a.ts - b.ts);
}

function fundingOf(path: string, { line, cells }: RawRow): Funding {
  if (typeof cells === 'string') throw new ConfigError(`Cannot read row ${line} of ${path}: ${cells}.`);
  try {
    return { ts: timeIn(cells[0], 'ts_ms'), rate: numberIn(cells[1], 'funding_rate') };
  } catch (error) {
    if (!(error instanceof CellError)) throw error;
    throw new ConfigError(`Expected a funding in row ${line} of ${path}: ${error.message}.`, {
      cause: error,
    });
  }
}
