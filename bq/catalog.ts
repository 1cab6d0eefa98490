/** The queries of this folder, by name: a query reads another by its file's name, as if it were a table. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Header, headerOf } from './header.ts';

/** In the order they build on each other. */
export const LAYERS = ['staging', 'marts', 'looker', 'backtest', 'tests'] as const;
export type Layer = (typeof LAYERS)[number];
/** Layers without parameters, whose queries are views on BigQuery. */
export const VIEW_LAYERS: readonly Layer[] = ['staging', 'marts', 'looker'];

export interface Query {
  readonly name: string;
  readonly layer: Layer;
  /** From the root of the repository. */
  readonly path: string;
  readonly sql: string;
  readonly header: Header;
}

let known: readonly Query[] | undefined;

/** Every query, read once. */
export function queries(): readonly Query[] {
  known ??= LAYERS.flatMap((layer) =>
    readdirSync(join(import.meta.dirname, layer))
      .filter((file) => file.endsWith('.sql'))
      .sort()
      .map((file) => {
        const path = `bq/${layer}/${file}`;
        const sql = readFileSync(join(import.meta.dirname, layer, file), 'utf8');
        return { name: file.slice(0, -'.sql'.length), layer, path, sql, header: headerOf(sql, path) };
      }),
  );
  return known;
}
