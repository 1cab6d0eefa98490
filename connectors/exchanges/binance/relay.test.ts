import { afterEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../clock/manual.ts';
import { Published } from '../../relay/published.fixture.ts';
import { pass } from '../../relay/relay.fixture.ts';
import { startRelay } from '../../relay/relay.ts';
import { venueAdapter } from '../adapters.ts';
import { SmallBinance } from './server.fixture.ts';

const START = Date.UTC(2026, 2, 1, 12);
const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function begin() {
  const exchange = new SmallBinance();
  const host = await exchange.listen();
  closers.push(() => exchange.close());
  const clock = new ManualClock(START);
  const bus = new Published();
  const relay = await startRelay({
    adapter: venueAdapter('binance', { wsUrl: `ws://${host}/market/stream`, restUrl: `http://${host}` }),
    symbols: ['BTCUSDT'],
    bus,
    clock,
    networkClock: clock,
    log: () => {},
  });
  closers.push(() => relay.stop());
  return { exchange, clock, bus, relay };
}

/** The market goes on, a trade each 100 ms from the n-th on, a book and a price with each. */
async function live({ exchange, clock }: Awaited<ReturnType<typeof begin>>, from: number, to: number) {
  for (let n = from; n < to; n++) {
    const E = clock.now();
    const book = {
      e: 'depthUpdate',
      E,
      s: 'BTCUSDT',
      u: n,
      pu: n - 1,
      b: [['99.5', '2']],
      a: [['101.5', '1']],
    };
    exchange.send('/public/stream', 'btcusdt@depth20@100ms', book);
    exchange.trade(n, E - 60);
    const price = { e: 'markPriceUpdate', E, s: 'BTCUSDT', p: '100.25', r: '0.0001', T: START + 3_600_000 };
    exchange.send('/market/stream', 'btcusdt@markPrice@1s', price);
    await clock.advanceTo(E + 100);
    for (let i = 0; i < 20; i++) await new Promise(setImmediate);
  }
}

describe('the relay on a small Binance', () => {
  it('asks each address for its own, and brings both together', async () => {
    const on = await begin();
    const { exchange, bus, clock } = on;
    await pass(
      [clock],
      () => exchange.namesAt('/market/stream').length + exchange.namesAt('/public/stream').length === 5,
    );
    expect(exchange.namesAt('/public/stream')).toEqual(['btcusdt@depth20@100ms']);
    await live(on, 1, 80);
    const healthy = bus.snapshots('BTCUSDT').filter(({ connected }) => connected);
    expect(healthy.length).toBeGreaterThan(3);
    expect(healthy.at(-1)).toMatchObject({
      bestBid: 99.5,
      bestAsk: 101.5,
      markPrice: 100.25,
      fundingRate: 0.0001,
    });
    expect(bus.deadLetters()).toEqual([]);
  });

  it('recovers what was traded while both were cut, each trade once and in order', async () => {
    const on = await begin();
    const { exchange, bus, clock, relay } = on;
    const isUp = () =>
      relay.stats().connections.length === 2 && relay.stats().connections.every(({ isOpen }) => isOpen);
    await pass([clock], isUp);
    await live(on, 1, 40);
    exchange.cut();
    for (let n = 40; n < 60; n++) exchange.trade(n, clock.now() + n - 100);
    await pass([clock], isUp);
    await live(on, 60, 120);
    await pass([clock], () => relay.stats().symbols.every(({ openGaps }) => openGaps === 0));
    await relay.stop();
    const seqs = bus.batches('BTCUSDT').flatMap((batch) => batch.map(({ seq }) => seq));
    expect(seqs.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 119 }, (_, i) => i + 1));
    const kinds = bus.events().map(({ kind }) => kind);
    expect(kinds).toEqual(expect.arrayContaining(['DISCONNECTED', 'GAP', 'RECOVERED', 'CONNECTED']));
  });
});
