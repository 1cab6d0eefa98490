import { afterEach, describe, expect, it } from 'vitest';
import { MINUTE_MS } from '../../schemas/primitives.ts';
import { ManualClock } from '../clock/manual.ts';
import { venueAdapter } from '../exchanges/adapters.ts';
import { type RunningTwin, startExchangeTwin } from '../exchanges/simulated/twin-server.ts';
import type { TwinVenueName } from '../exchanges/simulated/venue.ts';
import { Feed } from '../feed/feed.ts';
import type { FeedInput, FeedMessages, Instant } from '../feed/feed-io.ts';
import { Published } from './published.fixture.ts';
import { closeAll, closers, pass, START } from './relay.fixture.ts';
import { type Relay, type RelayOptions, startRelay } from './relay.ts';

const SYMBOLS: Readonly<Record<TwinVenueName, readonly string[]>> = {
  bybit: ['BTCUSDT', 'ETHUSDT', 'LTCUSDT'],
  kraken: ['BTC/USDT', 'ETH/USDT', 'LTC/USDT'],
};

afterEach(closeAll);

interface Run {
  readonly twin: RunningTwin;
  readonly relay: Relay;
  readonly bus: Published;
  readonly clocks: { readonly market: ManualClock; readonly network: ManualClock };
  pass(ms: number): Promise<void>;
}

/** A relay of the venue's twin that is up. */
async function running(venue: TwinVenueName, options: Partial<RelayOptions> = {}): Promise<Run> {
  const clocks = { market: new ManualClock(START), network: new ManualClock(0) };
  const twin = await startExchangeTwin({ seed: 3, clock: clocks.market });
  closers.push(() => twin.close());
  const bus = new Published();
  const relay = await startRelay({
    adapter: venueAdapter(venue, twin.address(venue)),
    symbols: SYMBOLS[venue].slice(0, 2),
    bus,
    clock: clocks.market,
    networkClock: clocks.network,
    ...options,
  });
  closers.push(() => relay.stop());
  const both = [clocks.market, clocks.network];
  await pass([clocks.network], () => {
    const { symbols, connections } = relay.stats();
    return symbols.every(({ connected }) => connected) && connections.every(({ isOpen }) => isOpen);
  });
  const run = async (ms: number) => {
    const end = clocks.market.now() + ms;
    await pass(both, () => clocks.market.now() >= end);
  };
  return { twin, relay, bus, clocks, pass: run };
}

/** Bars of the trades that were published, as the exchange would tell them. */
function bars(bus: Published, symbol: string, from: number, minutes: number) {
  const trades = bus
    .batches(symbol)
    .flat()
    .toSorted((a, b) => a.ts - b.ts || a.seq - b.seq);
  expect(new Set(trades.map(({ tradeId }) => tradeId)).size).toBe(trades.length);
  return Array.from({ length: minutes }, (_, i) => {
    const openTime = from + i * MINUTE_MS;
    const own = trades.filter(({ ts }) => ts >= openTime && ts < openTime + MINUTE_MS);
    const prices = own.map(({ price }) => price);
    return {
      openTime,
      open: prices[0],
      high: Math.max(...prices),
      low: Math.min(...prices),
      close: prices.at(-1),
      trades: own.length,
    };
  });
}

function truth(twin: RunningTwin, venue: TwinVenueName, symbol: string, from: number, minutes: number) {
  return Array.from({ length: minutes }, (_, i) => {
    const { volume, ...bar } = twin.twins[venue].truth(symbol, from / MINUTE_MS + i);
    expect(volume).toBeGreaterThan(0);
    return bar;
  });
}

describe.each(['bybit', 'kraken'] as const)('the relay of %s', (venue) => {
  const [first, second, third] = SYMBOLS[venue] as [string, string, string];

  it('publishes the bars of the market', async () => {
    const { twin, bus, relay, pass: run } = await running(venue);
    await run(2 * MINUTE_MS + 3_000);
    await relay.stop();
    for (const symbol of [first, second]) {
      expect(bars(bus, symbol, START, 2)).toEqual(truth(twin, venue, symbol, START, 2));
      expect(bus.claimed(symbol, START + 1_000, START + 2 * MINUTE_MS)).toBe(true);
    }
    expect(bus.deadLetters()).toEqual([]);
    expect(relay.stats()).toMatchObject({ venue, reconnects: 0, problem: null });
  });

  it('loses nothing where one of two connections is cut, and has nothing to recover', async () => {
    const { twin, bus, relay, pass: run } = await running(venue, { copies: 2 });
    expect(relay.stats().connections.length).toBe(2);
    await run(20_000);
    twin.inject([{ kind: 'drop', venue, afterMs: 0, scope: 'one' }]);
    await run(MINUTE_MS + 5_000 - 20_000);
    await relay.stop();
    expect(relay.stats().reconnects).toBe(1);
    for (const symbol of [first, second]) {
      expect(bars(bus, symbol, START, 1)).toEqual(truth(twin, venue, symbol, START, 1));
      expect(
        bus
          .snapshots(symbol)
          .filter(({ ts }) => ts > START + 2_000)
          .every((s) => s.connected),
      ).toBe(true);
    }
    const kinds = bus.events().map(({ kind }) => kind);
    expect(kinds).not.toContain('GAP');
    expect(relay.stats().symbols[0]!.duplicateTrades).toBeGreaterThan(10);
  });

  it('follows other symbols without touching the connection of those that stay', async () => {
    const { twin, bus, relay, pass: run } = await running(venue);
    await run(10_000);
    relay.follow([second, third]);
    await run(MINUTE_MS + 5_000 - 10_000);
    await relay.stop();
    expect(relay.stats()).toMatchObject({ reconnects: 0 });
    expect(twin.clients()).toBeLessThanOrEqual(1);
    expect(bars(bus, second, START, 1)).toEqual(truth(twin, venue, second, START, 1));
    expect(bus.snapshots(first).at(-1)!.ts).toBeLessThan(START + 12_000);
    expect(bus.snapshots(third).at(-1)).toMatchObject({ connected: true, desyncMs: 0 });
    expect(bus.events().map(({ kind }) => kind)).not.toContain('STALE');
    const told = bus.events().filter(({ kind }) => kind === 'ADDED' || kind === 'REMOVED');
    expect(told.map(({ kind, symbol }) => `${kind} ${symbol}`).toSorted()).toEqual([
      `ADDED ${third}`,
      `REMOVED ${first}`,
    ]);
    expect(bus.deadLetters()).toEqual([]);
  });

  it('is told by inputs alone: a journal of them makes the same messages, byte for byte', async () => {
    const journal: [FeedInput, Instant][] = [];
    const {
      twin,
      bus,
      relay,
      pass: run,
    } = await running(venue, {
      copies: 2,
      onInput: (input, at) => journal.push([structuredClone(input), at]),
    });
    await run(20_000);
    twin.inject([
      { kind: 'drop', venue, afterMs: 0 },
      { kind: 'garbage', venue, afterMs: 8_000, amount: 2 },
      { kind: 'brokenBook', venue, afterMs: 12_000, amount: 1 },
    ]);
    await run(30_000);
    await relay.stop();
    const feed = new Feed({
      adapter: venueAdapter(venue, twin.address(venue)),
      copies: 2,
      seed: 1,
      startedAt: { market: START, network: 0 },
    });
    const again: FeedMessages[] = journal.flatMap(([input, at]) => feed.apply(input, at).messages);
    for (const topic of ['raw-tick-data', 'book-snapshots', 'feed-events', 'dead-letters'] as const) {
      const messages = again.filter((each) => each.topic === topic).flatMap((each) => each.messages);
      expect(messages.length).toBeGreaterThan(0);
      expect(messages).toEqual(bus.of(topic));
    }
  });
});
