import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import { MINUTE_MS } from '../../schemas/primitives.ts';
import type { TopicName } from '../../schemas/topics.ts';
import { ManualClock } from '../clock/manual.ts';
import { bybitAdapter } from '../exchanges/bybit/adapter.ts';
import { startSimulatedExchange } from '../exchanges/simulated/server.ts';
import { Published } from './published.fixture.ts';
import {
  bench,
  closeAll,
  closers,
  connected,
  pass,
  received,
  START,
  SYMBOLS,
  truth,
} from './relay.fixture.ts';
import { startRelay } from './relay.ts';

afterEach(closeAll);

describe('the relay on the simulated exchange', () => {
  it('publishes every trade of the market exactly once, in order, each batch within one minute', async () => {
    const on = await bench();
    const from = await connected(on);
    const to = from + 3 * MINUTE_MS;
    await on.passUntil(() => on.market.now() >= to + 2_000);
    await on.relay.stop();
    for (const symbol of SYMBOLS) {
      expect(received(on, symbol, to)).toEqual(truth(on, symbol, from, to));
      const batches = on.bus.batches(symbol);
      const minutes = batches.map((batch) => new Set(batch.map(({ ts }) => Math.floor(ts / MINUTE_MS))).size);
      expect(new Set(minutes)).toEqual(new Set([1]));
      expect(batches.length).toBeGreaterThan(20);
    }
    expect(on.bus.deadLetters()).toEqual([]);
    const ids = on.bus.of('raw-tick-data').map(({ attributes }) => attributes.id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(on.relay.stats()).toMatchObject({ reconnects: 0, bufferedTrades: 0, unreadableFrames: 0 });
  });

  it('publishes a snapshot of each second, also of silent ones', async () => {
    const on = await bench();
    const from = await connected(on);
    await on.passUntil(() => on.market.now() >= from + 4 * MINUTE_MS + 2_000);
    const snapshots = on.bus.snapshots('LTCUSDT');
    expect(snapshots.slice(0, 240).map(({ ts }) => ts)).toEqual(
      Array.from({ length: 240 }, (_, i) => START + 1_000 * i),
    );
    const settled = snapshots.slice(5);
    expect(settled.filter((snapshot) => !snapshot.connected || snapshot.desyncMs > 0)).toEqual([]);
    const last = settled.at(-1)!;
    expect(last.bestAsk).toBeGreaterThan(last.bestBid!);
    expect(last.bidDepth.bps50).toBeGreaterThan(last.bidDepth.bps5);
    expect(last.fundingRate).not.toBeNull();
    expect(last.nextFundingTime).toBe(Date.UTC(2026, 2, 1, 16));
    expect(last.markPrice! / last.lastPrice!).toBeCloseTo(1, 2);
    expect(last.openInterest).toBeGreaterThan(0);
    expect(last.publishedTrades).toBe(on.bus.batches('LTCUSDT').flat().length);
    const newest = on.bus.batches('LTCUSDT').flat().at(-1)!;
    expect(last).toMatchObject({
      lastPrice: newest.price,
      lastTradeTs: newest.ts,
      lastTradeSeq: newest.seq,
      lastTradeAgeMs: last.ts + 1_000 - newest.ts,
    });
  });

  it('goes on with snapshots while the exchange is away, then comes back and names the gap', async () => {
    const on = await bench();
    await connected(on);
    await on.passUntil(() => on.market.now() >= START + 10_000);
    on.exchange.dropConnections();
    while (on.relay.stats().symbols[0]!.connected) await new Promise(setImmediate);
    await pass([on.market], () => on.market.now() >= START + 20_000);
    const away = on.bus.snapshots('BTCUSDT').filter(({ ts }) => ts > START + 10_000);
    expect(away.length).toBeGreaterThan(7);
    expect(away.some((snapshot) => snapshot.connected || snapshot.bestBid !== null)).toBe(false);
    expect(away.at(-1)!.lastPrice).not.toBeNull();

    const back = await connected(on);
    await on.passUntil(() => on.market.now() >= back + 10_000);
    await on.relay.stop();
    expect(received(on, 'BTCUSDT', back + 9_000).toSorted((a, b) => a.ts - b.ts)).toEqual(
      truth(on, 'BTCUSDT', START, back + 9_000),
    );
    expect(on.bus.snapshots('BTCUSDT').at(-1)).toMatchObject({ connected: true, desyncMs: 0 });
    expect(on.relay.stats().reconnects).toBe(1);
    const story = on.bus.events().filter(({ symbol }) => symbol === 'BTCUSDT');
    expect(story.map(({ kind }) => kind)).toEqual([
      'CONNECTED',
      'DISCONNECTED',
      'CONNECTED',
      'GAP',
      'RECOVERED',
    ]);
    const span = { from: START + 10_000, to: back };
    expect(story[3]).toMatchObject({ ...span, resolved: false });
    const missed = truth(on, 'BTCUSDT', span.from, span.to).length;
    expect(missed).toBeGreaterThan(10);
    expect(story[4]).toMatchObject({ ...span, resolved: true, tradesRecovered: missed });
  });

  it('vouches for no second of a feed that has gone dead without a word', async () => {
    const on = await bench();
    await connected(on);
    await on.passUntil(() => on.market.now() >= START + 10_000);
    on.exchange.mute(true);
    await on.passUntil(() => on.market.now() >= START + 30_000);
    const dead = on.bus.snapshots('BTCUSDT').filter(({ ts }) => ts >= START + 15_000);
    expect(dead.length).toBeGreaterThan(10);
    expect(dead.some((snapshot) => snapshot.connected)).toBe(false);
    await on.passUntil(() => on.relay.stats().problem !== null);
    expect(on.relay.stats().problem).toContain('silent for 30 s');
  });

  it('keeps trades while the bus is stuck, and publishes each missed second afterwards', async () => {
    const on = await bench();
    const from = await connected(on);
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    on.bus.before = () => held;
    await on.passUntil(() => on.market.now() >= from + 20_000);
    expect(on.bus.of('book-snapshots')).toEqual([]);
    release();
    await on.passUntil(() => on.market.now() >= from + 25_000);
    await on.relay.stop();
    expect(received(on, 'BTCUSDT', from + 20_000)).toEqual(truth(on, 'BTCUSDT', from, from + 20_000));
    const seconds = on.bus.snapshots('BTCUSDT').map(({ ts }) => ts);
    expect(seconds).toEqual(seconds.map((_, i) => START + 1_000 * i));
    // A feed that is not read is vouched for only once it has been: what comes late then claims those seconds.
    const [first, , , fourth] = on.bus.snapshots('BTCUSDT');
    expect([first!.connected, fourth!.connected]).toEqual([true, false]);
    expect(on.bus.claimed('BTCUSDT', START + 3_000, START + 20_000)).toBe(true);
    expect(on.bus.events().map(({ kind }) => kind)).toEqual(['CONNECTED', 'CONNECTED']);
  });

  it('reads no more than it may hold while the bus is stuck, and loses nothing', async () => {
    const on = await bench({ outbox: { maxBytes: 20_000 } });
    const from = await connected(on);
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    on.bus.before = () => held;
    await on.passUntil(() => on.market.now() >= from + 2 * MINUTE_MS);
    expect(on.relay.stats().bufferedTrades).toBeLessThan(200);
    release();
    const to = from + 2 * MINUTE_MS;
    await on.passUntil(() => received(on, 'BTCUSDT', to).length >= truth(on, 'BTCUSDT', from, to).length);
    expect(received(on, 'BTCUSDT', to)).toEqual(truth(on, 'BTCUSDT', from, to));
  });

  it('tries again where the bus fails, in order and without a second copy', async () => {
    const on = await bench();
    const from = await connected(on);
    const failing = new Set<TopicName>(['raw-tick-data', 'book-snapshots']);
    on.bus.before = async (topic) => {
      if (failing.delete(topic)) throw new Error('the disk is full');
    };
    await on.passUntil(() => on.market.now() >= from + 12_000);
    await on.relay.stop();
    expect(on.lines.join()).toContain('the disk is full');
    expect(received(on, 'BTCUSDT', from + 10_000)).toEqual(truth(on, 'BTCUSDT', from, from + 10_000));
  });

  it('says at the end what the bus did not take', async () => {
    const on = await bench();
    await connected(on);
    on.bus.before = () => Promise.reject(new Error('the disk is full'));
    await on.passUntil(() => on.relay.stats().problem !== null);
    const stopped = on.relay.stop().catch((error: unknown) => error);
    await on.network.advanceTo(on.network.now() + 60_000);
    expect(String(await stopped)).toContain('the disk is full');
    closers.splice(1);
  });

  it('says which symbol the exchange refuses, and relays the others', async () => {
    const on = await bench({ symbols: ['BTCUSDT', 'NOPEUSDT', 'LTCUSDT'] });
    await pass([on.network], () => on.relay.stats().symbols.filter((each) => each.connected).length >= 2);
    await on.passUntil(() => on.bus.batches('LTCUSDT').length > 3 && on.bus.snapshots('BTCUSDT').length > 5);
    expect(on.bus.snapshots('LTCUSDT').at(-1)).toMatchObject({ connected: true, desyncMs: 0 });
    expect(on.bus.snapshots('NOPEUSDT').at(-1)).toMatchObject({ connected: false, lastPrice: null });
    const refused = on.bus.events().filter(({ kind }) => kind === 'REFUSED');
    expect(new Set(refused.map(({ symbol }) => symbol))).toEqual(new Set(['NOPEUSDT']));
    expect(on.lines.filter((line) => line.includes('NOPE'))).toEqual([
      expect.stringMatching(
        /^The exchange refuses NOPEUSDT: .*publicTrade\.NOPEUSDT.* It is asked for again/,
      ),
    ]);
    expect(on.bus.deadLetters().map(({ reason }) => reason)[0]).toContain('handler not found');
  });
});

describe('the relay', () => {
  it('does not mind an exchange that is not there: it says so and keeps the seconds going', async () => {
    const exchange = await startSimulatedExchange({ seed: 1, clock: new ManualClock(START) });
    const { wsUrl } = exchange;
    await exchange.close();
    const on = await bench({ wsUrl });
    while (on.lines.length === 0) await new Promise(setImmediate);
    expect(on.lines[0]).toMatch(/^Cannot reach .*: nothing listens there: .* Next try in 0\.\d s\.$/);
    await on.passUntil(() => on.bus.snapshots('BTCUSDT').length >= 3);
    expect(on.bus.snapshots('BTCUSDT')[0]).toMatchObject({
      connected: false,
      bestBid: null,
      lastPrice: null,
    });
  });

  /** A server that answers each subscription of the relay, the first with these frames as well. */
  async function serverOf(frames: readonly string[]): Promise<{ wsUrl: string; requests: string[] }> {
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
    await once(server, 'listening');
    closers.push(async () => server.close());
    const requests: string[] = [];
    server.on('connection', (peer) => {
      peer.on('message', (data) => {
        const { req_id, op } = JSON.parse(String(data));
        if (op === 'ping') return;
        requests.push(String(data));
        peer.send(JSON.stringify({ req_id, op, success: true }));
        if (requests.length === 1) for (const frame of frames) peer.send(frame);
      });
    });
    return { wsUrl: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`, requests };
  }

  it('keeps frames it cannot read as dead letters, whole, and asks anew for a book that broke', async () => {
    const book = (type: string, u: number) =>
      JSON.stringify({
        topic: 'orderbook.200.BTCUSDT',
        type,
        ts: START,
        data: { s: 'BTCUSDT', b: [['1', '1']], a: [['2', '1']], u, seq: 1 },
      });
    const unreadable = ['garbage', '{"topic":"kline.1.X"}'];
    const { wsUrl, requests } = await serverOf([...unreadable, book('snapshot', 5), book('delta', 7)]);
    const on = await bench({ wsUrl });
    await on.passUntil(() => on.bus.deadLetters().length >= 2 && requests.length >= 3);
    const letters = on.bus.deadLetters();
    expect(letters.map(({ bytes }) => Buffer.from(bytes, 'base64').toString())).toEqual(unreadable);
    expect(on.bus.events().map(({ kind }) => kind)).toContain('RESYNC');
    expect(requests.slice(1, 3).map((text) => JSON.parse(text))).toMatchObject([
      { op: 'unsubscribe', args: ['orderbook.200.BTCUSDT'] },
      { op: 'subscribe', args: ['orderbook.200.BTCUSDT'] },
    ]);
  });

  it('keeps trades that it cannot take as a dead letter, and goes on', async () => {
    const frame = (i: string, v: string) => {
      const data = [{ T: START, s: 'BTCUSDT', S: 'Buy', v, p: '1', i, seq: 1 }];
      return JSON.stringify({ topic: 'publicTrade.BTCUSDT', type: 'snapshot', ts: START, data });
    };
    const { wsUrl } = await serverOf([frame('dust', '0.0000000000000001'), frame('whole', '1')]);
    const on = await bench({ wsUrl });
    await on.passUntil(() => on.bus.deadLetters().length > 0 && on.bus.batches('BTCUSDT').flat().length > 0);
    const [refused] = on.bus.deadLetters();
    expect(Buffer.from(refused!.bytes, 'base64').toString()).toContain('"dust"');
    expect(on.bus.batches('BTCUSDT').flat()).toMatchObject([{ tradeId: 'whole' }]);
  });

  it('refuses what it cannot do', async () => {
    const options = {
      adapter: bybitAdapter(),
      symbols: SYMBOLS,
      bus: new Published(),
      clock: new ManualClock(0),
    };
    await expect(startRelay({ ...options, symbols: [] })).rejects.toThrow('Expected symbols');
    await expect(startRelay({ ...options, batchMs: 5_000 })).rejects.toThrow('Expected batchMs');
    await expect(startRelay({ ...options, copies: 0 })).rejects.toThrow('Expected 1 copy');
  });
});
