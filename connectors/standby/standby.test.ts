import { afterEach, describe, expect, it } from 'vitest';
import { positionOf } from '../../schemas/feed-position.ts';
import { ATTRIBUTES } from '../../schemas/topics.ts';
import { Pair, type Sent, SNAPSHOTS, START, TRADES, TTL } from './pair.fixture.ts';

const pairs: Pair[] = [];
afterEach(async () => {
  for (const pair of pairs.splice(0)) await pair.close();
});
const newPair = () => {
  const pair = new Pair();
  pairs.push(pair);
  return pair;
};
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);
const distinct = (numbers: readonly number[]) => [...new Set(numbers)].sort((a, b) => a - b);
const idOf = ({ message }: Sent) => message.attributes[ATTRIBUTES.id]!;
const placeOf = ({ message }: Sent) => positionOf(message.attributes)!;

describe('a pair of relays', () => {
  it('publishes once; the passive one keeps only what the other may not have published', async () => {
    const pair = newPair();
    const a = await pair.start('a');
    const b = await pair.start('b');
    await pair.trade(120);
    expect(pair.trades()).toEqual(range(1, pair.traded + 1));
    expect([a.standby.stats().isActive, b.standby.stats().isActive]).toEqual([true, false]);
    // Of both topics: the overlap, a third of the ttl, and a second on its way.
    expect(b.outbox.stats().depth).toBeLessThanOrEqual(2 * (5 + 5 + 2));
    expect(b.outbox.pressure()).toBe('calm');
  });

  it('loses no trade and no second where the active one dies, and publishes few twice', async () => {
    const pair = newPair();
    const a = await pair.start('a');
    const b = await pair.start('b');
    await pair.trade(43);
    a.isAlive = false;
    await pair.trade(40);
    expect(b.standby.stats()).toMatchObject({ isActive: true, epoch: 2, takeovers: 1 });
    expect(distinct(pair.trades())).toEqual(range(1, pair.traded + 1));
    expect(pair.trades().length - pair.traded).toBeLessThanOrEqual(2 * (5 + 5 + 1));
    expect(new Set(pair.of(SNAPSHOTS).map(idOf)).size).toBe(83);
    expect(pair.of(TRADES, 'b')[0]!.at - (START + 43_000)).toBeLessThanOrEqual(TTL + 1_000);
    expect(b.gaps).toEqual([]);
  });

  it('numbers trades anew from the first that the new one publishes, and names its batches anew', async () => {
    const pair = newPair();
    const a = await pair.start('a');
    await pair.trade(5);
    await pair.start('b');
    await pair.trade(43);
    a.isAlive = false;
    await pair.trade(40);
    const batches = pair.of(TRADES, 'b').map(placeOf);
    expect(batches[0]).toMatchObject({ from: 0, to: 2 });
    for (const [i, { from }] of batches.entries()) expect(from).toBe(batches[i - 1]?.to ?? 0);
    const { since } = batches[0]!;
    expect(since).toBeGreaterThan(placeOf(pair.of(TRADES, 'a')[0]!).since);
    // Each second counts the trades before it that this numbering knows.
    const seconds = pair.of(SNAPSHOTS, 'b').map(placeOf);
    expect(seconds.at(-1)).toEqual({ since, from: batches.at(-1)!.to, to: batches.at(-1)!.to });
    const ids = pair.of(TRADES).map(idOf);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('takes over at once where the active one ends as it should', async () => {
    const pair = newPair();
    const a = await pair.start('a');
    const b = await pair.start('b');
    await pair.trade(30);
    await a.standby.stop(1_000);
    a.isAlive = false;
    await pair.trade(6);
    expect(b.standby.stats().isActive).toBe(true);
    expect(distinct(pair.trades())).toEqual(range(1, pair.traded + 1));
  });

  it('stops before its lease ends where it cannot renew it, and comes back as the passive one', async () => {
    const pair = newPair();
    const a = await pair.start('a');
    await pair.start('b');
    await pair.trade(20);
    a.hasStore = false;
    const lastRenewal = pair.lease.state!.untilMs - TTL;
    await pair.trade(30);
    const byA = pair.of(TRADES, 'a').at(-1)!;
    const byB = pair.of(TRADES, 'b')[0]!;
    expect(byA.at).toBeLessThanOrEqual(lastRenewal + TTL - TTL / 6);
    expect(byB.at).toBeGreaterThanOrEqual(lastRenewal + TTL);
    expect(a.log.at(-1)).toBe('Publishes nothing any more: it could not be renewed in time.');
    expect(distinct(pair.trades())).toEqual(range(1, pair.traded + 1));
    a.hasStore = true;
    await pair.trade(30);
    expect(pair.of(TRADES, 'a').at(-1)).toBe(byA);
    pair.relays[1]!.isAlive = false;
    await pair.trade(30);
    expect(a.standby.stats()).toMatchObject({ isActive: true, epoch: 3 });
    expect(distinct(pair.trades())).toEqual(range(1, pair.traded + 1));
  });

  it('publishes nothing after it stood still for as long as its lease', async () => {
    const pair = newPair();
    const a = await pair.start('a');
    await pair.trade(11);
    const before = pair.sent.length;
    a.stoodMs = TTL;
    await pair.trade(1);
    expect(pair.sent).toHaveLength(before);
    expect(a.log.at(-1)).toMatch(/Publishes nothing any more|Cannot publish/);
    expect(a.standby.stats().isActive).toBe(false);
    a.stoodMs = 0;
    await pair.trade(40);
    expect(pair.trades().at(-1)).toBe(pair.traded);
    expect(distinct(pair.trades())).toEqual(range(1, pair.traded + 1));
  });

  it('keeps all that the active one could not publish, however long the bus was away', async () => {
    const pair = newPair();
    const a = await pair.start('a');
    const b = await pair.start('b');
    await pair.trade(20);
    pair.isBusAway = true;
    await pair.trade(300);
    a.isAlive = false;
    await pair.trade(30);
    pair.isBusAway = false;
    await pair.trade(30);
    // It comes from disk.
    for (let i = 0; i < 2_000 && b.outbox.stats().depth > 0; i++) {
      await new Promise((done) => setTimeout(done, 1));
      await pair.clock.advanceTo(pair.clock.now() + 10);
    }
    expect(b.standby.stats().isActive).toBe(true);
    expect(distinct(pair.trades())).toEqual(range(1, pair.traded + 1));
  });

  it('tells from when to when nobody published, where both were away', async () => {
    const pair = newPair();
    const a = await pair.start('a');
    const b = await pair.start('b');
    await pair.trade(30);
    a.isAlive = false;
    b.isAlive = false;
    await pair.trade(50);
    const c = await pair.start('c');
    c.isConnected = false;
    await pair.trade(3);
    c.isConnected = true;
    // It leaves the lease to another who may have stood by.
    expect(c.standby.stats().isActive).toBe(false);
    await pair.trade(20);
    expect(c.standby.stats().isActive).toBe(true);
    const [[key, from, to]] = c.gaps as [[string, number, number]];
    expect([key, to]).toEqual(['bybit:BTCUSDT', START + 83_000]);
    // As far as the lease knew.
    expect(from).toBeGreaterThanOrEqual(START + 24_000);
    expect(from).toBeLessThanOrEqual(START + 30_000);
    expect(c.gaps).toHaveLength(1);
  });

  it('vouches for a second that the other had to leave unproven', async () => {
    const pair = newPair();
    const a = await pair.start('a');
    await pair.start('b');
    await pair.trade(40);
    a.isConnected = false;
    await pair.trade(3);
    a.isAlive = false;
    await pair.trade(20);
    const kept = new Map(pair.of(SNAPSHOTS).map((sent) => [idOf(sent), sent.by]));
    for (const second of [40, 41, 42]) {
      const id = `bybit:BTCUSDT:${START + second * 1_000}`;
      expect([kept.get(`${id}:down`), kept.get(id)]).toEqual(['a', 'b']);
    }
  });

  it('is taken over by the one that stood by, not by one that has just begun', async () => {
    const pair = newPair();
    const a = await pair.start('a');
    const b = await pair.start('b');
    await pair.trade(30);
    b.hasStore = false;
    a.isAlive = false;
    await pair.trade(12);
    const c = await pair.start('c');
    await pair.trade(10);
    expect(c.standby.stats().isActive).toBe(false);
    b.hasStore = true;
    await pair.trade(10);
    expect([b.standby.stats().isActive, c.standby.stats().isActive]).toEqual([true, false]);
    expect(distinct(pair.trades())).toEqual(range(1, pair.traded + 1));
  });

  it('says what the store of the lease says, and goes on trying', async () => {
    const pair = newPair();
    pair.lease.failWith('the disk is gone');
    const a = await pair.start('a');
    await pair.trade(10);
    expect(a.standby.stats()).toMatchObject({ isActive: false, problem: 'the disk is gone' });
    pair.lease.before = async () => {};
    await pair.trade(10);
    expect(a.standby.stats()).toMatchObject({ isActive: true, problem: null });
    expect(pair.trades()).toEqual(range(1, pair.traded + 1));
  });
});
