/** Of what graph, MACRO and desk make, golden.slow.test.ts and backtest.slow.test.ts measure as much on their own runs. */
import { expect, it } from 'vitest';
import { RATES, TRADES } from '../infra/cost/rates.ts';
import { expectAsSaid, ratesOfCapture } from './message-rates.fixture.ts';

it('trades and snapshots are as many and as long as the estimate of costs says', (context) => {
  const measured = ratesOfCapture();
  if (measured === null)
    return context.skip('needs the capture of Bybit: set CST_REAL_DATA to the real data');
  expect(measured.tradesPerSecond).toBeCloseTo(TRADES.perSecond, 2);
  expect(measured.tradesPerBatch).toBeCloseTo(TRADES.perBatch, 2);
  expectAsSaid(measured.batch, RATES['raw-tick-data']);
  // The capture begins and ends within a second.
  expectAsSaid({ ...measured.snapshot, perDay: 86_400 }, RATES['book-snapshots']);
});
