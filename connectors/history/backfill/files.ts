/** Recorded files as rows of history: bars or trades of one symbol, or whole tables as exports and replays write them. */
import { basename } from 'node:path';
import { z } from 'zod';
import { Candle } from '../../../schemas/candle.ts';
import { ConfigError, WireFormatError } from '../../../schemas/errors.ts';
import type { Interval, Venue } from '../../../schemas/primitives.ts';
import { rowSchema, TABLE_NAMES, TABLES, type TableName } from '../../../schemas/tables.ts';
import { Tick } from '../../../schemas/tick.ts';
import { jsonRecord } from '../../bus/json-record.ts';
import { exchangeCandle } from '../../exchanges/klines.ts';
import { openCandleFile } from '../../files/candles.ts';
import { bytesOf, isBlank, openLines } from '../../files/lines.ts';
import type { TradeRows } from '../../files/rows.ts';
import { openTradeFile } from '../../files/trades.ts';
import { readParquetRows } from '../duckdb/parquet.ts';
import type { Row } from '../rows.ts';

export interface BadLine {
  readonly line: number;
  readonly reason: string;
}

export interface TableChunk {
  readonly rows: readonly Row[];
  readonly bad: readonly BadLine[];
}

/** A file being read into one table, in bounded memory. */
export interface TableSource extends AsyncIterable<TableChunk> {
  readonly table: TableName;
  /** 0..1 */
  progress(): number;
}

interface Series {
  readonly venue: Venue;
  readonly symbol: string;
}

/** Bars that an exchange made: whole, of revision 1. @throws ConfigError where the file as a whole is wrong. */
export async function barFile(
  path: string,
  series: Series & { readonly interval: Interval },
): Promise<TableSource> {
  const source = await openCandleFile(path, series.interval);
  async function* chunks(): AsyncGenerator<TableChunk> {
    for await (const { rows, bad } of source) {
      const candles = rows.map((row) => exchangeCandle({ ...series, ...row }, { ...row, buyVolume: null }));
      yield { rows: candles.map((candle) => z.encode(Candle, candle)), bad };
    }
  }
  return { table: 'candles', progress: source.progress, [Symbol.asyncIterator]: chunks };
}

/** @throws ConfigError where the file as a whole is wrong, or its trades have no ids: nothing would tell a copy from a trade. */
export async function tradeFile(path: string, series: Series): Promise<TableSource> {
  const source = await openTradeFile(path);
  async function* chunks(): AsyncGenerator<TableChunk> {
    for await (const trades of source) {
      if (trades.ids === 'line')
        throw new ConfigError(`Expected a column trade_id in ${path}, got none. Import its bars instead.`);
      yield { rows: ticksOf(trades, series), bad: trades.bad };
    }
  }
  return { table: 'ticks', progress: source.progress, [Symbol.asyncIterator]: chunks };
}

const SIDES = ['SELL', 'BUY'] as const;

function ticksOf({ count, ids, seq, ts, price, size, buy }: TradeRows, { venue, symbol }: Series): Row[] {
  return Array.from({ length: count }, (_, i) => {
    const tradeId = ids === 'seq' || ids === 'line' ? String(seq[i]) : ids[i]!;
    const tick: Tick = {
      id: `${venue}:${symbol}:${tradeId}`,
      venue,
      symbol,
      tradeId,
      seq: seq[i]!,
      ts: ts[i]!,
      price: price[i]!,
      size: size[i]!,
      side: SIDES[buy?.[i] ?? 2] ?? null,
    };
    return z.encode(Tick, tick);
  });
}

const ENDING = /\.(parquet|ndjson|ndjson\.gz)$/;

/** Rows of the table or topic that the file is named after. @throws ConfigError where its name tells neither. */
export async function tableFile(path: string): Promise<TableSource> {
  const name = basename(path);
  const stem = name.replace(ENDING, '');
  const table = TABLE_NAMES.find((one) => one === stem || TABLES[one].topic === stem);
  if (table === undefined || !ENDING.test(name) || (table === 'ticks' && stem !== table)) {
    throw new ConfigError(
      `Expected SYMBOL=FILE, or a file named after a table or topic (candles.parquet, market-candles.ndjson), got "${path}".`,
    );
  }
  return name.endsWith('.parquet') ? parquetTable(path, table) : ndjsonTable(path, table);
}

async function parquetTable(path: string, table: TableName): Promise<TableSource> {
  const source = await readParquetRows(path);
  const schema = rowSchema(table);
  async function* chunks(): AsyncGenerator<TableChunk> {
    let line = 0;
    for await (const found of source.chunks) {
      const rows: Row[] = [];
      const bad: BadLine[] = [];
      for (const row of found) {
        line += 1;
        const { success, error } = schema.safeParse(row);
        if (success) rows.push(row);
        else bad.push({ line, reason: z.prettifyError(error) });
      }
      yield { rows, bad };
    }
  }
  return { table, progress: source.progress, [Symbol.asyncIterator]: chunks };
}

async function ndjsonTable(path: string, table: TableName): Promise<TableSource> {
  const { blocks, progress } = await openLines(path).catch((cause: unknown) => {
    throw new ConfigError(`Cannot read ${path}. Check the path and its permissions.`, { cause });
  });
  const schema = rowSchema(table);
  async function* chunks(): AsyncGenerator<TableChunk> {
    for await (const { first, lines } of blocks) {
      const rows: Row[] = [];
      const bad: BadLine[] = [];
      for (const [i, text] of lines.entries()) {
        if (isBlank(text)) continue;
        try {
          rows.push(jsonRecord(schema, bytesOf(text)).wire);
        } catch (error) {
          if (!(error instanceof WireFormatError)) throw error;
          bad.push({ line: first + i, reason: error.message });
        }
      }
      yield { rows, bad };
    }
  }
  return { table, progress, [Symbol.asyncIterator]: chunks };
}
