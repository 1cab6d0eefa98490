import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import { MINUTE_MS } from '../../schemas/primitives.ts';
import type { TopicName } from '../../schemas/topics.ts';
import { ManualClock } from '../clock/manual.ts';
import { priceText, sizeText } from '../exchanges/simulated/frames.ts';
import { type SimulatedExchange, startSimulatedExchange } from '../exchanges/simulated/server.ts';
import { Published } from './published.fixture.ts';
import { type Relay, type RelayOptions, startRelay } from './relay.ts';

const START = Date.UTC(2026, 2, 1, 12);
const SYMBOLS = ['BTCUSDT', 'LTCUSDT'];
const closers: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

interface Bench {
  readonly exchange: SimulatedExchange;
  readonly relay: Relay;
  readonly bus: Published;
  readonly market: ManualClock;
  readonly network: ManualClock;
  readonly lines: string[];
  /** Lets market time pass until it is so, in steps of 100 ms. */
  passUntil(isSo: () => boolean): Promise<void>;
}

async function bench(options: Partial<RelayOptions> = {}, startMs = START): Promise<Bench> {
  const market = new ManualClock(startMs);
  const network = new ManualClock(0);
  const exchange = await startSimulatedExchange({ seed: 1, clock: market, symbols: SYMBOLS });
  closers.push(() => exchange.close());
  const bus = new Published();
  const lines: string[] = [];
  const relay = startRelay({
    url: exchange.wsUrl,
    venue: 'bybit',
    symbols: SYMBOLS,
    bus,
    clock: market,
    networkClock: network,
    log: (line) => lines.push(line),
    ...options,
  });
  closers.push(() => relay.stop());
  const passUntil = (isSo: () => boolean) => pass(market, isSo);
  return { exchange, relay, bus, market, network, lines, passUntil };
}

async function pass(market: ManualClock, isSo: () => boolean): Promise<void> {
  for (let steps = 0; !isSo(); steps++) {
    if (steps > 20_000) throw new Error('It does not come to be so.');
    await market.advanceTo(market.now() + 100);
    await new Promise(setImmediate);
  }
}

function areUp({ relay }: Bench): boolean {
  return relay.stats().symbols.every(({ connected }) => connected);
}

/** Runs until both symbols are up, and returns that instant. */
async function connected(on: Bench): Promise<number> {
  // Market time stands while the handshake is under way.
  while (!areUp(on)) await new Promise(setImmediate);
  return on.market.now();
}

/** What the market traded, as the wire tells it. */
function truth({ exchange }: Bench, symbol: string, fromMs: number, toMs: number) {
  const market = exchange.market.of(symbol);
  return market.fills(fromMs, toMs).map(({ id, ts, ticks, lots, isBuy }) => ({
    tradeId: id,
    ts,
    price: Number(priceText(market.instrument, ticks)),
    size: Number(sizeText(market.instrument, lots)),
    side: isBuy ? 'BUY' : 'SELL',
  }));
}

function received({ bus }: Bench, symbol: string, toMs: number) {
  return bus
    .batches(symbol)
    .flat()
    .filter(({ ts }) => ts < toMs)
    .map(({ tradeId, ts, price, size, side }) => ({ tradeId, ts, price, size, side }));
}

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
    await on.passUntil(() => on.market.now() >= START + 20_000);
    const away = on.bus.snapshots('BTCUSDT').filter(({ ts }) => ts > START + 10_000);
    expect(away.length).toBeGreaterThan(7);
    expect(away.some((snapshot) => snapshot.connected || snapshot.bestBid !== null)).toBe(false);
    expect(away.at(-1)!.lastPrice).not.toBeNull();

    await on.network.advanceTo(1_000);
    const back = await connected(on);
    await on.passUntil(() => on.market.now() >= back + 10_000);
    await on.relay.stop();
    expect(received(on, 'BTCUSDT', back + 9_000).filter(({ ts }) => ts >= back)).toEqual(
      truth(on, 'BTCUSDT', back, back + 9_000),
    );
    expect(on.bus.snapshots('BTCUSDT').at(-1)).toMatchObject({ connected: true, desyncMs: 0 });
    expect(on.relay.stats().reconnects).toBe(1);
    const story = on.bus.events().filter(({ symbol }) => symbol === 'BTCUSDT');
    expect(story.map(({ kind }) => kind)).toEqual([
      'CONNECTED',
      'RECOVERED',
      'DISCONNECTED',
      'CONNECTED',
      'GAP',
      'RECOVERED',
    ]);
    expect(story[4]).toMatchObject({ to: back, resolved: false });
    expect(story[4]!.from).toBeLessThanOrEqual(START + 10_000);
  });

  it('vouches for no second of a feed that has gone dead without a word', async () => {
    const on = await bench();
    await connected(on);
    await on.passUntil(() => on.market.now() >= START + 10_000);
    on.exchange.mute(true);
    await on.network.advanceTo(500);
    await on.passUntil(() => on.market.now() >= START + 30_000);
    const dead = on.bus.snapshots('BTCUSDT').filter(({ ts }) => ts >= START + 15_000);
    expect(dead.length).toBeGreaterThan(10);
    expect(dead.some((snapshot) => snapshot.connected)).toBe(false);
    await on.network.advanceTo(30_000);
    while (on.relay.stats().problem === null) await new Promise(setImmediate);
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
    await on.passUntil(() => on.market.now() >= from + 22_000);
    await on.relay.stop();
    expect(received(on, 'BTCUSDT', from + 20_000)).toEqual(truth(on, 'BTCUSDT', from, from + 20_000));
    const seconds = on.bus.snapshots('BTCUSDT').map(({ ts }) => ts);
    expect(seconds).toEqual(seconds.map((_, i) => START + 1_000 * i));
    // The book of a second that passed unseen is not known; today's would be a lie.
    const [, , third] = on.bus.snapshots('BTCUSDT');
    expect(third).toMatchObject({ connected: true, bestBid: null });
  });

  it('reads no more than it may hold while the bus is stuck, and loses nothing', async () => {
    const on = await bench({ maxBufferedTrades: 20 });
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
    for (let i = 1; i < 60; i++) {
      await on.market.advanceTo(from + i * 200);
      await on.network.advanceTo(i * 100);
    }
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
    for (let i = 1; i <= 60; i++) await on.network.advanceTo(i * 1_000);
    expect(String(await stopped)).toContain('the disk is full');
    closers.splice(1);
  });

  it('says which symbol the exchange refuses, and relays the others', async () => {
    const on = await bench({ symbols: ['BTCUSDT', 'NOPEUSDT', 'LTCUSDT'] });
    while (on.relay.stats().symbols.filter(({ connected }) => connected).length < 2) {
      await new Promise(setImmediate);
    }
    await on.passUntil(() => on.bus.batches('LTCUSDT').length > 3 && on.bus.snapshots('BTCUSDT').length > 5);
    expect(on.bus.snapshots('LTCUSDT').at(-1)).toMatchObject({ connected: true, desyncMs: 0 });
    expect(on.bus.snapshots('NOPEUSDT').at(-1)).toMatchObject({ connected: false, lastPrice: null });
    const refused = on.bus.events().filter(({ kind }) => kind === 'REFUSED');
    expect(new Set(refused.map(({ symbol }) => symbol))).toEqual(new Set(['NOPEUSDT']));
    expect(on.bus.deadLetters().map(({ reason }) => reason)[0]).toContain('handler not found');
  });
});

describe('the relay', () => {
  it('does not mind an exchange that is not there: it says so and keeps the seconds going', async () => {
    const exchange = await startSimulatedExchange({ seed: 1, clock: new ManualClock(START) });
    const url = exchange.wsUrl;
    await exchange.close();
    const on = await bench({ url });
    while (on.lines.length === 0) await new Promise(setImmediate);
    expect(on.lines[0]).toMatch(/^Cannot reach .*: nothing listens there: .* Next try in 0\.\d s\.$/);
    await on.passUntil(() => on.bus.snapshots('BTCUSDT').length >= 3);
    expect(on.bus.snapshots('BTCUSDT')[0]).toMatchObject({
      connected: false,
      bestBid: null,
      lastPrice: null,
    });
  });

  it('keeps frames it cannot read as dead letters, whole, and asks anew for a book that broke', async () => {
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
    await once(server, 'listening');
    closers.push(async () => server.close());
    const requests: string[] = [];
    server.on('connection', (peer) => {
      peer.on('message', (data) => requests.push(String(data)));
      const book = (type: string, u: number) =>
        JSON.stringify({
          topic: 'orderbook.50.BTCUSDT',
          type,
          ts: START,
          data: { s: 'BTCUSDT', b: [['1', '1']], a: [['2', '1']], u, seq: 1 },
        });
      for (const frame of ['garbage', '{"topic":"kline.1.X"}', book('snapshot', 5), book('delta', 7)]) {
        peer.send(frame);
      }
    });
    const on = await bench({ url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/` });
    await on.passUntil(() => on.bus.deadLetters().length >= 2 && requests.length >= 3);
    expect(on.bus.deadLetters().map(({ bytes }) => Buffer.from(bytes, 'base64').toString())).toEqual([
      'garbage',
      '{"topic":"kline.1.X"}',
    ]);
    expect(on.bus.events().map(({ kind }) => kind)).toEqual(['RECOVERED', 'RESYNC']);
    expect(requests.slice(1).map((text) => JSON.parse(text))).toEqual([
      { req_id: 'u1', op: 'unsubscribe', args: ['orderbook.50.BTCUSDT'] },
      { req_id: 's2', op: 'subscribe', args: ['orderbook.50.BTCUSDT'] },
    ]);
  });

  it('keeps trades that fit into no batch as a dead letter, and goes on', async () => {
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
    await once(server, 'listening');
    closers.push(async () => server.close());
    const frame = (i: string, v: string) => {
      const data = [{ T: START, s: 'BTCUSDT', S: 'Buy', v, p: '1', i, seq: 1 }];
      return JSON.stringify({ topic: 'publicTrade.BTCUSDT', type: 'snapshot', ts: START, data });
    };
    server.on('connection', (peer) => {
      peer.send(frame('dust', '0.0000000000000001'));
      peer.once('message', () => peer.send(frame('whole', '1')));
    });
    const on = await bench({ url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/` });
    await on.passUntil(() => on.bus.deadLetters().length > 0);
    const [refused] = on.bus.deadLetters();
    expect(refused!.reason).toContain('Expected size');
    expect(Buffer.from(refused!.bytes, 'base64').toString()).toContain('"dust"');
  });

  it('refuses what it cannot do', () => {
    const options = {
      url: 'ws://x',
      venue: 'bybit',
      symbols: SYMBOLS,
      bus: new Published(),
      clock: new ManualClock(0),
    } as const;
    expect(() => startRelay({ ...options, venue: 'kraken' })).toThrow('Expected venue bybit');
    expect(() => startRelay({ ...options, symbols: [] })).toThrow('Expected symbols');
    expect(() => startRelay({ ...options, batchMs: 5_000 })).toThrow('Expected batchMs');
  });
});
