import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const HOURS = 6;
const SOAK = join(import.meta.dirname, '../bench/soak.ts');

interface Summary {
  readonly generated: number;
  readonly rssMb: readonly number[];
  readonly heapMb: readonly number[];
}

describe('a feed with its outbox over hours', () => {
  it('publishes every trade once, and takes no more memory than at the beginning', async () => {
    const args = ['--hours', `${HOURS}`, '--symbols', '25', '--rate', '2'];
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [SOAK, ...args]);
    console.log(stderr);
    const summary = JSON.parse(stdout) as Summary;
    expect(summary.generated).toBeGreaterThanOrEqual(25 * 2 * 3_600 * HOURS);
    expect(summary).toMatchObject({
      trades: summary.generated,
      misplaced: 0,
      duplicateTrades: 0,
      unreadableFrames: 0,
      openGaps: 0,
      lostGaps: 0,
      bufferedTrades: 0,
      waiting: 0,
      // Each hour all symbols are away once, and everything is brought back.
      events: {
        CONNECTED: 25 * (HOURS + 1),
        DISCONNECTED: 25 * HOURS,
        GAP: 25 * (HOURS + 1),
        RECOVERED: 25 * (HOURS + 1),
      },
    });
    const [first = 0] = summary.heapMb;
    expect(Math.max(...summary.heapMb)).toBeLessThan(first + 8);
    expect(Math.max(...summary.rssMb.slice(1))).toBeLessThan(summary.rssMb[0]! * 1.3 + 50);
  });
});
