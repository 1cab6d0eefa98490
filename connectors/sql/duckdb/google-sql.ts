/** GoogleSQL as DuckDB understands it: polyglot translates, and here is what it gets wrong put right, or refused. */
import { Dialect, transpile } from '@polyglot-sql/sdk';
import { ConfigError } from '../../../schemas/errors.ts';

/** Comments, texts and quoted names, in which nothing means anything. */
const OPAQUE = /--.*|#.*|\/\*[\s\S]*?\*\/|'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|`[^`]*`/g;
const PARAMETER = /@(\w+)/g;
/** They become operators without the brackets they need: `DIV(a + b, c)` would be a + b // c. */
const OPERATORS = /\b(DIV|MOD)\s*\(/gi;
/** A quoted name is all of a statement that comes out of the translation as it went in. */
const PLACEHOLDER = /"cst parameter (\w+)"/g;

const TYPES: Readonly<Record<string, string>> = {
  STRING: 'VARCHAR',
  INT64: 'BIGINT',
  FLOAT64: 'DOUBLE',
  BOOL: 'BOOLEAN',
  TIMESTAMP: 'TIMESTAMP',
};

interface Defect {
  readonly found: RegExp;
  readonly instead: string;
}

/** What comes out with another meaning, or not at all: better refused than answered wrongly. */
export const DEFECTS: readonly Defect[] = [
  {
    found: /\b(?:TIMESTAMP|DATETIME|TIME)_DIFF\s*\([^()]*(?:\([^()]*\)[^()]*)*,\s*(?!MILLISECOND\b)\w+\s*\)/i,
    instead:
      'UNIX_MILLIS(a) - UNIX_MILLIS(b): the difference counts midnights and full hours there, not whole units',
  },
  {
    found: /\bREGEXP_CONTAINS\s*\(/i,
    instead: 'LIKE, STARTS_WITH or REGEXP_EXTRACT: it matches the whole text there',
  },
  { found: /\bCONCAT\s*\(/i, instead: 'a || b: a null is passed over there' },
  { found: /_TRUNC\s*\([^()]*,\s*WEEK\b/i, instead: 'DAY and arithmetic: weeks begin on Monday there' },
  { found: /\bWITH\s+OFFSET\b/i, instead: 'GENERATE_ARRAY for the places: they are lost there' },
  {
    found: /\bEXTRACT\s*\(\s*DAYOFWEEK\b/i,
    instead: 'EXTRACT(ISOWEEK …) or MOD(DIV(UNIX_SECONDS(t), 86400) + 4, 7): Sunday is 0 there, not 1',
  },
  { found: /\bJSON_(?:VALUE|QUERY)\s*\(/i, instead: 'a column of its own: texts keep their quotes there' },
  { found: /\bIS_(?:NAN|INF)\s*\(/i, instead: 'a comparison: there is no such function there' },
];

/**
 * DuckDB's SQL of a GoogleSQL query, with `$name` for `@name`. Each parameter is cast to its type, since a number or a null
 * does not tell it. Its session must be in UTC.
 * @param types GoogleSQL's type of each parameter.
 * @throws ConfigError where the query is no GoogleSQL, names an unknown parameter, or says what has no true translation.
 */
export function toDuckDb(sql: string, types: Readonly<Record<string, string>> = {}): string {
  assertQuery(sql);
  refuseDefects(sql);
  const marked = outsideTexts(countedByCase(sql), (code) =>
    code
      .replace(PARAMETER, (_, name: string) => {
        if (!(name in types)) throw unknownParameter(name, types);
        return `\`cst parameter ${name}\``;
      })
      // A name that polyglot does not know comes out as it went in.
      .replace(OPERATORS, (_, name: string) => `cst_${name.toLowerCase()}(`),
  );
  const {
    success,
    sql: translated,
    error,
  } = transpile(marked, Dialect.BigQuery, Dialect.DuckDB, {
    unsupportedLevel: 'raise',
  });
  const [statement, ...others] = translated ?? [];
  if (!success || statement === undefined)
    throw new ConfigError(`Expected GoogleSQL, got: ${error}. Correct the query.`);
  if (others.length > 0)
    throw new ConfigError(`Expected one query, got ${others.length + 1}. Run one after the other.`);
  return statement
    .replace(PLACEHOLDER, (_, name: string) => `CAST($${name} AS ${duckDbType(types[name]!)})`)
    .replace(/\bcst_div\(/gi, 'divide(')
    .replace(/\bcst_mod\(/gi, 'mod(');
}

/** DuckDB would write files where it is told to, `COPY … TO`, however read-only its history is. */
function assertQuery(sql: string): void {
  const [first] = /\w+/.exec(sql.replace(OPAQUE, ' ')) ?? ['nothing'];
  if (/^(?:SELECT|WITH|FROM)$/i.test(first)) return;
  throw new ConfigError(`Expected a query, SELECT … or WITH …, got ${first}.`);
}

/** `COUNTIF(x)` of no row, or of nulls alone, is 0, but null in DuckDB: it counts by COUNT, here and there. */
function countedByCase(sql: string): string {
  const code = sql.replace(OPAQUE, (text) => ' '.repeat(text.length));
  const found = /\bCOUNTIF\s*\(/i.exec(code);
  if (found === null) return sql;
  const from = found.index + found[0].length;
  const to = closing(code, from);
  const condition = sql.slice(from, to);
  return countedByCase(
    `${sql.slice(0, found.index)}COUNT(CASE WHEN ${condition} THEN 1 END)${sql.slice(to + 1)}`,
  );
}

/** Place of the bracket that closes the one before `from`; the end where there is none. */
function closing(code: string, from: number): number {
  let depth = 1;
  for (let at = from; at < code.length; at++) {
    if (code[at] === '(') depth += 1;
    else if (code[at] === ')') depth -= 1;
    if (depth === 0) return at;
  }
  return code.length;
}

function outsideTexts(sql: string, change: (code: string) => string): string {
  const texts = sql.match(OPAQUE) ?? [];
  return sql
    .split(OPAQUE)
    .map((code, i) => change(code) + (texts[i] ?? ''))
    .join('');
}

function refuseDefects(sql: string): void {
  const bare = sql.replace(OPAQUE, "''");
  for (const { found, instead } of DEFECTS) {
    const match = found.exec(bare);
    if (match === null) continue;
    throw new ConfigError(
      `Expected GoogleSQL that means the same on DuckDB, got "${match[0].slice(0, 60)}". Use ${instead}.`,
    );
  }
}

function duckDbType(type: string): string {
  const item = /^ARRAY<(\w+)>$/.exec(type)?.[1];
  const name = TYPES[item ?? type];
  if (name === undefined) {
    throw new ConfigError(
      `Expected a parameter of type ${Object.keys(TYPES).join(', ')} or ARRAY of it, got ${type}.`,
    );
  }
  return item === undefined ? name : `${name}[]`;
}

function unknownParameter(name: string, types: Readonly<Record<string, string>>): ConfigError {
  const known = Object.keys(types).join(', ') || 'none';
  return new ConfigError(
    `Expected a value of the parameter @${name}, got those of ${known}. Give it: --param ${name}=…`,
  );
}
