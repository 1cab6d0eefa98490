/** History in a BigQuery dataset. Live rows come by Pub/Sub's BigQuery subscriptions; `insert` is for all others. */
import type { BigQuery } from '@google-cloud/bigquery';
import type { Candle } from '../../schemas/candle.ts';
import { ConfigError, WireFormatError } from '../../schemas/errors.ts';
import { TABLE_NAMES, type TableName } from '../../schemas/tables.ts';
import { answerOf, type BigQueryPlace, bigQueryClient, bigQueryError } from '../bigquery/client.ts';
import type { Clock } from '../clock/port.ts';
import { appendRows, insertOnce } from './bigquery/insertion.ts';
import { prepareTables } from './bigquery/tables.ts';
import type { CandleQuery, History } from './port.ts';

type Row = Readonly<Record<string, unknown>>;
type Parameters = Readonly<Record<string, unknown>>;

/** Rows of one load job: some 30 MB of the widest table. */
const ROWS_PER_LOAD = 50_000;

const CANDLES = `
  SELECT * FROM candles
  WHERE venue = @venue AND \`interval\` = @interval AND symbol IN UNNEST(@symbols)
    AND openTime >= TIMESTAMP_MILLIS(@fromMs) AND openTime < TIMESTAMP_MILLIS(@toMs)
  QUALIFY ROW_NUMBER() OVER (PARTITION BY symbol, openTime ORDER BY revision DESC) = 1
  ORDER BY symbol, openTime`;

/**
 * Makes the tables that the dataset lacks. Ids are kept apart within one process; where two insert the same row at the same
 * moment, or Pub/Sub delivers it twice, it is there twice, which `bq/staging` undoes for whoever reads.
 *
 * @throws ConfigError where the dataset is missing, a table has other columns, or we may not; UpstreamError where BigQuery
 *   is not reachable or a quota is used up.
 */
export async function openBigQueryHistory(options: BigQueryPlace & { clock: Clock }): Promise<History> {
  const client = bigQueryClient(options);
  await orExplain(options, 'prepare the history tables', () => prepareTables(client, options));
  return new BigQueryHistory(client, options);
}

/**
 * Adds rows to tables that are there, for what comes by the million: `insert` of a history reads all ids of a day each time. A
 * row that is written twice is there twice, which `bq/staging` undoes. A table takes 1,500 loads a day: many rows at a time.
 * @throws as the history's `insert` does
 */
export function bigQueryAppender(place: BigQueryPlace): Pick<History, 'insert' | 'close'> {
  const client = bigQueryClient(place);
  return {
    async insert(table, rows) {
      const appended = () => appendRows(client, place, table, rows);
      await orExplain(place, `append to ${table}`, appended, WireFormatError);
    },
    async close() {},
  };
}

class BigQueryHistory implements History {
  readonly #client: BigQuery;
  readonly #options: BigQueryPlace & { readonly clock: Clock };
  /** The insert under way: two at once could both find an id missing. */
  #writing: Promise<unknown> = Promise.resolve();

  constructor(client: BigQuery, options: BigQueryPlace & { readonly clock: Clock }) {
    this.#client = client;
    this.#options = options;
  }

  insert(table: TableName, rows: readonly Row[]): Promise<void> {
    const done = this.#writing.then(() => this.#insert(table, rows));
    this.#writing = done.catch(() => {});
    return done;
  }

  async candles({ symbols, ...query }: CandleQuery): Promise<Candle[]> {
    if (symbols.length === 0) return [];
    const rows = await this.query(CANDLES, { ...query, symbols });
    return rows.map((row) => ({ ...row, openTime: Date.parse(String(row.openTime)) }) as Candle);
  }

  async query(sql: string, parameters: Parameters = {}): Promise<Record<string, unknown>[]> {
    const types = Object.fromEntries(
      Object.entries(parameters).map(([name, value]) => [name, typeOf(name, value)]),
    );
    const { rows } = await orExplain(this.#options, `run ${sql.trim().slice(0, 200)}`, () =>
      answerOf(this.#client, this.#options, { query: sql, params: { ...parameters }, types }),
    );
    return [...rows];
  }

  async close(): Promise<void> {
    await this.#writing;
  }

  async #insert(table: TableName, rows: readonly Row[]): Promise<void> {
    if (!TABLE_NAMES.includes(table))
      throw new ConfigError(`Expected one of the tables ${TABLE_NAMES.join(', ')}, got "${table}".`);
    const once = [...new Map(rows.map((row) => [row.id, row])).values()];
    for (let at = 0; at < once.length; at += ROWS_PER_LOAD) {
      const chunk = once.slice(at, at + ROWS_PER_LOAD);
      const nowMs = Math.floor(this.#options.clock.now());
      const insertion = () => insertOnce(this.#client, this.#options, table, chunk, nowMs);
      await orExplain(this.#options, `insert into ${table}`, insertion, WireFormatError);
    }
  }
}

/** GoogleSQL's type of a parameter: of a null, and of an empty list, none is known, and STRING becomes what is asked for. */
function typeOf(name: string, value: unknown): string | [string] {
  if (Array.isArray(value)) {
    const types = new Set(value.map((item) => scalarType(name, item)));
    if (types.size === 2 && types.has('INT64') && types.has('FLOAT64')) return ['FLOAT64'];
    if (types.size <= 1) return [[...types][0] ?? 'STRING'];
    throw new ConfigError(
      `Expected the list "${name}" to hold one kind of values, got ${[...types].join(' and ')}.`,
    );
  }
  return scalarType(name, value);
}

function scalarType(name: string, value: unknown): string {
  if (value === null || typeof value === 'string') return 'STRING';
  if (typeof value === 'boolean') return 'BOOL';
  if (typeof value === 'number') return Number.isSafeInteger(value) ? 'INT64' : 'FLOAT64';
  throw new ConfigError(
    `Expected parameter "${name}" to be null, a boolean, number, string or a list of these, got ${typeof value}. ` +
      'Write a time as an ISO string.',
  );
}

async function orExplain<T>(
  place: BigQueryPlace,
  what: string,
  operation: () => Promise<T>,
  Wrong?: typeof WireFormatError,
): Promise<T> {
  try {
    return await operation();
  } catch (cause) {
    if (cause instanceof ConfigError || cause instanceof WireFormatError) throw cause;
    throw bigQueryError(place, what, cause, Wrong);
  }
}
