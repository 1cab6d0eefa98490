/** Random arithmetic and logic of GoogleSQL over three columns: what a translation may put its brackets wrongly in. */
import fc from 'fast-check';
import type { BigQueryColumn } from '../../schemas/to-bigquery.ts';

const column = (name: string, type: 'INT64' | 'FLOAT64'): BigQueryColumn => ({
  name,
  type,
  mode: 'NULLABLE',
  description: '.',
});

export const COLUMNS = [column('a', 'INT64'), column('b', 'INT64'), column('c', 'FLOAT64')];
export const expressionRows = [
  { a: 7, b: 3, c: 0.25 },
  { a: -7, b: 2, c: -1.5 },
  { a: 0, b: null, c: 12.125 },
  { a: 1_000_003, b: -5, c: 0 },
] as const;

/** A row as a struct, for an engine that has no such table. */
export function inline({ a, b, c }: (typeof expressionRows)[number]): string {
  return `STRUCT(${a} AS a, ${b ?? 'CAST(NULL AS INT64)'} AS b, ${c} AS c)`;
}

/** What these queries sum up by, over columns with and without nulls. */
export const AGGREGATES = [
  'COUNT(*)',
  ...['a', 'b', 'c'].flatMap((x) => [
    ...[
      `COUNT(${x})`,
      `COUNT(DISTINCT ${x})`,
      `SUM(${x})`,
      `AVG(${x})`,
      `MIN(${x})`,
      `MAX(${x})`,
      `STDDEV_SAMP(${x})`,
    ],
    ...[`COUNTIF(${x} > 1)`, `COUNTIF(${x} IS NULL)`, `LOGICAL_OR(${x} > 1)`, `LOGICAL_AND(${x} > -100)`],
    ...[`ANY_VALUE(${x} HAVING MAX a)`, `ANY_VALUE(${x} HAVING MIN a)`, `SUM(IF(${x} > 0, ${x}, 0))`],
    `SAFE_DIVIDE(COUNTIF(${x} > 0), COUNT(${x}))`,
  ]),
];

/** A divisor that is never 0. */
const DIVISORS = ['2', '3', '-7', '60'];

const { whole, real, truth } = fc.letrec<{ whole: string; real: string; truth: string }>((tie) => {
  const pair = fc.tuple(tie('whole'), tie('whole'));
  const reals = fc.tuple(tie('real'), tie('real'));
  return {
    whole: fc.oneof(
      { maxDepth: 3, depthIdentifier: 'e' },
      fc.constantFrom('a', 'b', '5', '-2'),
      pair.map(([x, y]) => `(${x} + ${y})`),
      pair.map(([x, y]) => `${x} - (${y})`).map((text) => `(${text})`),
      fc.tuple(tie('whole'), fc.constantFrom(...DIVISORS)).map(([x, y]) => `DIV(${x}, ${y})`),
      fc.tuple(tie('whole'), fc.constantFrom(...DIVISORS)).map(([x, y]) => `DIV(${x} + a, ${y})`),
      fc.tuple(tie('whole'), fc.constantFrom(...DIVISORS)).map(([x, y]) => `2 * MOD(${x} - b, ${y})`),
      fc.tuple(tie('truth'), tie('whole'), tie('whole')).map(([t, x, y]) => `IF(${t}, ${x}, ${y})`),
      pair.map(([x, y]) => `IFNULL(${x}, ${y})`),
      pair.map(([x, y]) => `GREATEST(${x}, ${y}) - LEAST(${y}, ${x})`).map((text) => `(${text})`),
      tie('whole').map((x) => `-(${x})`),
      tie('whole').map((x) => `ABS(${x})`),
    ),
    real: fc.oneof(
      { maxDepth: 3, depthIdentifier: 'e' },
      fc.constantFrom('c', '0.5'),
      reals.map(([x, y]) => `(${x} - ${y})`),
      reals.map(([x, y]) => `${x} * (${y} + c)`).map((text) => `(${text})`),
      fc.tuple(tie('whole'), tie('real')).map(([x, y]) => `SAFE_DIVIDE(${x}, ${y})`),
      fc.tuple(tie('real'), fc.constantFrom(...DIVISORS)).map(([x, y]) => `(${x} / ${y})`),
      fc.tuple(tie('whole'), fc.constantFrom(...DIVISORS)).map(([x, y]) => `(1.0 / MOD(${y}, 100) - ${x})`),
      reals.map(([x, y]) => `COALESCE(NULLIF(${x}, ${y}), 1.5)`),
      fc
        .tuple(tie('truth'), tie('real'))
        .map(([t, x]) => `(CASE WHEN ${t} THEN ${x} ELSE 0.5 END + SIGN(${x}))`),
      tie('real').map((x) => `ROUND(${x}, 3)`),
      tie('real').map((x) => `FLOOR(${x})`),
    ),
    truth: fc.oneof(
      { maxDepth: 2, depthIdentifier: 'e' },
      fc
        .tuple(tie('whole'), fc.constantFrom('<', '<=', '=', '<>'), tie('whole'))
        .map((parts) => `(${parts.join(' ')})`),
      fc.tuple(tie('real'), tie('real')).map(([x, y]) => `(${x} >= ${y})`),
      fc.tuple(tie('truth'), tie('truth'), tie('truth')).map(([x, y, z]) => `(${x} AND (${y} OR ${z}))`),
      tie('truth').map((x) => `(NOT ${x})`),
      tie('whole').map((x) => `(${x} IS NULL)`),
      fc.tuple(tie('whole'), tie('whole')).map(([x, y]) => `(${x} BETWEEN ${y} - 1 AND ${y} + 3)`),
      fc.tuple(tie('whole'), tie('whole')).map(([x, y]) => `(${x} IS DISTINCT FROM ${y})`),
    ),
  };
});

export const expressions = fc.oneof(whole, real, truth);
