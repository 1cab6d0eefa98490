/** Writes of cells as Bigtable's mutations, which happen together and in their order. */
import type { CellWrites } from '../port.ts';
import { FAMILIES } from './families.ts';

/** google.bigtable.v2.Mutation. */
export type MutationProto = Record<string, unknown>;

/** A cell is removed wherever it is, then set: an earlier one with a later timestamp would hide it. Times in ms. */
export function mutationsOf(cells: CellWrites, now: number, expiresAt: number | undefined): MutationProto[] {
  const family = expiresAt === undefined ? FAMILIES.kept : FAMILIES.expiring;
  return Object.entries(cells).flatMap(([name, value]) => {
    const columnQualifier = Buffer.from(name);
    const removals = Object.values(FAMILIES).map(({ name: familyName }) => ({
      deleteFromColumn: { familyName, columnQualifier },
    }));
    if (value === null) return removals;
    const set = {
      familyName: family.name,
      columnQualifier,
      timestampMicros: micros(expiresAt ?? now),
      value: Buffer.from(value),
    };
    return [...removals, { setCell: set }];
  });
}

/** As text, since a number has too few digits for the far future. */
export function micros(ms: number): string {
  return String(BigInt(Math.trunc(ms)) * 1_000n);
}
