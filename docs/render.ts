/** Turns the schemas into the reference documents, so that no list of fields is ever written twice. */
import { z } from 'zod';
import { BacktestAssumptions } from '../schemas/backtest-assumptions.ts';
import { DeskParams } from '../schemas/desk-params.ts';
import { MacroParams } from '../schemas/macro-params.ts';
import { SignalParams } from '../schemas/params.ts';
import { rowSchema, TABLE_NAMES, TABLES } from '../schemas/tables.ts';
import { type BigQueryColumn, bigQueryColumns } from '../schemas/to-bigquery.ts';
import { tableDdl } from '../schemas/to-ddl.ts';
import { TOPIC_NAMES, TOPICS, type Topic, type TopicName } from '../schemas/topics.ts';
import { lines, NOTICE, table } from './markdown.ts';
import { commandsDocument } from './render-commands.ts';
import { metricsDocument } from './render-metrics.ts';
import { stateDocument } from './render-state.ts';

type JsonSchema = z.core.JSONSchema.JSONSchema;

/** Zod puts these on every integer; they are a property of the language, not of the field. */
const SAFE_INTEGER_LIMITS: readonly unknown[] = [Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER];

interface Row {
  readonly path: string;
  readonly schema: JsonSchema;
  readonly nullable: boolean;
}

/** Every generated document by its path from the root of the repository. */
export function generatedDocs(): Record<string, string> {
  return {
    'docs/MESSAGES.md': messages(),
    'docs/PARAMETERS.md': parameters(),
    'docs/STATE.md': stateDocument(),
    'docs/METRICS.md': metricsDocument(),
    'docs/COMMANDS.md': commandsDocument(),
    ...Object.fromEntries(TABLE_NAMES.map((name) => [`bq/tables/${name}.sql`, tableDdl(name)])),
  };
}

function messages(): string {
  const topics = TOPIC_NAMES.map((name): [TopicName, Topic] => [name, TOPICS[name]]);
  return lines(
    '# Messages',
    '',
    NOTICE,
    '',
    'Every message is an object of the fields below: JSON, but for `raw-tick-data`, whose trades travel in binary',
    'batches (`schemas/trade-batch.ts`). Times are ISO 8601 in UTC with milliseconds unless the field says ms.',
    'Each message also carries the attributes `id` (its content’s identity) and `ts` (its event time, ms);',
    'those of the relay also `pos`: when it began to number the symbol’s trades, and the numbers of the first trade of the',
    'batch and of the one behind its last (in a snapshot, twice the number of trades that had come). All but feed events',
    'and dead letters carry `traceparent` (W3C): the trace of the bar they are of, computed from its pair and close alone.',
    '',
    '## Topics',
    '',
    table(
      ['topic', 'one message is', 'ordering key', 'event time', 'read by'],
      topics.map(([name, t]) => [
        `[\`${name}\`](#${name})`,
        t.message,
        t.orderingKey ?? '–',
        `\`${t.timeField}\``,
        t.readers.join(', '),
      ]),
    ),
    '',
    '## BigQuery tables',
    '',
    'A table’s columns are the fields of its topic’s message, of the types in the last column below; `ticks` takes the',
    'batches apart and adds an `id` to each trade. Locally the same tables are in DuckDB.',
    '',
    table(
      ['table', 'topic', 'one row is', 'partitioned by day of', 'clustered by', 'kept'],
      TABLE_NAMES.map((name) => ({ name, ...TABLES[name] })).map(({ name, ...t }) => [
        `\`${name}\``,
        `[\`${t.topic}\`](#${t.topic})`,
        t.grain,
        `\`${t.partitionBy}\``,
        t.clusterBy.map((column) => `\`${column}\``).join(', '),
        t.keepDays === null ? 'for ever' : `${t.keepDays} days`,
      ]),
    ),
    ...topics.flatMap(([name, t]) => ['', `## ${name}`, '', `${t.message}.`, '', fieldTable(name, t.schema)]),
  );
}

function fieldTable(topic: TopicName, schema: z.ZodObject): string {
  const columns = columnTypes(topic);
  return table(
    ['field', 'type', 'meaning', 'column'],
    rowsOf(jsonSchema(schema)).map((row) => [
      `\`${row.path}\``,
      typeOf(row),
      oneLine(row.schema.description ?? ''),
      columns.get(row.path.replaceAll('[]', '')) ?? '–',
    ]),
  );
}

/** BigQuery type of each column of the topic's table, by its path: `levels.price`. */
function columnTypes(topic: TopicName): Map<string, string> {
  const name = TABLE_NAMES.find((candidate) => TABLES[candidate].topic === topic);
  const flat = (columns: readonly BigQueryColumn[], prefix: string): [string, string][] =>
    columns.flatMap((column) => [
      [prefix + column.name, column.mode === 'REPEATED' ? `${column.type} REPEATED` : column.type],
      ...flat(column.fields ?? [], `${prefix}${column.name}.`),
    ]);
  return new Map(name === undefined ? [] : flat(bigQueryColumns(rowSchema(name)), ''));
}

function parameters(): string {
  return lines(
    '# Parameters',
    '',
    NOTICE,
    '',
    'Everything a signal depends on besides the market. Override any of them in a JSON file given by `--params`',
    '(only the ones that differ); their hash is recorded with each signal as `params_hash`.',
    ...parameterTables(SignalParams, '##'),
    '',
    '## MACRO',
    '',
    'Of the MACRO engine, which are apart from those above; their hash is recorded with each swing signal.',
    ...parameterTables(MacroParams, '###'),
    '',
    '## Trade desk',
    '',
    'Of one book; a desk has any number of them, side by side. Their hash is recorded with each of its events.',
    ...parameterTables(DeskParams, '###'),
    '',
    '## Backtest',
    '',
    'What a backtest takes for granted where history does not tell; in each of its reports.',
    ...parameterTables(BacktestAssumptions, '###'),
  );
}

/** A table of the single parameters, where there are any, then one for each group under a heading. */
function parameterTables(schema: z.ZodObject, heading: string): string[] {
  const { properties = {} } = jsonSchema(schema);
  const groups = Object.entries(properties).filter(([, group]) => isObject(group));
  const single = Object.entries(properties).filter(([, group]) => !isObject(group));
  return [
    ...(single.length > 0 ? ['', parameterTable(Object.fromEntries(single))] : []),
    ...groups.flatMap(([name, group]) => [
      '',
      `${heading} ${name}`,
      '',
      parameterTable(asSchema(group).properties ?? {}),
    ]),
  ];
}

function parameterTable(properties: Record<string, unknown>): string {
  return table(
    ['parameter', 'type', 'default', 'meaning'],
    Object.entries(properties).map(([name, property]) => {
      const schema = asSchema(property);
      return [
        `\`${name}\``,
        typeOf({ path: name, schema, nullable: false }),
        `\`${JSON.stringify(schema.default)}\``,
        oneLine(schema.description ?? ''),
      ];
    }),
  );
}

/** In wire form: what a reader of the JSON sees. */
function jsonSchema(schema: z.ZodType): JsonSchema {
  return z.toJSONSchema(schema, { io: 'input' });
}

function asSchema(value: unknown): JsonSchema {
  return typeof value === 'object' && value !== null ? (value as JsonSchema) : {};
}

function isObject(value: unknown): boolean {
  return asSchema(value).type === 'object';
}

/** A row for each field, nested ones behind their parent: `levels[].price`. */
function rowsOf(schema: JsonSchema, prefix = ''): Row[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, property]) => {
    const path = prefix + name;
    const { inner, nullable } = withoutNull(asSchema(property));
    const items = inner.type === 'array' ? asSchema(inner.items) : null;
    const row = { path, schema: inner, nullable };
    return [row, ...(items ? rowsOf(items, `${path}[].`) : rowsOf(inner, `${path}.`))];
  });
}

function withoutNull(schema: JsonSchema): { inner: JsonSchema; nullable: boolean } {
  const choices = (schema.anyOf ?? []).map(asSchema);
  const [only] = choices.filter((choice) => choice.type !== 'null');
  if (only === undefined || choices.length !== 2) return { inner: schema, nullable: false };
  const description = schema.description ?? only.description;
  return { inner: description === undefined ? only : { ...only, description }, nullable: true };
}

function typeOf({ schema, nullable }: Row): string {
  return nullable ? `${baseType(schema)} or null` : baseType(schema);
}

function baseType(schema: JsonSchema): string {
  if (schema.const !== undefined) return `\`${String(schema.const)}\``;
  if (schema.enum) return schema.enum.map((value) => `\`${String(value)}\``).join(' ');
  if (schema.format === 'date-time') return 'time';
  if (schema.type === 'array') return `list of ${baseType(asSchema(schema.items))}`;
  if (schema.additionalProperties && isRecord(schema)) return 'map';
  return [[schema.type].flat().join(' or '), limits(schema)].filter((part) => part !== '').join(' ');
}

function isRecord(schema: JsonSchema): boolean {
  return schema.type === 'object' && schema.properties === undefined;
}

function limits(schema: JsonSchema): string {
  const shown = (limit: unknown): limit is number =>
    typeof limit === 'number' && !SAFE_INTEGER_LIMITS.includes(limit);
  const parts = [
    shown(schema.exclusiveMinimum) ? `> ${schema.exclusiveMinimum}` : '',
    shown(schema.minimum) ? `≥ ${schema.minimum}` : '',
    shown(schema.maximum) ? `≤ ${schema.maximum}` : '',
  ];
  return parts.filter((part) => part !== '').join(', ');
}

function oneLine(text: string): string {
  return text.replaceAll('\n', ' ').replaceAll('|', '\\|').replaceAll('<', '&lt;');
}
