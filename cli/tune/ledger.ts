/** The trial counter: every trial that was ever run, beside its results. What was run is not run again. */
import { SqliteFile } from '../../connectors/sqlite-file.ts';
import type { Values } from './grid.ts';
import type { Outcome } from './trial.ts';

export interface LedgerTrial {
  readonly key: string;
  readonly values: Values;
  readonly outcome: Outcome;
}

const SCHEMA = `
  CREATE TABLE trials (
    key TEXT PRIMARY KEY, data TEXT NOT NULL, sharpe REAL, vals TEXT NOT NULL, outcome TEXT NOT NULL
  ) STRICT;
  CREATE INDEX trials_of_data ON trials (data)`;

export class TrialLedger {
  readonly #file: SqliteFile;
  readonly #data: string;

  /** @param data Hash of what the trials are run on. @throws UpstreamError where another process holds the file. */
  constructor(path: string, data: string) {
    const what = 'the ledger of trials';
    this.#file = new SqliteFile({ path, what, magic: 'cstt', version: 1, schema: SCHEMA });
    this.#data = data;
  }

  /** On disk when it returns. @param sharpe Of a day; null where it is not available. */
  add({ key, values, outcome }: LedgerTrial, sharpe: number | null): void {
    this.#file.run(
      'INSERT OR IGNORE INTO trials (key, data, sharpe, vals, outcome) VALUES (?, ?, ?, ?, ?)',
      ...[key, this.#data, sharpe, JSON.stringify(values), JSON.stringify(outcome)],
    );
  }

  outcomeOf(key: string): Outcome | undefined {
    const row = this.#file.get<{ outcome: string }>('SELECT outcome FROM trials WHERE key = ?', key);
    return row && (JSON.parse(row.outcome) as Outcome);
  }

  /** All trials on this data, of whatever invocation, code, rules or span; Sharpe ratios of a day as far as they are known. */
  counted(): { readonly count: number; readonly sharpes: readonly number[] } {
    const rows = this.#file.all<{ sharpe: number | null }>(
      'SELECT sharpe FROM trials WHERE data = ?',
      this.#data,
    );
    return { count: rows.length, sharpes: rows.flatMap(({ sharpe }) => (sharpe === null ? [] : [sharpe])) };
  }

  close(): void {
    this.#file.close();
  }
}
