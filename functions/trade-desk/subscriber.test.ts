import { afterEach, describe, expect, it } from 'vitest';
import { openEmbeddedBus } from '../../connectors/bus/embedded.ts';
import { pullAll } from '../../connectors/bus/fixture.ts';
import type { MessageBus } from '../../connectors/bus/port.ts';
import { ManualClock } from '../../connectors/clock/manual.ts';
import { openSqliteStore } from '../../connectors/state/sqlite.ts';
import { PositionEvent } from '../../schemas/position-event.ts';
import type { TopicName } from '../../schemas/topics.ts';
import { messageFor, type PublishedRecord } from '../../transforms/publish/publish.ts';
import { TestAccount } from './account.fixture.ts';
import { deskHandler } from './handler.ts';
import { TradeDesk } from './run.ts';
import { type RunningDesk, runDesk } from './subscriber.ts';
import { bias, configOf, NOW, signal, snapshot, snapshotAt } from './trade-desk.fixture.ts';

const SECOND = 1000;
const opened: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

async function stack() {
  const clock = new ManualClock(NOW);
  const bus = await openEmbeddedBus({ dir: null, clock });
  const store = await openSqliteStore({ path: ':memory:', clock });
  opened.push(
    () => bus.close(),
    () => store.close(),
  );
  const events = await bus.subscribe('position-events', 'test');
  const next = async (count: number) => {
    const deliveries = await pullAll(events, count);
    for (const delivery of deliveries) delivery.ack();
    return deliveries.map(({ data }) => PositionEvent.parse(JSON.parse(Buffer.from(data).toString())));
  };
  return { clock, bus, store, config: configOf(), next };
}

async function running(ports: Awaited<ReturnType<typeof stack>>): Promise<RunningDesk> {
  const desk = await runDesk(ports);
  opened.push(() => desk.close());
  return desk;
}

function publish(bus: MessageBus, topic: TopicName, record: PublishedRecord): Promise<void> {
  const { data, attributes, orderingKey } = messageFor(topic, record);
  return bus.publish(topic, [{ data, attributes, orderingKey }]);
}

/** Until the desk has seen it: facts have no event of their own. */
async function untilSeen(ports: Awaited<ReturnType<typeof stack>>, text: string): Promise<void> {
  while (!(await ports.store.get('desk-facts#BTCUSDT'))?.value?.includes(text)) {
    await new Promise(setImmediate);
  }
}

describe('the desk on a bus', () => {
  it('tells of the decision, the entry and the exit', async () => {
    const ports = await stack();
    const { desk } = await running(ports);
    await publish(ports.bus, 'book-snapshots', snapshot());
    await untilSeen(ports, '"bestBid":99.99');
    await publish(ports.bus, 'trade-signals-micro', signal());
    expect(await ports.next(2)).toMatchObject([{ kind: 'DECISION', refusal: null }, { kind: 'ENTRY' }]);
    await publish(ports.bus, 'book-snapshots', snapshotAt(NOW + SECOND, 100.52));
    expect(await ports.next(1)).toMatchObject([{ kind: 'EXIT', exit: 'TP', pnl: 40.9689053 }]);
    expect(await desk.books()).toMatchObject([{ equity: 10_040.9689053, positions: [] }]);
  });

  it('does not trade against the bias it was told of', async () => {
    const ports = await stack();
    await running(ports);
    await publish(ports.bus, 'book-snapshots', snapshot());
    await publish(ports.bus, 'macro-bias-updates', bias('SHORT'));
    await untilSeen(ports, '"bias":"SHORT"');
    await untilSeen(ports, '"bestBid":99.99');
    await publish(ports.bus, 'trade-signals-micro', signal());
    expect(await ports.next(1)).toMatchObject([{ refusal: 'MACRO_BIAS', numbers: { short: 85 } }]);
  });

  it('puts aside what it cannot read', async () => {
    const ports = await stack();
    const letters = await ports.bus.subscribe('dead-letters', 'test');
    await running(ports);
    const message = {
      data: Buffer.from('{}'),
      attributes: { id: 'x', ts: String(NOW) },
      orderingKey: 'BTCUSDT',
    };
    await ports.bus.publish('trade-signals-micro', [message]);
    const [letter] = await pullAll(letters, 1);
    expect(JSON.parse(Buffer.from(letter!.data).toString())).toMatchObject({
      stage: 'desk:trade-signals-micro',
    });
  });

  it('puts aside a snapshot of nothing, and reads on', async () => {
    const ports = await stack();
    const letters = await ports.bus.subscribe('dead-letters', 'test');
    await running(ports);
    await publish(ports.bus, 'book-snapshots', snapshot({ symbol: '🚀' }));
    await publish(ports.bus, 'book-snapshots', snapshot());
    await untilSeen(ports, '"bestBid":99.99');
    const [letter] = await pullAll(letters, 1);
    expect(JSON.parse(Buffer.from(letter!.data).toString())).toMatchObject({ stage: 'desk:book-snapshots' });
  });

  it('looks at the clock each second', async () => {
    const ports = await stack();
    const { desk } = await running(ports);
    await desk.take({ kind: 'snapshot', at: NOW, snapshot: snapshot() });
    await desk.take({ kind: 'signal', at: NOW, signal: signal() });
    await ports.next(2);
    await ports.clock.advanceTo(NOW + 3_600_000 + 600_000 + SECOND);
    expect(await ports.next(1)).toMatchObject([{ exit: 'TIMEOUT' }]);
  });

  it('obeys commands at once, and tells again what a dead desk left untold', async () => {
    const ports = await stack();
    const publish = () => Promise.reject(new Error('killed'));
    const mute: MessageBus = { publish, subscribe: () => Promise.reject(), close: async () => {} };
    const first = new TradeDesk({ ...ports, bus: mute });
    await first.take({ kind: 'snapshot', at: NOW, snapshot: snapshot() });
    await expect(first.take({ kind: 'signal', at: NOW, signal: signal() })).rejects.toThrow('killed');
    const second = new TradeDesk(ports);
    await second.take({ kind: 'control', at: NOW + 1, action: 'pause' });
    expect(await ports.next(2)).toMatchObject([{ kind: 'DECISION' }, { kind: 'ENTRY' }]);
    await second.take({ kind: 'signal', at: NOW + 2, signal: signal({ strategy: 'champion' }) });
    expect(await ports.next(1)).toMatchObject([{ refusal: 'PAUSED' }]);
  });
});

/** Status of the answer. */
async function call(handler: ReturnType<typeof deskHandler>, url: string, body?: object, method = 'POST') {
  let status = 0;
  const writeHead = (code: number) => {
    status = code;
    return { end() {} };
  };
  const response = { writeHead };
  await handler({ url, method, body, headers: {} } as never, response as never);
  return status;
}

function push(topic: TopicName, record: PublishedRecord) {
  const { data, attributes } = messageFor(topic, record);
  const message = {
    data: Buffer.from(data).toString('base64'),
    attributes,
    messageId: '1',
    publishTime: '2024-05-01T10:00:00Z',
  };
  return { message, subscription: `projects/p/subscriptions/${topic}-trade-desk` };
}

describe('the desk behind HTTP', () => {
  async function answer(url: string, authorized: boolean, body?: object, method = 'POST') {
    const ports = await stack();
    return call(deskHandler({ ...ports, authorize: () => authorized }), url, body, method);
  }

  it.each<[string, string, boolean, object | undefined, string, number]>([
    ['a message', '/', true, push('trade-signals-micro', signal()), 'POST', 204],
    ['a stranger’s message', '/', false, push('trade-signals-micro', signal()), 'POST', 401],
    ['the timer', '/timer', true, undefined, 'POST', 204],
    ['a stranger’s timer', '/timer', false, undefined, 'POST', 401],
    ['a look', '/timer', true, undefined, 'GET', 405],
    ['another topic', '/', true, { ...push('book-snapshots', snapshot()), subscription: 'x' }, 'POST', 400],
  ])('answers %s', async (_, url, authorized, body, method, status) => {
    expect(await answer(url, authorized, body, method)).toBe(status);
  });
});

describe('a book on an account', () => {
  const config = configOf({ execution: 'broker' });

  it('is refused where there is no account', async () => {
    const ports = { ...(await stack()), config };
    await expect(runDesk(ports)).rejects.toThrow('Expected an account for the book default');
    expect(() => deskHandler({ ...ports, authorize: () => true })).toThrow('Expected an account');
  });

  it('is filled there as soon as it decides', async () => {
    const ports = await stack();
    const broker = new TestAccount(ports.clock);
    const account = { broker, symbols: () => ['BTCUSDT'], notice: () => {} };
    const running = await runDesk({ ...ports, config, account });
    opened.push(() => running.close());
    await untilSeen(ports, '"lot":0.1');
    await publish(ports.bus, 'book-snapshots', snapshot());
    await untilSeen(ports, '"bestBid":99.99');
    await publish(ports.bus, 'trade-signals-micro', signal());
    expect(await ports.next(2)).toMatchObject([
      { kind: 'DECISION', refusal: null },
      { kind: 'ENTRY', price: 100 },
    ]);
    expect(await broker.positions()).toMatchObject([{ symbol: 'BTCUSDT', size: 99.9 }]);
  });

  it('is filled by pushes, and looked after by a timer', async () => {
    const ports = await stack();
    const broker = new TestAccount(ports.clock);
    const account = { broker, symbols: () => ['BTCUSDT'], notice: () => {} };
    const handler = deskHandler({ ...ports, config, account, authorize: () => true });
    expect(await call(handler, '/timer')).toBe(204);
    expect(await call(handler, '/', push('book-snapshots', snapshot()))).toBe(204);
    expect(await call(handler, '/', push('trade-signals-micro', signal()))).toBe(204);
    expect(await ports.next(2)).toMatchObject([{ kind: 'DECISION' }, { kind: 'ENTRY' }]);
    broker.hit('BTCUSDT', 'TP');
    expect(await call(handler, '/timer')).toBe(204);
    expect(await ports.next(1)).toMatchObject([{ kind: 'EXIT', exit: 'TP' }]);
  });
});
