/** Runs once before all tests: says aloud which of them will be skipped on this machine. */
import { existsSync } from 'node:fs';
import { REAL_DATA_FOLDER } from './real-data.ts';

export function setup(): void {
  if (existsSync(REAL_DATA_FOLDER)) return;
  console.warn(
    `No real market data at ${REAL_DATA_FOLDER}: tests that need it are skipped. Set CST_REAL_DATA to run them.`,
  );
}
