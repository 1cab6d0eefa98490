/** Parts that are opened one on top of the other are closed in the opposite order, whatever becomes of each. */

export type Close = () => Promise<unknown>;

/** Closes one after the other, also where one fails; the first failure is thrown. */
export async function closeInOrder(closes: readonly Close[]): Promise<void> {
  const failures: unknown[] = [];
  for (const close of closes) await close().catch((error: unknown) => failures.push(error));
  if (failures.length > 0) throw failures[0];
}
