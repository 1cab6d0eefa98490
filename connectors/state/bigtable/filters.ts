/** What is asked of Bigtable's rows: the cells that have not ended, or one of them with a certain value. */
import type { Condition } from '../port.ts';
import { FAMILIES } from './families.ts';
import { micros } from './mutations.ts';

/** Bigtable's RowFilter, in the form of its client (reads) or of its protocol (conditions). */
export type RowFilter = Record<string, unknown>;

/** The cells that have not ended at `now` (ms), for the client's readers. */
export function livingCells(now: number): RowFilter[] {
  const ended = { start: new Date(now + 1), end: undefined };
  return [
    { interleave: [[{ family: FAMILIES.kept.name }], [{ family: FAMILIES.expiring.name }, { time: ended }]] },
    { column: { cellLimit: 1 } },
  ];
}

/** Matches where the condition's cell lives and is the text, or for `absentOrBelow` is at or above it. */
export function exactly(condition: Condition, now: number): RowFilter {
  const living = {
    interleave: {
      filters: [
        { familyNameRegexFilter: FAMILIES.kept.name },
        {
          chain: {
            filters: [
              { familyNameRegexFilter: FAMILIES.expiring.name },
              { timestampRangeFilter: { startTimestampMicros: micros(now + 1) } },
            ],
          },
        },
      ],
    },
  };
  const column = { columnQualifierRegexFilter: Buffer.from(condition.cell) };
  const newest = { cellsPerColumnLimitFilter: 1 };
  return { chain: { filters: [living, column, newest, ...valueFilter(condition)] } };
}

function valueFilter(condition: Condition): RowFilter[] {
  if ('absent' in condition) return [];
  if ('absentOrBelow' in condition) {
    return [{ valueRangeFilter: { startValueClosed: Buffer.from(condition.absentOrBelow) } }];
  }
  const value = Buffer.from(condition.is);
  // A range whose end is empty has no end.
  return value.length === 0
    ? [{ valueRegexFilter: value }]
    : [{ valueRangeFilter: { startValueClosed: value, endValueClosed: value } }];
}

/** The texts of a row as the client gives it, values undecoded. */
export function cellsOf(data: unknown): Record<string, string> {
  const families = Object.values(data as Record<string, Record<string, { value: Buffer }[]>>);
  const cells = families.flatMap((family) =>
    Object.entries(family).map(([name, [newest]]): [string, string] => [name, String(newest?.value ?? '')]),
  );
  return Object.fromEntries(cells);
}
