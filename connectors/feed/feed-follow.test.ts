import { describe, expect, it } from 'vitest';
import { readBatchHeader } from '../../schemas/trade-batch.ts';
import { TinyWorld } from './feed.fixture.ts';
import { START, tradeAt } from './tiny-venue.fixture.ts';
import { missing } from './told.fixture.ts';

describe('a feed whose symbols come and go', () => {
  it('leaves in the ledger what is missing of a symbol when it goes', () => {
    const world = new TinyWorld({ symbols: ['X', 'Y'] });
    world.busy(START + 30_000);
    world.runTo(START + 10_000);
    world.cut(0, 60_000);
    world.runTo(START + 20_000);
    world.give({ kind: 'symbols', symbols: ['Y'] });
    expect(world.ledger('X').slice(-2)).toMatchObject([
      { kind: 'GAP', to: START + 20_000, resolved: false, cause: expect.stringMatching(/^It was cut/) },
      { kind: 'REMOVED' },
    ]);
    const lost = missing(world.ledger('X'));
    const known = new Set(world.published('X').map(({ tradeId }) => tradeId));
    const untold = world.truth
      .get('X')!
      .filter(
        ({ ts, tradeId }) => ts > START && ts < world.now && !known.has(tradeId) && !lost.isIn(ts, ts + 1),
      );
    expect(untold).toEqual([]);
  });

  it('knows the price from before it followed a symbol, and does not tell the trade', () => {
    const world = new TinyWorld();
    world.runTo(START + 70_000);
    expect(world.published()).toEqual([]);
    expect(world.snapshots().at(-1)).toMatchObject({
      lastPrice: tradeAt(START, 0).price,
      lastTradeTs: START - 30_000,
    });
    world.cut(0, 500);
    world.runTo(START + 80_000);
    expect(world.published()).toEqual([]);
  });

  it('vouches for a quiet time with the price of then, also where it has heard of a newer trade', () => {
    const world = new TinyWorld();
    world.isAway = true;
    world.runTo(START + 130_000);
    world.happens(tradeAt(world.now, 5));
    world.isAway = false;
    world.runTo(START + 140_000);
    world.trade(tradeAt(world.now, 6));
    world.runTo(START + 150_000);
    const claims = world.messages('raw-tick-data').map(({ data }) => readBatchHeader(data));
    const quiet = claims.filter(({ claim }) => claim && claim.toMs <= START + 120_000);
    expect(quiet.length).toBeGreaterThanOrEqual(2);
    expect(quiet.map(({ last }) => last?.ts)).toEqual(quiet.map(() => START - 30_000));
  });

  it('says nothing of a symbol that is gone', () => {
    const world = new TinyWorld();
    world.runTo(START + 10_000);
    world.give({ kind: 'symbols', symbols: [] });
    world.runTo(START + 20_000);
    expect(world.ledger().at(-1)!.kind).toBe('REMOVED');
  });

  it('tells of no time before it followed a symbol, whatever trade it knows from then', () => {
    const world = new TinyWorld({ adapter: { hasContiguousIds: true, venue: 'kraken' } });
    world.runTo(START + 200_000);
    world.happens(tradeAt(world.now, 1));
    world.after(5_000, () => world.trade(tradeAt(world.now, 2)));
    world.runTo(START + 230_000);
    expect(world.published().map(({ tradeId }) => tradeId)).toEqual(['2', '1']);
    const spans = world.ledger().filter(({ kind }) => kind === 'GAP' || kind === 'RECOVERED');
    expect(spans).toHaveLength(4);
    expect(Math.min(...spans.map(({ from }) => from!))).toBe(START);
    expect(missing(world.ledger()).isIn(START, START + 230_000)).toBe(false);
  });
});
