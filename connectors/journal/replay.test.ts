import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { OutgoingMessage } from '../bus/port.ts';
import { ManualClock } from '../clock/manual.ts';
import { venueAdapter } from '../exchanges/adapters.ts';
import type { Fault } from '../exchanges/simulated/faults/faults.ts';
import { startExchangeTwin } from '../exchanges/simulated/twin-server.ts';
import { Published } from '../relay/published.fixture.ts';
import { type Relay, startRelay } from '../relay/relay.ts';
import { openJournal } from './reader.ts';
import { openRecorder, type Recorder } from './recorder.ts';
import { replayJournal } from './replay.ts';

const START = Date.UTC(2026, 2, 1, 12);
const closers: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

interface Recorded {
  readonly dir: string;
  readonly bus: Published;
  readonly relay: Relay;
  readonly recorder: Recorder;
  /** Lets time pass. */
  pass(ms: number): Promise<void>;
}

type TwinVenue = 'bybit' | 'kraken';
const SYMBOLS: Readonly<Record<TwinVenue, readonly string[]>> = {
  bybit: ['BTCUSDT', 'LTCUSDT'],
  kraken: ['BTC/USDT', 'LTC/USDT'],
};

async function record(venue: TwinVenue, faults: readonly Omit<Fault, 'venue'>[]): Promise<Recorded> {
  const [market, network] = [new ManualClock(START), new ManualClock(0)];
  const twin = await startExchangeTwin({ seed: 3, clock: market, symbols: SYMBOLS });
  closers.push(() => twin.close());
  twin.inject(faults.map((fault) => ({ ...fault, venue })));
  const adapter = venueAdapter(venue, twin.address(venue));
  const dir = mkdtempSync(join(tmpdir(), 'replay-'));
  const onFailed = (error: Error) => {
    throw error;
  };
  const recorder = await openRecorder({ dir, adapter, code: 'test', clock: network, onFailed });
  const bus = new Published();
  const relay = await startRelay({
    ...{ adapter, bus, symbols: SYMBOLS[venue], clock: market, networkClock: network, copies: 2 },
    onStart: (start) => recorder.began(start),
    onInput: (input, at) => recorder.told(input, at),
  });
  closers.push(
    () => relay.stop(),
    () => recorder.close(),
  );
  const pass = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += 100) {
      for (const clock of [market, network]) await clock.advanceTo(clock.now() + 100);
      await new Promise(setImmediate);
    }
  };
  return { dir, bus, relay, recorder, pass };
}

/** All messages of each topic, as bytes. */
async function replayed(dir: string): Promise<Published> {
  const bus = new Published();
  for await (const inputs of replayJournal(await openJournal(dir))) {
    for (const { messages } of inputs) {
      for (const { topic, messages: own } of messages) await bus.publish(topic, own);
    }
  }
  return bus;
}

const plain = ({ data, attributes, orderingKey }: OutgoingMessage) => [
  Buffer.from(data).toString('base64'),
  attributes,
  orderingKey,
];

function expectSame(actual: Published, expected: Published): void {
  for (const topic of ['raw-tick-data', 'book-snapshots', 'feed-events', 'dead-letters'] as const) {
    expect(actual.of(topic).map(plain), topic).toEqual(expected.of(topic).map(plain));
  }
}

const BAD_DAY: readonly Omit<Fault, 'venue'>[] = [
  { kind: 'gap', afterMs: 8_000, stream: 'trades', amount: 5 },
  { kind: 'garbage', afterMs: 12_000, amount: 3 },
  { kind: 'drop', afterMs: 15_000 },
  { kind: 'brokenBook', afterMs: 25_000, amount: 2 },
  { kind: 'duplicate', afterMs: 40_000, amount: 20 },
  { kind: 'restDown', afterMs: 44_000, forMs: 10_000 },
  { kind: 'restart', afterMs: 45_000, forMs: 5_000 },
  { kind: 'halt', afterMs: 70_000, forMs: 10_000 },
];

describe.each(['bybit', 'kraken'] as const)('a recorded relay of %s', (venue) => {
  const faults = BAD_DAY.map((fault) =>
    fault.kind === 'halt' ? { ...fault, symbol: SYMBOLS[venue][1]! } : fault,
  );

  it('published what a replay of its journal publishes, bit for bit', async () => {
    const { dir, bus, relay, recorder, pass } = await record(venue, faults);
    await pass(60_000);
    relay.follow([SYMBOLS[venue][0]!]);
    await pass(20_000);
    relay.follow(SYMBOLS[venue]);
    await pass(20_000);
    await relay.stop();
    await recorder.close();
    for (const kind of ['DISCONNECTED', 'RESYNC', 'REMOVED', 'ADDED'] as const) {
      expect(
        bus.events().some((event) => event.kind === kind),
        kind,
      ).toBe(true);
    }
    expect(bus.of('raw-tick-data').length).toBeGreaterThan(50);
    expect(bus.deadLetters().length).toBeGreaterThan(0);
    expectSame(await replayed(dir), bus);
  });
});

it('a replay of a relay that was killed publishes what it had, but for the last seconds', async () => {
  const { dir, bus, pass } = await record('bybit', []);
  await pass(30_000);
  await new Promise(setImmediate);
  const batches = (await replayed(dir)).of('raw-tick-data').map(plain);
  const live = bus.of('raw-tick-data').map(plain);
  expect(batches).toEqual(live.slice(0, batches.length));
  expect(batches.length).toBeGreaterThan(live.length * 0.7);
});
