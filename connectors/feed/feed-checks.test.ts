import { describe, expect, it } from 'vitest';
import type { KlineEvent } from '../exchanges/market-event.ts';
import { TinyWorld } from './feed.fixture.ts';
import { START, tradeAt } from './tiny-venue.fixture.ts';

/** Silence alone raises no alarm. */
const PATIENT = { floorMs: 600_000 };

function ids(trades: readonly { tradeId: string }[]): string[] {
  return trades.map(({ tradeId }) => tradeId);
}

function story(world: TinyWorld): string[] {
  return world.ledger().map(({ kind }) => kind);
}

describe('the exchange’s bar of a minute', () => {
  const adapter = { streams: ['trades', 'book', 'kline'] } as const;

  function kline(world: TinyWorld, openTime: number, change: Partial<KlineEvent> = {}): KlineEvent {
    const trades = world.truth.get('X')!.filter(({ ts }) => ts >= openTime && ts < openTime + 60_000);
    const prices = trades.map(({ price }) => price);
    return {
      kind: 'kline',
      symbol: 'X',
      ts: world.now,
      openTime,
      turnover: null,
      trades: null,
      isClosed: true,
      open: prices[0]!,
      close: prices.at(-1)!,
      high: Math.max(...prices),
      low: Math.min(...prices),
      volume: Number(trades.reduce((sum, { size }) => sum + size, 0).toFixed(8)),
      ...change,
    };
  }

  it('is asked about where it differs, and equals ours after REST', () => {
    const world = new TinyWorld({ adapter });
    world.busy(START + 60_000);
    world.after(30_050, () => world.happens(tradeAt(world.now, 10_000, 0.3)));
    world.runTo(START + 61_000);
    world.deliver(kline(world, START));
    world.runTo(START + 70_000);
    expect(ids(world.published())).toContain('10000');
    expect(world.ledger().at(-1)).toMatchObject({
      kind: 'RECOVERED',
      from: START,
      to: START + 60_000,
      tradesRecovered: 1,
      resolved: true,
    });
    expect(world.bars()).toEqual([]);
  });

  it('takes the place of ours where it still differs', () => {
    const world = new TinyWorld({ adapter, feed: { liveness: PATIENT } });
    world.busy(START + 60_000);
    world.runTo(START + 61_000);
    world.deliver(kline(world, START, { volume: 1_000.5 }));
    world.runTo(START + 75_000);
    expect(world.ledger().at(-1)).toMatchObject({
      kind: 'DIFFERS',
      from: START,
      to: START + 60_000,
      resolved: false,
    });
    expect(world.bars()).toMatchObject([{ openTime: START, volume: 1_000.5, complete: true }]);
    expect(world.bars()[0]!.revision).toBeGreaterThan(1_000_000 + 599 + 60);
  });

  it('takes the place of ours where the symbol goes before REST has explained the difference', () => {
    const world = new TinyWorld({ adapter, feed: { liveness: PATIENT } });
    world.busy(START + 60_000);
    world.runTo(START + 61_000);
    world.isRestAway = true;
    world.deliver(kline(world, START, { volume: 1_000.5 }));
    world.runTo(START + 66_000);
    expect(world.bars()).toEqual([]);
    world.give({ kind: 'symbols', symbols: ['Y'] });
    expect(story(world).slice(-2)).toEqual(['DIFFERS', 'REMOVED']);
    expect(world.bars()).toMatchObject([{ openTime: START, volume: 1_000.5, complete: true }]);
  });

  it('is no more than a reason to ask REST where trade ids prove what is missing', () => {
    const world = new TinyWorld({
      adapter: { ...adapter, hasContiguousIds: true },
      restDepth: 10_000,
      feed: { liveness: PATIENT },
    });
    world.busy(START + 120_000);
    world.runTo(START + 61_000);
    world.shapeRest = (trades) => trades.filter(({ ts }) => ts < START + 60_000);
    world.deliver(kline(world, START, { volume: 1_000.5, trades: 1_000 }));
    world.runTo(START + 90_000);
    const asked = world.fetches.length;
    expect(asked).toBeGreaterThan(4);
    world.shapeRest = (trades) => trades;
    world.runTo(START + 120_000);
    expect(world.fetches).toHaveLength(asked + 1);
    expect(world.bars()).toEqual([]);
    expect(world.ledger().map(({ kind }) => kind)).not.toContain('DIFFERS');
  });

  it('is a reason to ask also where the last that came of it still ran', () => {
    const world = new TinyWorld({
      adapter: { ...adapter, hasContiguousIds: true },
      feed: { liveness: PATIENT },
    });
    for (let n = 1; n < 300; n++) world.after(n * 100, () => world.trade(tradeAt(world.now, n)));
    world.runTo(START + 40_000);
    world.happens(tradeAt(world.now, 300));
    world.deliver(kline(world, START, { trades: 300, isClosed: false }));
    world.runTo(START + 65_000);
    expect(ids(world.published())).toContain('300');
    expect(story(world)).not.toContain('DIFFERS');
    expect(world.bars()).toEqual([]);
  });

  it('says nothing where it equals ours, in whatever order the trades came', () => {
    const world = new TinyWorld({ adapter, feed: { liveness: PATIENT } });
    for (let n = 1; n < 300; n++) {
      world.after(n * 100, () =>
        world.trade(tradeAt(world.now, n, Number((0.1 * (n % 9) + 0.01).toFixed(2)))),
      );
    }
    world.runTo(START + 61_000);
    world.deliver(kline(world, START));
    world.runTo(START + 75_000);
    expect(story(world)).toEqual(['CONNECTED', 'GAP', 'RECOVERED']);
    expect(world.bars()).toEqual([]);
  });
});

describe('a trade stream that is dead while others live', () => {
  it('is found out by the ticker, asked for anew, and what it missed comes from REST', () => {
    const world = new TinyWorld({
      adapter: { streams: ['trades', 'book', 'ticker'] },
      feed: { liveness: PATIENT },
    });
    world.busy(START + 10_000);
    world.runTo(START + 10_000);
    for (let n = 0; n < 30; n++) {
      world.after(n * 500, () => {
        // The exchange has forgotten whom to send trades to.
        if (n < 10) world.happens(tradeAt(world.now, 200 + n));
        const change = { turnover24h: 1_000 + Math.min(n, 9) };
        world.deliver({ kind: 'ticker', symbol: 'X', ts: world.now, isSnapshot: n === 0, change });
      });
    }
    world.runTo(START + 40_000);
    expect(story(world)).toContain('STALE');
    expect(story(world).at(-1)).toBe('RECOVERED');
    expect(ids(world.published())).toContain('209');
    const asked = world.requests.map((text) => JSON.parse(text)).filter(({ op }) => op === 'unsubscribe');
    expect(asked[0].streams).toEqual([{ kind: 'trades', symbol: 'X' }]);
  });
});

describe('a frame of trades that cannot be read', () => {
  it('is a gap until REST has told what it held', () => {
    const world = new TinyWorld({ feed: { liveness: PATIENT } });
    world.busy(START + 30_000);
    world.runTo(START + 20_050);
    world.happens(tradeAt(world.now, 10_000));
    world.give({ kind: 'frame', connection: 0, frame: '{"kind":"trades","symbol":"X","tra' });
    world.runTo(START + 30_000);
    expect(ids(world.published())).toContain('10000');
    expect(world.ledger().slice(-2)).toMatchObject([
      { kind: 'GAP', cause: 'a frame of its trades could not be read' },
      { kind: 'RECOVERED', tradesRecovered: 1 },
    ]);
    expect(world.unvouched(START, START + 28_000)).toEqual([]);
  });

  it('says nothing of other symbols, or of what is no word of trades', () => {
    const world = new TinyWorld({ feed: { liveness: PATIENT } });
    world.runTo(START + 20_000);
    const before = world.ledger().length;
    world.give({ kind: 'frame', connection: 0, frame: '{"kind":"trades","symbol":"Y","tra' });
    world.give({ kind: 'frame', connection: 0, frame: '{"kind":"book","symbol":"X","bi' });
    world.runTo(START + 30_000);
    expect(world.ledger()).toHaveLength(before);
  });
});
