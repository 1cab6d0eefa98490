/** One statement of a query and all it reads: other queries of this folder come in front of it, as common table expressions. */
import { TABLE_NAMES } from '../schemas/tables.ts';
import { type Query, queries, VIEW_LAYERS } from './catalog.ts';
import type { Param } from './header.ts';

/** Where a name is read as a table. */
const READS = /\b(?:FROM|JOIN)\s+(\w+)/gi;

export interface Statement {
  /** GoogleSQL over history tables alone. */
  readonly sql: string;
  /** Its own parameters, then those of what it reads; where both have one, its own default holds. */
  readonly params: readonly Param[];
}

interface Parts {
  readonly isRecursive: boolean;
  /** `name AS (…), name AS (…)`, or empty. */
  readonly expressions: string;
  readonly select: string;
}

/**
 * Flat, with RECURSIVE at the top where one needs it, so that nothing depends on nested recursion. That is why no two queries
 * may name a common table expression alike; a test holds this.
 */
export function statementOf(sql: string, ownParams: readonly Param[] = [], self = ''): Statement {
  const read = readBy(sql, self);
  const parts = partsOf(sql);
  const before = read.map((query) => ({ name: query.name, ...partsOf(query.sql) }));
  const expressions = [
    ...before.flatMap(({ name, expressions: inner, select }) => [
      inner,
      `${name} AS (\n${indented(select)}\n)`,
    ]),
    parts.expressions,
  ].filter((text) => text !== '');
  const isRecursive = parts.isRecursive || before.some((part) => part.isRecursive);
  const opening =
    expressions.length === 0 ? '' : `WITH ${isRecursive ? 'RECURSIVE ' : ''}${expressions.join(',\n')}\n`;
  return { sql: opening + parts.select, params: merged(ownParams, read) };
}

export function statementOfQuery(query: Query): Statement {
  return statementOf(query.sql, query.header.params, query.name);
}

export interface View {
  readonly name: string;
  /** First sentence of its file. */
  readonly title: string;
  readonly sql: string;
  /** Other views that it reads, itself or through others. */
  readonly reads: readonly string[];
}

/** The views of BigQuery, in an order in which each reads only what is there. Names are relative to the default dataset. */
export function views(): View[] {
  const all = queries().filter(({ layer }) => VIEW_LAYERS.includes(layer));
  const ordered = new Set(all.flatMap((view) => [...readBy(view.sql, view.name), view]));
  return [...ordered].map(({ name, sql, header }) => ({
    name,
    title: header.title,
    sql: bare(sql),
    reads: readBy(sql, name).map((query) => query.name),
  }));
}

/** CREATE VIEW statements for BigQuery, in an order in which each reads only what is there. */
export function viewStatements(): string[] {
  return views().map(
    ({ name, title, sql }) =>
      `CREATE OR REPLACE VIEW ${name}\nOPTIONS (description = ${JSON.stringify(title)})\nAS\n${sql};\n`,
  );
}

/** The query with tables and views of history under their full names, as a view that the API makes must have them. */
export function qualified(sql: string, dataset: string): string {
  const known = new Set<string>([...TABLE_NAMES, ...queries().map(({ name }) => name)]);
  let text = '';
  let at = 0;
  for (const { 0: found, 1: name = '', index } of masked(sql).matchAll(READS)) {
    if (!known.has(name)) continue;
    const start = index + found.length - name.length;
    text += `${sql.slice(at, start)}\`${dataset}.${name}\``;
    at = start + name.length;
  }
  return text + sql.slice(at);
}

/** Queries that this one reads, itself or through others, each behind what it reads. */
function readBy(sql: string, self: string): Query[] {
  const found = new Map<string, Query>();
  const visit = (text: string, reader: string): void => {
    const words = new Set([...masked(text).matchAll(READS)].map(([, name]) => name));
    for (const query of queries()) {
      if (!words.has(query.name) || found.has(query.name) || query.name === reader) continue;
      visit(query.sql, query.name);
      found.set(query.name, query);
    }
  };
  visit(sql, self);
  return [...found.values()];
}

function merged(own: readonly Param[], read: readonly Query[]): Param[] {
  const all = [...own, ...read.toReversed().flatMap(({ header }) => header.params)];
  return all.filter(({ name }, i) => all.findIndex((param) => param.name === name) === i);
}

function partsOf(sql: string): Parts {
  const text = bare(sql);
  const opening = /^WITH\s+(RECURSIVE\s+)?/i.exec(text);
  if (opening === null) return { isRecursive: false, expressions: '', select: text };
  const at = mainSelect(text);
  return {
    isRecursive: opening[1] !== undefined,
    expressions: text.slice(opening[0].length, at).trim(),
    select: text.slice(at),
  };
}

/** Where the SELECT begins that stands in no brackets. */
function mainSelect(text: string): number {
  let depth = 0;
  for (const { 0: found, index } of masked(text).matchAll(/[()]|\bSELECT\b/gi)) {
    if (found === '(') depth += 1;
    else if (found === ')') depth -= 1;
    else if (depth === 0) return index;
  }
  return text.length;
}

/** Without the opening comment and the last semicolon. */
function bare(sql: string): string {
  return sql
    .replace(/^(?:--.*\n|\s*\n)*/, '')
    .trim()
    .replace(/;$/, '');
}

/** The same length, with blanks in the place of comments, texts and quoted names. */
function masked(sql: string): string {
  const opaque = /--.*|#.*|\/\*[\s\S]*?\*\/|'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|`[^`]*`/g;
  return sql.replace(opaque, (text) => ' '.repeat(text.length));
}

function indented(text: string): string {
  return text.replaceAll(/^(?=.)/gm, '  ');
}
