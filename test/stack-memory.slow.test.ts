import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

/** Of the market, after weeks of history that a stack begins with. */
const HOURS = 1.5;
const EVERY_MINUTES = 5;
/** What grows, grows with the hours of each symbol: with fewer there is time for more hours. */
const SYMBOLS = 5;
/**
 * Means of half an hour each: from one to the next a topic that held what it was done with grew by 3 MB. Ids and trades
 * that are known again are remembered for a while, which fills up within hours: half of one here. Unit: MB.
 */
const ALIVE_MORE = 2;
/** Of the whole process, with garbage that is not yet collected. Unit: MB. */
const RSS_MORE = 60;

const SOAK = join(import.meta.dirname, '../bench/stack-soak.ts');

interface Summary {
  readonly trades: number;
  readonly alerts: number;
  readonly notices: number;
  readonly lastNotices: readonly string[];
  /** Of the process as it was, and of what lived after a collection, every few minutes of the market. */
  readonly rssMb: readonly number[];
  readonly aliveMb: readonly number[];
}

it('what lives in a stack hardly grows from its second half hour of the market to its third', async ({
  annotate,
}) => {
  const args = ['--hours', `${HOURS}`, '--every', `${EVERY_MINUTES}`, '--symbols', `${SYMBOLS}`];
  const node = ['--max-semi-space-size=16', SOAK, ...args];
  const { stdout } = await promisify(execFile)(process.execPath, node);
  const summary = JSON.parse(stdout) as Summary;
  await annotate(`RSS, MB: ${summary.rssMb.join(' ')}; alive: ${summary.aliveMb.join(' ')}`);
  expect(summary.aliveMb).toHaveLength((HOURS * 60) / EVERY_MINUTES);
  // It did what it is there for.
  expect(summary.trades).toBeGreaterThan(10_000);
  expect(summary.alerts).toBeGreaterThan(0);
  const [, second, third] = thirds(summary.aliveMb);
  expect(mean(third)).toBeLessThan(mean(second) + ALIVE_MORE);
  const [, rss2, rss3] = thirds(summary.rssMb);
  expect(Math.max(...rss3)).toBeLessThan(Math.max(...rss2) + RSS_MORE);
});

function thirds(all: readonly number[]): [number[], number[], number[]] {
  const third = all.length / 3;
  return [all.slice(0, third), all.slice(third, 2 * third), all.slice(2 * third)];
}

function mean(all: readonly number[]): number {
  return all.reduce((sum, one) => sum + one, 0) / all.length;
}
