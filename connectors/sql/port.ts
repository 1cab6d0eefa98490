/** Where GoogleSQL is run: the history on this machine, or BigQuery. */

/** A named parameter. Times are ISO strings, lists arrays; `type` is GoogleSQL's: FLOAT64, ARRAY<STRING>. */
export interface SqlParam {
  readonly type: string;
  readonly value: null | boolean | number | string | readonly (number | string)[];
}

export interface SqlStatement {
  /** GoogleSQL, one query over the history tables, which are named alone. */
  readonly sql: string;
  readonly params: Readonly<Record<string, SqlParam>>;
}

export interface SqlResult {
  /** In the order they were asked for, also where there are no rows. */
  readonly columns: readonly string[];
  /** What JSON can hold: times as ISO strings with ms, integers beyond 2^53 as strings. */
  readonly rows: readonly Readonly<Record<string, unknown>>[];
}

export interface SqlPlan {
  /** What BigQuery would bill the query as; null where nobody bills. Unit: bytes. */
  readonly bytes: number | null;
  /** For people: the engine's plan. */
  readonly text: string;
}

export interface SqlEngine {
  /** @throws ConfigError where the statement is wrong, UpstreamError where the engine cannot be reached. */
  query(statement: SqlStatement): Promise<SqlResult>;
  /** What it would cost, without running it. */
  explain(statement: SqlStatement): Promise<SqlPlan>;
  close(): Promise<void>;
}
