import { expect, it } from 'vitest';
import { TinyWorld } from './feed.fixture.ts';
import { START, tradeAt } from './tiny-venue.fixture.ts';

it('checks the minutes of a market that never pauses', () => {
  // Looks fall half-way between two batches, where some trade always waits.
  const startMs = START + 50;
  const world = new TinyWorld({ startMs, adapter: { streams: ['trades', 'kline'] }, restDepth: 20_000 });
  for (let n = 1; n < 14_000; n++) world.after(n * 5, () => world.trade(tradeAt(world.now, n)));
  world.after(30_000, () => world.happens(tradeAt(world.now, 100_000, 0.3)));
  world.runTo(START + 61_000);
  const trades = world.truth.get('X')!.filter(({ ts }) => ts >= START && ts < START + 60_000);
  const volume = Number(trades.reduce((sum, { size }) => sum + size, 0).toFixed(8));
  world.deliver({
    ...{ kind: 'kline', symbol: 'X', ts: world.now, openTime: START, turnover: null, trades: null },
    ...{ open: 100, high: 106, low: 100, close: 100, volume, isClosed: true },
  });
  world.runTo(START + 68_000);
  expect(world.published().map(({ tradeId }) => tradeId)).toContain('100000');
});
