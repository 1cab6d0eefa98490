import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Candle, candleId } from '../../schemas/candle.ts';
import { candlesOf } from './candles.fixture.ts';
import { anyDelivery, anyMarket, delivered } from './market.fixture.ts';

const barOf = (candle: Candle) => candleId({ ...candle, revision: 0 });

describe('a revision', () => {
  it('grows with what is learned, and is the same only for the same bar', () => {
    fc.assert(
      fc.property(
        anyMarket,
        anyDelivery,
        fc.array(fc.boolean(), { minLength: 40 }),
        (market, delivery, mask) => {
          // Facts are trades and healthy seconds. What else may change a bar is left out: a copy that places its trade
          // elsewhere in its millisecond, and snapshots that tell of a trade while the feed is down.
          const parts = delivered(market, { ...delivery, seqShift: 0 }).filter(
            ({ value }) => value.kind !== 'pulse' || value.healthy.low + value.healthy.high > 0,
          );
          const early = new Map(
            candlesOf(parts.filter((_, i) => mask[i % mask.length])).map((candle) => [barOf(candle), candle]),
          );
          for (const candle of candlesOf(parts)) {
            const before = early.get(barOf(candle));
            early.delete(barOf(candle));
            if (!before) continue;
            expect(candle.revision).toBeGreaterThanOrEqual(before.revision);
            if (candle.revision === before.revision) expect(candle).toEqual(before);
          }
          expect(early.size).toBe(0);
        },
      ),
      { seed: 3, numRuns: 400 },
    );
  });
});
