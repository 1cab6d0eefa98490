import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { OutgoingMessage } from '../bus/port.ts';
import type { Fault } from '../exchanges/simulated/faults/faults.ts';
import { Published } from '../relay/published.fixture.ts';
import { openJournal } from './reader.ts';
import { record, START, SYMBOLS } from './recorded.fixture.ts';
import { replayJournal } from './replay.ts';

const closers: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

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
    const { dir, bus, relay, recorder, pass } = await record(venue, faults, closers);
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
  const { dir, bus, pass } = await record('bybit', [], closers);
  await pass(30_000);
  await new Promise(setImmediate);
  const batches = (await replayed(dir)).of('raw-tick-data').map(plain);
  const live = bus.of('raw-tick-data').map(plain);
  expect(batches).toEqual(live.slice(0, batches.length));
  expect(batches.length).toBeGreaterThan(live.length * 0.7);
});

it('a journal whose beginning was removed still gives every trade from there on', async () => {
  const { dir, bus, relay, recorder, pass } = await record('bybit', [], closers, { segmentBytes: 1 });
  // Time passes as fast as we like, and the disk does not.
  while (readdirSync(join(dir, 'bybit')).length < 15) await pass(1_000);
  await relay.stop();
  await recorder.close();
  const names = readdirSync(join(dir, 'bybit')).sort();
  for (const name of names.slice(0, 5)) rmSync(join(dir, 'bybit', name));
  const journal = await openJournal(dir);
  expect(journal.runs.map(({ isWhole }) => isWhole)).toEqual([false]);
  const fromMs = journal.runs[0]!.header.at.market;
  expect(fromMs).toBeGreaterThan(START + 5_000);
  const part = await replayed(dir);
  for (const symbol of SYMBOLS.bybit) {
    const idsOf = (published: Published) =>
      published
        .batches(symbol)
        .flat()
        .flatMap(({ tradeId, ts }) => (ts >= fromMs ? [tradeId] : []));
    expect(idsOf(part)).toEqual(idsOf(bus));
    expect(idsOf(part).length).toBeGreaterThan(3);
  }
});
