/** Rows of every history table in wire form, made of a seed: consistent, with the copies and revisions that real ones have. */
import { z } from 'zod';
import { rowSchema, TABLE_NAMES, type TableName } from '../../schemas/tables.ts';
import { bigQueryColumns } from '../../schemas/to-bigquery.ts';
import { seededDesk } from './seeded-desk.ts';
import { seededFeed } from './seeded-feed.ts';
import { type Row, randomOf, seededMarket } from './seeded-market.ts';
import type { TableOf } from './values.ts';

export type Tables = Readonly<Record<TableName, readonly Row[]>>;

/** @throws where a row is not what its schema says. */
export function seededTables(seed: number): Tables {
  const random = randomOf(seed);
  const market = seededMarket(random);
  const tables = { ...market.rows, ...seededFeed(market.bars), ...seededDesk(market.bars, random) };
  for (const name of TABLE_NAMES) for (const row of tables[name]) z.decode(rowSchema(name), row as never);
  return tables;
}

/** With their columns, as an engine takes them. */
export function tablesOf(tables: Tables): TableOf[] {
  return TABLE_NAMES.map((name) => ({ name, columns: bigQueryColumns(rowSchema(name)), rows: tables[name] }));
}
