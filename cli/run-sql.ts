/** What `cst sql` does: finds the query, puts together what it reads, runs it where it was asked to, and prints the rows. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { LAYERS, queries } from '../bq/catalog.ts';
import { type Statement, statementOf, viewStatements } from '../bq/compose.ts';
import { headerOf, type Param, type ParamType, paramValue } from '../bq/header.ts';
import { defaultsOf } from '../bq/params.ts';
import type { SqlEngine, SqlStatement } from '../connectors/sql/port.ts';
import { ConfigError, NotFoundError } from '../schemas/errors.ts';
import { PROJECT_ID } from '../schemas/project-id.ts';
import { didYouMean } from './did-you-mean.ts';
import { EXIT } from './errors.ts';
import { print } from './print.ts';
import { type FORMATS, rowsAs } from './rows-as.ts';

export interface SqlFlags {
  readonly query?: string;
  readonly param?: readonly string[];
  readonly history: string;
  readonly on: 'duckdb' | 'bigquery';
  readonly project?: string;
  readonly dataset: string;
  readonly location?: string;
  readonly maxGb: number;
  readonly format: Format;
  readonly explain?: boolean;
  readonly print?: boolean;
  readonly list?: boolean;
  readonly json?: boolean;
}

type Format = (typeof FORMATS)[number];

interface Named {
  readonly name: string;
  readonly statement: Statement;
  /** Its rows are what is wrong. */
  readonly isTest: boolean;
}

interface Runnable extends Omit<Named, 'statement'> {
  readonly sql: SqlStatement;
}

const { GOOGLE_CLOUD_PROJECT } = process.env;
const VIEWS = 'views';

/** @throws ConfigError, NotFoundError, UpstreamError */
export async function runSql(query: string | undefined, flags: SqlFlags): Promise<void> {
  if (flags.list) return print(listing());
  if (query === VIEWS && flags.print) return print(viewStatements().join('\n'));
  const format = flags.json ? 'json' : flags.format;
  const asked = queriesOf(query, flags);
  if (flags.print) return print(asked.map(({ statement }) => `${statement.sql};\n`).join('\n'));
  const statements = asked.map((one) => ({ ...one, sql: withValues(one.statement, flags.param ?? []) }));
  const engine = await engineOf(flags);
  try {
    for (const one of statements) {
      if (flags.explain) await explain(engine, one.sql, format === 'json');
      else if (!(await run(engine, one, format))) process.exitCode = EXIT.error;
    }
  } finally {
    await engine.close();
  }
}

/** False where a test of the data has rows. */
async function run(engine: SqlEngine, { name, sql, isTest }: Runnable, format: Format): Promise<boolean> {
  const result = await engine.query(sql);
  const isBad = isTest && result.rows.length > 0;
  if (isTest && format === 'table') print(`${isBad ? 'FAIL' : 'ok  '}  ${name}`);
  if (isBad || !isTest || format !== 'table') print(rowsAs(format, result));
  return !isBad;
}

async function explain(engine: SqlEngine, statement: SqlStatement, asJson: boolean): Promise<void> {
  const plan = await engine.explain(statement);
  print(asJson ? JSON.stringify(plan) : plan.text);
}

/** Of a file, a name, a layer's name, or the text itself. */
function queriesOf(asked: string | undefined, { query }: SqlFlags): Named[] {
  if ((asked === undefined) === (query === undefined)) {
    throw new ConfigError(
      'Expected a query: a file, a name (cst sql --list) or --query "SELECT …", one of them.',
    );
  }
  if (query !== undefined) return [named('query', query, false)];
  const name = asked!.replace(/^bq\/|\/$/g, '');
  const layer = LAYERS.find((known) => known === name);
  if (layer !== undefined) {
    return queries()
      .filter((known) => known.layer === layer)
      .map((known) => named(known.name, known.sql, layer === 'tests'));
  }
  const known = queries().find((one) => one.name === asked || one.path === asked);
  if (known) return [named(known.name, known.sql, known.layer === 'tests')];
  if (existsSync(asked!) && statSync(asked!).isFile())
    return [named(asked!, readFileSync(asked!, 'utf8'), false)];
  const names = [...LAYERS, VIEWS, ...queries().map((one) => one.name)];
  throw new NotFoundError(
    `Expected a file or the name of a query, got "${asked}".${didYouMean(asked!, names)} See them all: cst sql --list`,
  );
}

function named(name: string, sql: string, isTest: boolean): Named {
  const own = queries().find((query) => query.name === name && query.sql === sql);
  return { name, statement: statementOf(sql, headerOf(sql, name).params, own ? name : ''), isTest };
}

/** @throws ConfigError where a value is of another type, or the query does not have it. */
function withValues({ sql, params }: Statement, texts: readonly string[]): SqlStatement {
  const given = new Map(texts.map(pairOf));
  const untold = [...given.keys()].filter(
    (name) => !params.some((param) => param.name === name) && new RegExp(`@${name}\\b`).test(sql),
  );
  const all: Param[] = [
    ...params,
    ...untold.map((name) => ({ name, type: guessed(given.get(name)!), default: null, description: '' })),
  ];
  const unknown = [...given.keys()].find((name) => !all.some((param) => param.name === name));
  if (unknown !== undefined) {
    const names = all.map(({ name }) => name);
    throw new ConfigError(
      `Expected --param one of ${names.join(', ') || 'none'}, got "${unknown}".${didYouMean(unknown, names)}`,
    );
  }
  const typed = all.filter(({ name }) => given.has(name));
  const values = typed.map(({ name, type }) => [name, paramValue(given.get(name)!, type, name)] as const);
  return { sql, params: defaultsOf(all, Object.fromEntries(values)) };
}

function pairOf(text: string): [string, string] {
  const at = text.indexOf('=');
  if (at < 1) throw new ConfigError(`Expected --param name=value, got "${text}".`);
  return [text.slice(0, at), text.slice(at + 1)];
}

function guessed(text: string): ParamType {
  if (/^-?\d+$/.test(text)) return 'INT64';
  if (text.trim() !== '' && Number.isFinite(Number(text))) return 'FLOAT64';
  if (/^(true|false)$/i.test(text)) return 'BOOL';
  return /^\d{4}-\d{2}-\d{2}T/.test(text) ? 'TIMESTAMP' : 'STRING';
}

async function engineOf(flags: SqlFlags): Promise<SqlEngine> {
  if (flags.on === 'duckdb') {
    const { openDuckDbSql } = await import('../connectors/sql/duckdb.ts');
    return openDuckDbSql({ path: flags.history });
  }
  const project = flags.project ?? GOOGLE_CLOUD_PROJECT;
  if (!project || !PROJECT_ID.test(project)) {
    throw new ConfigError(
      `Expected --project with --on bigquery, or GOOGLE_CLOUD_PROJECT, got "${project ?? ''}".`,
    );
  }
  const { openBigQuerySql } = await import('../connectors/sql/bigquery.ts');
  const maxBytes = flags.maxGb * 1e9;
  const { dataset, location } = flags;
  return openBigQuerySql({ project, dataset, location, maxBytes: Math.round(maxBytes) });
}

function listing(): string {
  return LAYERS.map((layer) => {
    const lines = queries()
      .filter((query) => query.layer === layer)
      .flatMap(({ name, header }) => [
        `  ${name.padEnd(30)} ${header.title}`,
        ...header.params.map(
          (param) => `      @${param.name} ${param.type} = ${textOf(param.default)}: ${param.description}`,
        ),
      ]);
    return [`bq/${layer}`, ...lines].join('\n');
  }).join('\n\n');
}

function textOf(value: Param['default']): string {
  return value === null ? 'NULL' : Array.isArray(value) ? `[${value.join(',')}]` : String(value);
}
