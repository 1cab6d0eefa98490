/** The comment that opens each query: what it says, the parameters it takes, and the columns it promises. */
import { ConfigError } from '../schemas/errors.ts';
import { isoInstant } from '../schemas/iso-instant.ts';

const SCALARS = ['STRING', 'INT64', 'FLOAT64', 'BOOL', 'TIMESTAMP'] as const;
export type ScalarType = (typeof SCALARS)[number];
export type ParamType = ScalarType | `ARRAY<${ScalarType}>`;
export type ParamValue = null | boolean | number | string | readonly (number | string)[];

/** `-- @name TYPE = default: what it means.` */
export interface Param {
  readonly name: string;
  readonly type: ParamType;
  readonly default: ParamValue;
  readonly description: string;
}

/** `-- @column name TYPE role: what it means.` Role is dimension or metric, as Looker Studio asks. */
export interface PromisedColumn {
  readonly name: string;
  readonly type: string;
  readonly role: 'dimension' | 'metric';
  readonly description: string;
}

export interface Header {
  /** First sentence of the file. */
  readonly title: string;
  readonly params: readonly Param[];
  readonly columns: readonly PromisedColumn[];
}

const PARAM = /^@(\w+) (\w+|ARRAY<\w+>) = (.*?): (.+)$/;
const COLUMN = /^@column (\w+) (\w+) (dimension|metric): (.+)$/;

/** @throws ConfigError naming the line that is neither. */
export function headerOf(sql: string, path: string): Header {
  const lines = commentLines(sql);
  const marked = lines.filter((line) => line.startsWith('@'));
  return {
    title: lines[0] ?? '',
    params: marked.filter((line) => !line.startsWith('@column ')).map((line) => paramOf(line, path)),
    columns: marked.filter((line) => line.startsWith('@column ')).map((line) => columnOf(line, path)),
  };
}

function commentLines(sql: string): string[] {
  const lines = sql.split('\n');
  const end = lines.findIndex((line) => !line.startsWith('--'));
  return lines.slice(0, end < 0 ? lines.length : end).map((line) => line.replace(/^-- ?/, ''));
}

function paramOf(line: string, path: string): Param {
  const [, name = '', type = '', value = '', description = ''] = PARAM.exec(line) ?? [];
  const scalar = type.replace(/^ARRAY<(\w+)>$/, '$1');
  if (!SCALARS.some((known) => known === scalar)) {
    throw new ConfigError(
      `Expected "-- @name TYPE = default: meaning" with one of ${SCALARS.join(', ')} or ARRAY<…> in ${path}, got "${line}".`,
    );
  }
  return { name, type: type as ParamType, default: paramValue(value, type as ParamType, name), description };
}

function columnOf(line: string, path: string): PromisedColumn {
  const match = COLUMN.exec(line);
  if (match === null) {
    throw new ConfigError(`Expected "-- @column name TYPE dimension: meaning" in ${path}, got "${line}".`);
  }
  const [, name = '', type = '', role, description = ''] = match;
  return { name, type, role: role as PromisedColumn['role'], description };
}

/**
 * A value as it is written in a header or behind `--param name=`: text as it is, a list with commas, NULL, a time as ISO.
 * @throws ConfigError where it is not of the type.
 */
export function paramValue(text: string, type: ParamType, name: string): ParamValue {
  const item = /^ARRAY<(\w+)>$/.exec(type)?.[1] as ScalarType | undefined;
  if (text === 'NULL') return null;
  if (item === undefined) return scalarOf(text, type as ScalarType, name);
  const bare = text.replace(/^\[|\]$/g, '').trim();
  return bare === ''
    ? []
    : bare.split(',').map((part) => scalarOf(part.trim(), item, name) as number | string);
}

function scalarOf(text: string, type: ScalarType, name: string): boolean | number | string {
  const number = text.trim() === '' ? Number.NaN : Number(text);
  if (type === 'STRING') return text;
  if (type === 'BOOL' && /^(true|false)$/i.test(text)) return text.toLowerCase() === 'true';
  if (type === 'INT64' && Number.isSafeInteger(number)) return number;
  if (type === 'FLOAT64' && Number.isFinite(number)) return number;
  const instant = type === 'TIMESTAMP' ? isoInstant(text) : Number.NaN;
  if (!Number.isNaN(instant)) return new Date(instant).toISOString();
  const example = { BOOL: 'true', INT64: '60', FLOAT64: '0.005', TIMESTAMP: '2024-01-31T12:00:00Z' }[type];
  throw new ConfigError(`Expected parameter ${name} as ${type}, e.g. ${example}, got "${text}".`);
}
