/** Names of what there is one of. */
import type { TableName } from '../../schemas/tables.ts';

export const DATASET = 'history';
export const REPOSITORY = 'cst';
/** Of each image, to go back to. */
export const KEPT_VERSIONS = 10;
/** Of the graph in either tier: its account and, on one node, its service. An account wants six letters. */
export const GRAPH = 'signal-graph';
/** Bigtable wants six letters, too. */
export const STATE = { instance: 'cst-state', table: 'state', appProfile: 'state-store' } as const;
/** Tables too large to be read whole each day: the daily checks read so many days of them, this one among them. */
export const CHECKED_DAYS: Partial<Record<TableName, number>> = { ticks: 3 };
/** Of Dataflow; one of a name runs at a time. */
export const JOB_NAME = 'crypto-signals';
/** Counters of lines of the log. */
export const LOG_METRICS = { errors: 'cst_errors', failedChecks: 'cst_failed_data_checks' } as const;
