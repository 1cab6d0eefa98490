import fc from 'fast-check';
import { describe, expect, it, type TestContext } from 'vitest';
import { openEmbeddedBus } from '../../connectors/bus/embedded.ts';
import { pullAll } from '../../connectors/bus/fixture.ts';
import type { MessageBus, OutgoingMessage } from '../../connectors/bus/port.ts';
import { ManualClock } from '../../connectors/clock/manual.ts';
import type { StateStore } from '../../connectors/state/port.ts';
import { listRecords } from '../../connectors/state/records.ts';
import { openSqliteStore } from '../../connectors/state/sqlite.ts';
import { UpstreamError } from '../../schemas/errors.ts';
import { standardAttributes } from '../../schemas/pubsub-message.ts';
import { PUBLISHED_KINDS, PUBLISHED_STATE, type PublishedKind } from '../../schemas/state.ts';
import type { TopicName } from '../../schemas/topics.ts';
import { stateSinkHandler } from './handler.ts';
import { type SinkPorts, sinkMessages } from './sink.ts';
import { START, wireOf } from './state-sink.fixture.ts';
import { SINK_TOPICS } from './state-sink.ts';
import { type SinkStateOptions, sinkState } from './subscriber.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const message = (data: Uint8Array, id: string): OutgoingMessage => ({
  data,
  attributes: standardAttributes(id, START),
  orderingKey: 'BTCUSDT',
});
const delivered = (data: Uint8Array, id = 'm1') => ({
  ...message(data, id),
  messageId: id,
  publishTimeMs: START,
});

type Test = Pick<TestContext, 'onTestFinished'>;

async function open(test: Test) {
  const clock = new ManualClock(START);
  const store = await openSqliteStore({ path: ':memory:', clock });
  const bus = await openEmbeddedBus({ dir: null, clock });
  test.onTestFinished(async () => {
    await bus.close();
    await store.close();
  });
  return { clock, store, bus };
}

async function lettersOf(bus: MessageBus, count: number) {
  const letters = await bus.subscribe('dead-letters', 'history');
  return async () =>
    (await pullAll(letters, count)).map(({ data }) => JSON.parse(Buffer.from(data).toString()));
}

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise(setImmediate);
}

/** The store, failing as often as told. */
function failing(store: StateStore, times: number): StateStore {
  let left = times;
  return {
    get: (key) => store.get(key),
    put: (key, cells, options) => store.put(key, cells, options),
    delete: (key) => store.delete(key),
    scan: (query) => store.scan(query),
    close: () => store.close(),
    async compareAndSet(key, condition, cells, options) {
      // As the port says: a call that fails may have happened.
      const isWritten = await store.compareAndSet(key, condition, cells, options);
      if (left-- > 0) throw new UpstreamError('Expected an answer, got none.');
      return isWritten;
    },
  };
}

interface Sent {
  readonly kind: PublishedKind;
  readonly name: string;
  readonly rank: number;
}

/** Each topic's messages at once; where the store fails, all of them again. */
async function sinkAll(ports: SinkPorts, sent: readonly Sent[], fails: boolean): Promise<void> {
  for (const kind of new Set(sent.map((each) => each.kind))) {
    const messages = sent
      .filter((each) => each.kind === kind)
      .map((each) => delivered(bytes(wireOf(kind, each))));
    const { topic } = PUBLISHED_STATE[kind];
    const shaky = { ...ports, store: failing(ports.store, fails ? 1 : 0) };
    await sinkMessages(shaky, topic, messages).catch(() => sinkMessages(ports, topic, messages));
  }
}

/** The oracle: the highest rank of each row; an event has a row of its own. */
function newestIds(sent: readonly Sent[]): Set<string> {
  const newest = new Map<string, string>();
  for (const { kind, name, rank } of sent.toSorted((a, b) => a.rank - b.rank)) {
    const row = kind === 'position-event' ? `${kind} ${name} ${rank}` : `${kind} ${name}`;
    newest.set(row, JSON.parse(wireOf(kind, { name, rank })).id);
  }
  return new Set(newest.values());
}

describe('sinkMessages', () => {
  it.each(PUBLISHED_KINDS)('keeps each %s as it was published', async (kind) => {
    const context = { onTestFinished: (end: () => Promise<void>) => void ends.push(end) };
    const ends: (() => Promise<void>)[] = [];
    const ports = await open(context as Test);
    const { schema, topic } = PUBLISHED_STATE[kind];
    await sinkMessages(ports, topic, [delivered(bytes(wireOf(kind, { name: 'BTCUSDT', rank: 1 })))]);
    const [kept, ...others] = await listRecords(ports.store, kind);
    expect(others).toEqual([]);
    expect(kept).toEqual(schema.parse(JSON.parse(wireOf(kind, { name: 'BTCUSDT', rank: 1 }))));
    for (const end of ends) await end();
  });

  it('leaves each row with its newest, whatever order, copies, batches and failures messages come in', async (test) => {
    const { bus, store } = await open(test);
    const sent = fc.record({
      kind: fc.constantFrom(...PUBLISHED_KINDS),
      name: fc.constantFrom('BTCUSDT', 'ETHUSDT'),
      rank: fc.integer({ min: 0, max: 30 }),
    });
    const batch = fc.record({ sent: fc.array(sent, { minLength: 1, maxLength: 8 }), fails: fc.boolean() });
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(batch, { maxLength: 12 }), async (batches) => {
        const suffix = `#${run++}`;
        const named = batches.map(({ sent, fails }) => ({
          fails,
          sent: sent.map((each) => ({ ...each, name: each.name + suffix })),
        }));
        for (const each of named) await sinkAll({ bus, store }, each.sent, each.fails);
        const kept = new Set<string>();
        for (const kind of PUBLISHED_KINDS)
          for (const { id } of await listRecords(store, kind)) if (id.includes(`${suffix}:`)) kept.add(id);
        expect(kept).toEqual(newestIds(named.flatMap(({ sent }) => sent)));
      }),
      { seed: 1, numRuns: 60 },
    );
  });

  it('keeps every event of a position', async (test) => {
    const { bus, store } = await open(test);
    const events = [3, 1, 2, 3].map((rank) =>
      delivered(bytes(wireOf('position-event', { name: 'BTCUSDT', rank }))),
    );
    await sinkMessages({ bus, store }, 'position-events', events);
    const kept = await listRecords(store, 'position-event', { pair: 'BTCUSDT' });
    expect(kept.map(({ ts }) => ts - START)).toEqual([3, 2, 1]);
  });

  it('makes dead letters of what it cannot read, once, and keeps the rest', async (test) => {
    const { bus, store } = await open(test);
    const letters = await lettersOf(bus, 4);
    const good = wireOf('snapshot', { name: 'BTCUSDT', rank: 1 });
    const tooEarly = JSON.stringify({ ...JSON.parse(good), ts: '1969-12-31T23:59:59.999Z' });
    const longName = wireOf('snapshot', { name: 'B'.repeat(64), rank: 1 }).replaceAll('B', '\u{1f600}');
    const bad = ['{', '{}', 'ÿ', tooEarly, longName];
    const messages = [...bad, good].map((text, i) => delivered(bytes(text), `m${i}`));
    for (let times = 0; times < 2; times++) await sinkMessages({ bus, store }, 'book-snapshots', messages);
    const got = await letters();
    expect(got.map(({ stage, source }) => [stage, source])).toEqual(
      bad.slice(0, 4).map((_, i) => ['state:book-snapshots', `m${i}`]),
    );
    expect(got[3].reason).toContain('at least 0');
    expect((await listRecords(store, 'snapshot')).some(({ symbol }) => symbol === 'BTCUSDT')).toBe(true);
  });
});

describe('sinkState', () => {
  async function start(test: Test, options: Partial<SinkStateOptions> = {}) {
    const ports = await open(test);
    const errors: [TopicName, unknown][] = [];
    const onError = (topic: TopicName, error: unknown) => void errors.push([topic, error]);
    const sink = await sinkState({ ...ports, onError, ...options });
    return { ...ports, sink, errors };
  }

  it('keeps the store as new as the topics', async (test) => {
    const { bus, store, sink, errors } = await start(test);
    for (const kind of PUBLISHED_KINDS)
      for (const rank of [2, 3, 1])
        await bus.publish(PUBLISHED_STATE[kind].topic, [
          message(bytes(wireOf(kind, { name: 'BTCUSDT', rank })), `${kind}${rank}`),
        ]);
    await turns(50);
    await sink.close();
    expect(errors).toEqual([]);
    for (const kind of PUBLISHED_KINDS) {
      const [newest] = await listRecords(store, kind);
      expect(newest?.id).toBe(JSON.parse(wireOf(kind, { name: 'BTCUSDT', rank: 3 })).id);
    }
    for (const topic of SINK_TOPICS) {
      const left = await bus.subscribe(topic, 'Bigtable');
      expect([topic, left.backlog()]).toEqual([topic, 0]);
    }
  });

  it('tries again after a while what could not be written', async (test) => {
    const { store, bus, clock } = await open(test);
    const errors: unknown[] = [];
    const onError = (_: TopicName, error: unknown) => void errors.push(error);
    const sink = await sinkState({
      bus,
      clock,
      onError,
      store: failing(store, 2),
      topics: ['market-levels'],
    });
    await bus.publish('market-levels', [message(bytes(wireOf('levels', { name: 'BTCUSDT', rank: 1 })), 'a')]);
    for (let second = 0; second < 5; second++) {
      await turns(20);
      await clock.advanceTo(clock.now() + 1_000);
    }
    await sink.close();
    expect((await bus.subscribe('market-levels', 'Bigtable')).backlog()).toBe(0);
    expect(errors).toHaveLength(2);
    expect(await listRecords(store, 'levels')).toHaveLength(1);
  });
});

describe('stateSinkHandler', () => {
  it('answers once the message is kept', async (test) => {
    const ports = await open(test);
    const errors: unknown[] = [];
    const post = async (store: StateStore, text: string) => {
      const onError = (error: unknown) => void errors.push(error);
      const handler = stateSinkHandler({ ...ports, store, authorize: () => true, onError });
      const answered = new Promise<number>((answer) => {
        const response = { writeHead: (status: number) => ({ end: () => answer(status) }) };
        void handler({ method: 'POST', body: push(text) } as never, response as never);
      });
      return answered;
    };
    const push = (text: string) => ({
      subscription: 'projects/p/subscriptions/macro-bias-updates-bigtable',
      message: {
        data: Buffer.from(text).toString('base64'),
        attributes: standardAttributes('m1', START),
        messageId: '17',
        publishTime: '2024-03-01T00:00:00.123Z',
      },
    });
    const letters = await lettersOf(ports.bus, 1);
    const bias = wireOf('bias', { name: 'BTCUSDT', rank: 1 });
    expect(await post(failing(ports.store, 1), bias)).toBe(503);
    expect(await post(ports.store, bias)).toBe(204);
    expect(await post(ports.store, 'no')).toBe(204);
    expect(errors).toHaveLength(1);
    expect(await listRecords(ports.store, 'bias')).toHaveLength(1);
    expect(await letters()).toMatchObject([{ stage: 'state:macro-bias-updates', source: 'm1' }]);
  });
});
