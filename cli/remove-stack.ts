/** A stack's folder made fit for another: all that it keeps there is removed. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { removeEmbeddedBus } from '../connectors/bus/embedded.ts';
import { HISTORY_FILE } from '../connectors/sql/duckdb/tables.ts';
import { SPAN_FILE, spanFiles } from '../connectors/telemetry/span-file.ts';
import { messageOf, UpstreamError } from '../schemas/errors.ts';
import { BUS } from './stack-bus.ts';
import { ALERTS, FUNCTION_FILES, SPILL } from './stack-folders.ts';

/**
 * Removes what an earlier stack left in its folder, and nothing else that lies there.
 * @throws UpstreamError where one still runs on it.
 */
export async function removeStack(dir: string): Promise<void> {
  await removeEmbeddedBus(join(dir, BUS));
  const sqlite = Object.values(FUNCTION_FILES).flatMap((name) => [name, `${name}-wal`, `${name}-shm`]);
  const duckdb = [HISTORY_FILE, `${HISTORY_FILE}.wal`, `${HISTORY_FILE}.tmp`];
  for (const name of [...duckdb, ...sqlite, SPILL, ALERTS, ...spanFiles(SPAN_FILE)]) {
    await rm(join(dir, name), { force: true, recursive: true }).catch((cause: unknown) => {
      throw new UpstreamError(`Cannot clear ${dir}: ${messageOf(cause)}. Name another --dir.`, { cause });
    });
  }
}
