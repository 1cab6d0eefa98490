/** Runs once before all tests: says aloud which of them will be skipped on this machine. */
import { existsSync } from 'node:fs';
import { WANTS_INFRASTRUCTURE, WHY_NO_INFRASTRUCTURE } from './infrastructure/wanted.ts';
import { REAL_DATA_FOLDER } from './real-data.ts';

export function setup(): void {
  if (!WANTS_INFRASTRUCTURE) console.warn(WHY_NO_INFRASTRUCTURE);
  if (existsSync(REAL_DATA_FOLDER)) return;
  console.warn(
    `No real market data at ${REAL_DATA_FOLDER}: tests that need it are skipped. Set CST_REAL_DATA to run them.`,
  );
}
