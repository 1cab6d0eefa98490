/** `cst sql`: its flags. What it does is loaded when it is asked for. */
import type { Command } from 'commander';
import { choiceOption, folderOption, listOption, numberOption, pathArgument } from '../option-kinds.ts';
import { FORMATS } from '../rows-as.ts';
import type { SqlFlags } from '../run-sql.ts';

const HELP = `
QUERY is a file of GoogleSQL, or the name of one of bq/: cst sql --list shows them all. A query reads history tables, and
the queries of bq/ by their names, as if they were tables. The same text runs on DuckDB and on BigQuery.

Parameters (@name in the query) have defaults in its header; --param gives others. Lists are written with commas:
  --param take_profits=0.003,0.005      --param from_ts=2024-01-31T12:00:00Z      --param funding_rate=NULL
In a query of your own a parameter's type is told by its header, or taken from its value.

History, for --on duckdb: the folder of a stack that does not run now (cst start --dir), a DuckDB file, or a folder of
Parquet files named after their tables. For --on bigquery: --project and --dataset, and gcloud's credentials.

A query of bq/tests has no rows where all is well: one with rows ends with exit code 1.

Examples:
  cst sql backtest_summary --param take_profits=0.004
  cst sql tests                                     every check of the data
  cst sql --query "SELECT * FROM trades WHERE pair = 'BTCUSDT'" --format csv
  cst sql performance --on bigquery --project my-project --dataset history --explain
  cst sql trades --print                                               the whole statement, to paste into BigQuery
  cst sql views --print                                                CREATE VIEW statements of all views
`;

export function addSql(program: Command): void {
  program
    .command('sql')
    .summary('GoogleSQL on history: DuckDB here, or BigQuery')
    .description('Runs a query on the history of this machine, or on BigQuery.')
    .addArgument(pathArgument('[QUERY]', 'a file, a name or a folder of bq/', 'file'))
    .option('--query <sql>', 'the query itself, instead')
    .addOption(listOption('--param <name=value>', 'value of a parameter'))
    .addOption(folderOption('--history <path>', 'folder or file of history, for --on duckdb', '.cst'))
    .addOption(choiceOption('--on <engine>', 'where it runs', ['duckdb', 'bigquery'], 'duckdb'))
    .option('--project <id>', 'Google Cloud project; default: GOOGLE_CLOUD_PROJECT')
    .option('--dataset <name>', 'dataset with the history tables', 'history')
    .option('--location <name>', 'of the dataset, e.g. EU')
    .addOption(
      numberOption(
        '--max-gb <number>',
        'refuse a query on BigQuery that would scan more GB',
        { min: 0.001, max: 1e6 },
        10,
      ),
    )
    .addOption(choiceOption('--format <name>', 'of the rows', FORMATS, 'table'))
    .option('--explain', 'do not run it: bytes to be scanned on BigQuery, the plan on DuckDB')
    .option('--print', 'do not run it: print the statement with all that it reads')
    .option('--list', 'the queries of bq/ and their parameters')
    .option('--json', 'the same as --format json')
    .addHelpText('after', HELP)
    .action(async (query: string | undefined, flags: SqlFlags) =>
      (await import('../run-sql.ts')).runSql(query, flags),
    );
}
