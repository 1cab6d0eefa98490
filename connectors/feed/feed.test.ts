import { describe, expect, it } from 'vitest';
import type { TradeRow } from '../../schemas/trade-batch.ts';
import type { MarketEvent } from '../exchanges/market-event.ts';
import { TinyWorld } from './feed.fixture.ts';
import { START, tradeAt } from './tiny-venue.fixture.ts';
import { missing } from './told.fixture.ts';

function ids(trades: readonly { tradeId: string }[]): string[] {
  return trades.map(({ tradeId }) => tradeId);
}

/** Since the start. */
function traded(world: TinyWorld): TradeRow[] {
  return world.truth.get('X')!.slice(1);
}

function story(world: TinyWorld, symbol = 'X'): string[] {
  return world.ledger(symbol).map(({ kind }) => kind);
}

describe('a feed', () => {
  it('subscribes, publishes each trade once and a snapshot of each second, and vouches for what it has proven', () => {
    const world = new TinyWorld();
    world.busy(START + 65_000);
    world.runTo(START + 65_000);
    expect(ids(world.published())).toEqual(ids(traded(world)));
    expect(world.snapshots().map(({ ts }) => ts)).toEqual(
      Array.from({ length: 65 }, (_, i) => START + i * 1_000),
    );
    expect(story(world)).toEqual(['CONNECTED', 'GAP', 'RECOVERED']);
    expect(world.unvouched(START, START + 64_000)).toEqual([]);
  });

  it('tells no book of seconds in which nothing was read, and the book again once it is', () => {
    const world = new TinyWorld();
    world.busy(START + 30_000);
    world.runTo(START + 10_000);
    const { deliver } = world;
    world.give({ kind: 'paused', isPaused: true });
    world.deliver = () => {};
    world.runTo(START + 20_000);
    world.deliver = deliver;
    world.give({ kind: 'paused', isPaused: false });
    world.runTo(START + 25_000);
    const shown = world.snapshots().map(({ ts, bestBid }) => [(ts - START) / 1_000, bestBid]);
    expect(shown.slice(5, 10)).toEqual([5, 6, 7, 8, 9].map((second) => [second, 99]));
    expect(shown.slice(11, 18)).toEqual([11, 12, 13, 14, 15, 16, 17].map((second) => [second, null]));
    expect(shown.slice(-3)).toEqual([22, 23, 24].map((second) => [second, 99]));
  });

  it('is whole from the beginning of the minute in which it began, where REST still has it', () => {
    const startMs = START + 15_000;
    const world = new TinyWorld({ startMs });
    for (let n = 1; n <= 30; n++) world.happens(tradeAt(START + n * 400, n));
    for (let n = 31; n <= 60; n++) world.after(n * 100, () => world.trade(tradeAt(world.now, n)));
    world.runTo(startMs + 10_000);
    expect(world.ledger()[1]).toMatchObject({ kind: 'GAP', from: START });
    expect(world.ledger()[2]).toMatchObject({ kind: 'RECOVERED', from: START, tradesRecovered: 30 });
    expect(ids(world.published()).toSorted()).toEqual(ids(traded(world)).toSorted());
    expect(world.unvouched(START, startMs + 9_000)).toEqual([]);
  });

  it('brings back what was traded while the connection was down, and says so', () => {
    const world = new TinyWorld();
    world.busy(START + 60_000);
    world.runTo(START + 20_050);
    world.cut(0, 5_000);
    world.runTo(START + 60_000);
    expect(ids(world.published()).toSorted()).toEqual(ids(traded(world)).toSorted());
    expect(story(world).slice(3)).toEqual(['DISCONNECTED', 'CONNECTED', 'GAP', 'RECOVERED']);
    const [gap, recovered] = world.ledger().slice(5);
    expect(gap).toMatchObject({ from: START + 20_000, resolved: false, cause: 'It was cut.' });
    expect(recovered).toMatchObject({ from: gap!.from, to: gap!.to, resolved: true });
    expect(recovered!.tradesRecovered).toBeGreaterThanOrEqual(50);
    expect(world.snapshots().filter(({ connected }) => !connected).length).toBeGreaterThanOrEqual(5);
    expect(world.unvouched(START, START + 58_000)).toEqual([]);
  });

  it('leaves in the ledger what REST does not have any more, and vouches for none of it', () => {
    const world = new TinyWorld({ restDepth: 20 });
    world.busy(START + 60_000);
    world.runTo(START + 20_050);
    world.cut(0, 5_000);
    world.runTo(START + 60_000);
    const lost = missing(world.ledger());
    const published = new Set(ids(world.published()));
    const gone = traded(world).filter(({ tradeId }) => !published.has(tradeId));
    expect(gone.length).toBeGreaterThan(20);
    expect(gone.every(({ ts }) => lost.isIn(ts, ts + 1))).toBe(true);
    const unvouched = world.unvouched(START, START + 58_000);
    expect(unvouched.length).toBeGreaterThan(2);
    expect(unvouched.every((second) => lost.isIn(second, second + 1_000))).toBe(true);
    expect(world.ledger().at(-1)).toMatchObject({
      kind: 'GAP',
      cause: expect.stringContaining('REST goes back to'),
    });
  });

  it('goes on asking while REST is away, and resolves the gap when it is back', () => {
    const world = new TinyWorld();
    world.busy(START + 60_000);
    world.runTo(START + 20_050);
    world.isRestAway = true;
    world.cut(0, 5_000);
    world.runTo(START + 45_000);
    expect(story(world).at(-1)).toBe('GAP');
    const asked = world.fetches.length;
    expect(asked).toBeGreaterThan(3);
    expect(asked).toBeLessThan(12);
    world.isRestAway = false;
    world.busy(START + 0);
    world.runTo(START + 100_000);
    expect(story(world).at(-1)).toBe('RECOVERED');
    expect(world.unvouched(START, START + 60_000)).toEqual([]);
  });

  it('publishes no trade twice, also of an answer that is longer than its memory of ids', () => {
    const world = new TinyWorld({ restDepth: 30_000 });
    world.busy(START + 3_000);
    world.runTo(START + 3_000);
    world.cut(0, 1_000);
    for (let n = 0; n < 20_000; n++) world.happens(tradeAt(START + 3_000 + Math.floor(n / 20), 1_000 + n));
    world.isRestAway = true;
    world.runTo(START + 4_100);
    for (let n = 0; n < 50; n++) {
      world.after(n * 10, () => world.trade(tradeAt(world.now, 50_000 + n)));
    }
    world.runTo(START + 6_000);
    world.isRestAway = false;
    world.runTo(START + 20_000);
    const published = ids(world.published());
    expect(published.length).toBe(new Set(published).size);
    expect(published.toSorted()).toEqual(ids(traded(world)).toSorted());
  });

  it('loses nothing while one of two connections is up', () => {
    const world = new TinyWorld({ feed: { copies: 2 } });
    world.busy(START + 60_000);
    world.runTo(START + 20_050);
    world.isRestAway = true;
    world.cut(0, 5_000);
    world.runTo(START + 40_050);
    world.cut(1, 5_000);
    world.runTo(START + 60_000);
    expect(ids(world.published())).toEqual(ids(traded(world)));
    expect(story(world).filter((kind) => kind === 'GAP')).toEqual(['GAP']);
    expect(world.unvouched(START + 1_000, START + 58_000)).toEqual([]);
    expect(
      world.feed.stats({ market: world.now, network: world.now }).symbols[0]!.duplicateTrades,
    ).toBeGreaterThan(200);
  });

  it('refuses frames of a connection that was given up', () => {
    const world = new TinyWorld();
    world.runTo(START + 1_000);
    world.frame(0, [{ kind: 'goodbye', reason: 'maintenance' }]);
    world.frame(0, [{ kind: 'trades', symbol: 'X', ts: world.now, trades: [tradeAt(world.now, 1)] }]);
    expect(world.outputs.flatMap(({ commands }) => commands)).toContainEqual({
      kind: 'reconnect',
      connection: 0,
      reason: 'maintenance',
    });
    world.runTo(START + 5_000);
    expect(world.published()).toEqual([]);
    expect(story(world)).toContain('DISCONNECTED');
  });

  it('takes data before the answer to its request', () => {
    const world = new TinyWorld({ ackMs: 3_000 });
    world.busy(START + 2_500);
    world.runTo(START + 2_500);
    expect(story(world)[0]).toBe('CONNECTED');
    expect(world.published().length).toBeGreaterThan(10);
  });

  it('keeps what it cannot read, and counts it by reason', () => {
    const world = new TinyWorld();
    world.runTo(START + 500);
    for (const frame of ['garbage', 'rubbish']) world.give({ kind: 'frame', connection: 0, frame });
    world.frame(0, [{ kind: 'unknown', what: 'liquidation.X' }]);
    world.frame(0, [{ kind: 'ticker', symbol: 'Z', ts: world.now, isSnapshot: true, change: {} }]);
    expect(world.deadLetters().map(({ reason }) => reason)).toEqual([
      'Expected a JSON array, got garbage.',
      'Expected a JSON array, got rubbish.',
      'Expected a topic that was subscribed, got liquidation.X.',
      'Expected a stream that was subscribed, got ticker of Z.',
    ]);
    for (let n = 0; n < 2_000; n++) world.give({ kind: 'frame', connection: 0, frame: 'storm' });
    expect(world.deadLetters().length).toBe(1_000);
    const { unreadableFrames, refused } = world.feed.stats({ market: world.now, network: world.now });
    expect(unreadableFrames).toBe(2_004);
    expect(refused['Expected a JSON array']).toBe(2_002);
  });

  it('asks anew for one book alone where it broke', () => {
    const world = new TinyWorld({ symbols: ['X', 'Y'] });
    world.hasBooks = false;
    world.runTo(START + 1_000);
    const before = world.requests.length;
    world.frame(0, [world.book('X', false, 7)]);
    world.runTo(START + 1_001);
    const broken = { kind: 'link', update: 9, previous: 8 } as const;
    world.frame(0, [
      { ...(world.book('X', false) as Extract<MarketEvent, { kind: 'book' }>), check: broken },
    ]);
    world.runTo(START + 3_000);
    const asked = world.requests.slice(before).map((text) => JSON.parse(text));
    expect(asked.map(({ op, streams }) => [op, streams])).toEqual([
      ['unsubscribe', [{ kind: 'book', symbol: 'X' }]],
      ['subscribe', [{ kind: 'book', symbol: 'X' }]],
    ]);
    expect(story(world).filter((kind) => kind === 'RESYNC')).toEqual(['RESYNC']);
    expect(world.snapshots().at(-1)).toMatchObject({ bestBid: 99, desyncMs: 0 });
    expect(story(world, 'Y')).not.toContain('RESYNC');
  });

  it('adds and drops symbols, and touches no others', () => {
    const world = new TinyWorld({ symbols: ['X'] });
    world.busy(START + 20_000);
    world.runTo(START + 10_000);
    const before = world.requests.length;
    world.give({ kind: 'symbols', symbols: ['X', 'Y'] });
    world.runTo(START + 15_000);
    world.give({ kind: 'symbols', symbols: ['X'], halted: ['X'] });
    world.runTo(START + 20_000);
    const asked = world.requests.slice(before).map((text) => JSON.parse(text));
    expect(
      new Set(asked.flatMap(({ streams }) => streams.map(({ symbol }: { symbol: string }) => symbol))),
    ).toEqual(new Set(['Y']));
    expect(story(world, 'Y')).toContain('ADDED');
    expect(story(world, 'Y').at(-1)).toBe('REMOVED');
    expect(story(world).at(-1)).toBe('HALTED');
    expect(world.unvouched(START, START + 19_000)).toEqual([]);
    expect(world.snapshots('Y').length).toBe(5);
  });

  it('claims seconds whose snapshots were dropped, and says which', () => {
    const world = new TinyWorld();
    world.busy(START + 20_000);
    world.runTo(START + 20_000);
    const messages = world.messages('book-snapshots').slice(10, 13);
    const before = world.claims().length;
    world.give({ kind: 'dropped', topic: 'book-snapshots', messages });
    world.runTo(START + 21_000);
    expect(world.claims().slice(before)).toEqual([{ fromMs: START + 10_000, toMs: START + 13_000 }]);
    expect(world.ledger().at(-1)).toMatchObject({
      kind: 'DROPPED',
      from: START + 10_000,
      to: START + 13_000,
      resolved: true,
    });
  });
});

describe('a feed whose trade ids count up', () => {
  const adapter = { venue: 'kraken', hasContiguousIds: true } as const;

  it('sees by the ids that a trade is missing, and finds it', () => {
    const world = new TinyWorld({ adapter });
    world.busy(START + 5_000);
    world.runTo(START + 5_000);
    world.happens(tradeAt(START + 5_100, 50));
    world.runTo(START + 5_200);
    world.trade(tradeAt(START + 5_200, 51));
    world.runTo(START + 12_000);
    expect(
      ids(world.published())
        .map(Number)
        .toSorted((a, b) => a - b),
    ).toEqual(Array.from({ length: 51 }, (_, i) => i + 1));
    const [recovered] = world.ledger().slice(-1);
    expect(recovered).toMatchObject({
      kind: 'RECOVERED',
      tradesRecovered: 1,
      cause: 'trade ids 50 to 50 are missing',
    });
  });

  it('does not mind trades that overtake each other', () => {
    const world = new TinyWorld({ adapter });
    world.busy(START + 5_000);
    world.runTo(START + 5_000);
    const before = world.ledger().length;
    world.trade(tradeAt(START + 5_000, 51));
    world.trade(tradeAt(START + 5_000, 50));
    world.runTo(START + 12_000);
    expect(
      world
        .ledger()
        .slice(before)
        .filter(({ kind }) => kind === 'GAP'),
    ).toEqual([]);
    expect(world.unvouched(START, START + 11_000)).toEqual([]);
  });

  it('needs no REST where the first trade after a cut follows on the last one before it', () => {
    const world = new TinyWorld({ adapter });
    world.busy(START + 5_000);
    world.runTo(START + 5_000);
    world.isRestAway = true;
    world.cut(0, 2_000);
    world.runTo(START + 9_000);
    world.trade(tradeAt(world.now, 50));
    world.runTo(START + 12_000);
    expect(world.ledger().at(-1)).toMatchObject({ kind: 'RECOVERED', tradesRecovered: 0 });
    expect(world.unvouched(START, START + 11_000)).toEqual([]);
  });

  it('recovers from what the venue sends with a subscription', () => {
    const world = new TinyWorld({ adapter });
    world.busy(START + 5_000);
    world.runTo(START + 5_000);
    world.isRestAway = true;
    world.cut(0, 2_000);
    world.happens(tradeAt(START + 6_000, 50));
    world.runTo(START + 7_100);
    const trades = world.truth.get('X')!.slice(-10);
    world.frame(0, [{ kind: 'trades', symbol: 'X', ts: world.now, trades, isSnapshot: true }]);
    world.runTo(START + 12_000);
    expect(world.ledger().at(-1)).toMatchObject({ kind: 'RECOVERED', tradesRecovered: 1 });
    expect(ids(world.published())).toContain('50');
  });
});
