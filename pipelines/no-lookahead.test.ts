import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { needRealData } from '../test/real-data.ts';
import { anyDelivery, anyMarkets, scriptOf } from './deliveries.fixture.ts';
import { KNOWN_AT, linesAfter, linesUntil, type ReplayTopic, replayBars } from './replayed.fixture.ts';
import { MINUTE, runGraph } from './signals.fixture.ts';

const FILE = 'candles/bybit-linear-dogeusdt-1m-2025-05-30.parquet';
const DAY = 86_400_000;
const FROM = Date.UTC(2025, 5, 18);

describe('what is known at an instant', () => {
  it('stays the same, whatever comes after it: real bars, cut anywhere', async (context) => {
    const files = [{ symbol: 'DOGEUSDT', path: needRealData(context, FILE) }];
    const whole = await replayBars(files, { fromMs: FROM, toMs: FROM + 2 * DAY });
    const anyCut = fc.integer({ min: 600, max: 2 * 24 * 60 - 1 }).map((minute) => FROM + minute * MINUTE);
    let signals = 0;
    await fc.assert(
      fc.asyncProperty(anyCut, async (cut) => {
        const part = await replayBars(files, { fromMs: FROM, toMs: cut });
        for (const topic of Object.keys(KNOWN_AT) as ReplayTopic[]) {
          expect(linesUntil(part, topic, cut)).toEqual(linesUntil(whole, topic, cut));
        }
        // Beyond the cut it tells of nothing but the longer bars that were cut open.
        expect(linesAfter(part, 'trade-signals-micro', cut)).toEqual([]);
        expect(linesAfter(part, 'market-features', cut)).toEqual([]);
        const open = linesAfter(part, 'market-candles', cut).map((line) => JSON.parse(line));
        expect(open.filter(({ interval, complete }) => interval === '1m' || complete)).toEqual([]);
        signals += part.summary.signals;
      }),
      { seed: 1, numRuns: 6 },
    );
    expect(signals).toBeGreaterThan(10);
  }, 60_000);

  it('is written before what comes after it is read: random trades, cut after any message', async () => {
    await fc.assert(
      fc.asyncProperty(
        anyMarkets,
        anyDelivery(120_000),
        fc.double({ min: 0, max: 1, noNaN: true }),
        async (markets, delivery, share) => {
          const { trades } = scriptOf(markets, delivery, 2_000);
          const turns = Math.floor(share * trades.length);
          const whole = await runGraph({ trades });
          const part = await runGraph({ trades: trades.slice(0, turns) });
          const before = whole.published.filter(({ turn }) => turn < turns);
          expect(part.published.slice(0, before.length)).toEqual(before);
        },
      ),
      { seed: 1, numRuns: 20 },
    );
  });
});
