import { afterEach, describe, expect, it } from 'vitest';
import { openEmbeddedBus } from '../../../connectors/bus/embedded.ts';
import { pullAll } from '../../../connectors/bus/fixture.ts';
import type { MessageBus, OutgoingMessage } from '../../../connectors/bus/port.ts';
import { ManualClock } from '../../../connectors/clock/manual.ts';
import { InvariantError } from '../../../schemas/errors.ts';
import { encodePubsubMessage, standardAttributes } from '../../../schemas/pubsub-message.ts';
import { busEdges } from './bus-edges.ts';
import type { SourceReader } from './edges.ts';

const NOW = 1_000_000;
const DISORDER = 2_000;
const TOPIC = 'raw-tick-data';

const buses: MessageBus[] = [];
afterEach(async () => {
  for (const bus of buses.splice(0)) await bus.close();
});

const at = (ts: number, id = `m${ts}`): OutgoingMessage => ({
  data: Buffer.from(id),
  attributes: standardAttributes(id, ts),
  orderingKey: 'k',
});

async function open({ mayBeSilent = false } = {}) {
  const clock = new ManualClock(NOW);
  const bus = await openEmbeddedBus({ dir: null, clock });
  buses.push(bus);
  const edges = busEdges({
    bus,
    clock,
    allowedDisorderMs: DISORDER,
    subscriptions: new Map([['in', await bus.subscribe(TOPIC, 'in')]]),
    mayBeSilent: new Set(mayBeSilent ? ['in'] : []),
  });
  const publish = (...messages: OutgoingMessage[]) => bus.publish(TOPIC, messages);
  return { clock, bus, edges, reader: edges.openSource('in'), publish };
}

/** What a reader says when nothing comes for a tick. */
async function silence(reader: SourceReader, clock: ManualClock) {
  const chunk = reader.read();
  await clock.advanceTo(clock.now() + 1_000);
  return chunk;
}

describe('the watermark of a subscription', () => {
  it('is its newest event time less the allowed disorder, and never falls', async () => {
    const { reader, publish } = await open();
    await publish(at(NOW - 500), at(NOW - 900));
    expect((await reader.read())?.watermarkMs).toBe(NOW - 500 - DISORDER);
    await publish(at(NOW - 60_000));
    const late = await reader.read();
    expect(late?.messages.map(({ eventTimeMs }) => eventTimeMs)).toEqual([NOW - 60_000]);
    expect(late?.watermarkMs).toBe(NOW - 500 - DISORDER);
  });

  it('waits for the oldest message that still lies on the bus', async () => {
    const { reader, publish } = await open();
    const many = Array.from({ length: 500 }, (_, i) => at(NOW - 500 + i));
    await publish(...many, at(NOW - 30_000));
    const first = await reader.read();
    expect([first?.messages.length, first?.watermarkMs]).toEqual([500, NOW - 30_000 - DISORDER]);
    expect((await reader.read())?.watermarkMs).toBe(NOW - 1 - DISORDER);
  });

  it('follows the clock through silence only where silence may be', async () => {
    const quiet = await open({ mayBeSilent: true });
    expect(await silence(quiet.reader, quiet.clock)).toEqual({
      messages: [],
      watermarkMs: NOW + 1_000 - DISORDER,
    });
    const stalled = await open();
    await stalled.publish(at(NOW - 500));
    await stalled.reader.read();
    expect((await silence(stalled.reader, stalled.clock))?.watermarkMs).toBe(NOW - 500 - DISORDER);
  });

  it('is not carried away by a stamp from the future', async () => {
    const { reader, publish } = await open();
    await publish(at(NOW + 3_600_000));
    const chunk = await reader.read();
    expect([chunk?.messages[0]?.eventTimeMs, chunk?.watermarkMs]).toEqual([NOW + 3_600_000, NOW]);
  });
});

it('hands over a message without a readable time under the time it was published', async () => {
  const { reader, publish } = await open();
  await publish({ data: Buffer.from('x'), attributes: {}, orderingKey: '' });
  expect((await reader.read())?.messages[0]?.eventTimeMs).toBe(NOW);
});

it('publishes at the flush what was written, with key and attributes', async () => {
  const { edges, bus } = await open();
  const out = await bus.subscribe('market-candles', 'out');
  const { data, attributes, orderingKey } = at(NOW, 'c1');
  edges.write('market-candles', encodePubsubMessage({ data, attributes, orderingKey, messageId: '' }));
  expect(out.backlog()).toBe(0);
  await edges.flush();
  const [delivery] = await pullAll(out, 1);
  expect(delivery).toMatchObject({ attributes, orderingKey, attempt: 1 });
  expect(Buffer.from(delivery!.data).toString()).toBe('c1');
});

it('publishes the last topic when all others have been published', async () => {
  const order: string[] = [];
  const bus = {
    publish: async (topic: string) => {
      order.push(`${topic} begins`);
      await new Promise(setImmediate);
      order.push(`${topic} ends`);
    },
  } as unknown as MessageBus;
  const clock = new ManualClock(NOW);
  const edges = busEdges({
    bus,
    clock,
    allowedDisorderMs: DISORDER,
    subscriptions: new Map(),
    mayBeSilent: new Set(),
    lastTopic: 'market-candles',
  });
  const { data, attributes, orderingKey } = at(NOW, 'c1');
  const bytes = encodePubsubMessage({ data, attributes, orderingKey, messageId: '' });
  for (const topic of ['market-candles', 'market-features', 'market-levels']) edges.write(topic, bytes);
  await edges.flush();
  expect(order.slice(0, 2)).toEqual(['market-features begins', 'market-levels begins']);
  expect(order.slice(-2)).toEqual(['market-candles begins', 'market-candles ends']);
  expect(order).toHaveLength(6);
});

describe('a reader', () => {
  it('ends when it is closed, and leaves what it did not hand over on the bus', async () => {
    const { reader, publish, clock } = await open();
    const waiting = reader.read();
    reader.close();
    expect(await waiting).toBeUndefined();
    await publish(at(NOW));
    expect(await reader.read()).toBeUndefined();
    expect(clock.now()).toBe(NOW);
  });

  it('fails where the bus is closed under it: no end of input may close the open bars', async () => {
    const { reader, bus } = await open();
    const waiting = reader.read();
    await bus.close();
    await expect(waiting).rejects.toThrow(/Drain the run before the bus is closed/);
  });

  it('exists only for a subscription that was opened', async () => {
    const { edges } = await open();
    expect(() => edges.openSource('other')).toThrow(InvariantError);
    expect(() => edges.openSource('other')).toThrow('got in.');
  });
});
