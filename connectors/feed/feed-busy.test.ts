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
    kind: 'kline',
    symbol: 'X',
    ts: world.now,
    openTime: START,
    turnover: null,
    trades: null,
    open: 100,
    high: 106,
    low: 100,
    close: 100,
    volume,
    isClosed: true,
  });
  world.runTo(START + 68_000);
  expect(world.published().map(({ tradeId }) => tradeId)).toContain('100000');
});

it('gives up a span whose trades cannot be told from copies any more', () => {
  const world = new TinyWorld({ restDepth: 100_000 });
  world.busy(START + 10_000);
  world.runTo(START + 10_000);
  world.isRestAway = true;
  world.cut();
  world.after(200, () => world.happens(tradeAt(world.now, 1_000)));
  world.after(1_000, () => world.trade(tradeAt(world.now, 1_001)));
  world.runTo(START + 12_000);
  const asked = world.fetches.length;
  world.isRestAway = false;
  while (world.fetches.length === asked) world.runTo(world.now + 1);
  // Its answer is under way while more trades come than are remembered.
  const burst = Array.from({ length: 40_000 }, (_, i) => tradeAt(world.now, 2_000 + i));
  for (const trade of burst) world.happens(trade);
  world.deliver({ kind: 'trades', symbol: 'X', ts: world.now, trades: burst });
  world.runTo(START + 20_000);
  expect(world.published().some(({ tradeId }) => tradeId === '1000')).toBe(false);
  expect(world.unvouched(START + 10_000, START + 11_000)).toEqual([START + 10_000]);
  expect(world.ledger().at(-1)).toMatchObject({
    kind: 'GAP',
    cause: 'It was cut.; too long ago: lost',
    resolved: false,
    from: START + 10_000,
    to: START + 10_530,
  });
});
