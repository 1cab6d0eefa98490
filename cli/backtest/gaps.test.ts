import { describe, expect, it } from 'vitest';
import type { FeatureRow } from '../../schemas/feature-row.ts';
import type { FeedEvent } from '../../schemas/feed-event.ts';
import { MINUTE_MS } from '../../schemas/primitives.ts';
import { GapLedger } from './gaps.ts';

/** One bar a letter: `t` traded, `s` silent, `x` not whole, ` ` none. */
function ledgerOf(bars: string) {
  const told: FeedEvent[] = [];
  const ledger = new GapLedger((event) => told.push(event));
  for (const [i, bar] of [...bars].entries()) {
    if (bar === ' ') continue;
    const times = { openTime: i * MINUTE_MS, closeTime: (i + 1) * MINUTE_MS };
    const facts = { volume: bar === 's' ? 0 : 1, coverage: bar === 'x' ? 0.5 : 1 };
    ledger.add({ venue: 'bybit', symbol: 'A', ...times, ...facts } as FeatureRow);
  }
  ledger.end();
  const spans = told.map(({ from, to, cause }) => [from! / MINUTE_MS, to! / MINUTE_MS, cause]);
  return { spans, told, incomplete: ledger.incompleteMinutes, silent: ledger.silentMinutes };
}

const BROKEN = 'bars of the recording that are not whole';
const SILENT = 'no trade in the recording: silence, or a hole';

describe('the gap ledger of a file', () => {
  it.each<[string, (number | string)[][], number, number]>([
    ['ttttt', [], 0, 0],
    ['ttxxt', [[2, 4, BROKEN]], 2, 0],
    [
      'tt  tx',
      [
        [2, 4, BROKEN],
        [5, 6, BROKEN],
      ],
      3,
      0,
    ],
    [`t${'s'.repeat(14)}t`, [], 0, 14],
    [`t${'s'.repeat(15)}t`, [[1, 16, SILENT]], 0, 15],
    [
      `${'s'.repeat(20)}x`,
      [
        [0, 20, SILENT],
        [20, 21, BROKEN],
      ],
      1,
      20,
    ],
    [`t${'s'.repeat(30)}`, [[1, 31, SILENT]], 0, 30],
  ])('%s', (bars, spans, incomplete, silent) => {
    expect(ledgerOf(bars)).toMatchObject({ spans, incomplete, silent });
  });

  it('names each span once', () => {
    const { told } = ledgerOf(`t${'s'.repeat(15)}xx${'s'.repeat(15)}t`);
    expect(new Set(told.map(({ id }) => id)).size).toBe(3);
  });
});
