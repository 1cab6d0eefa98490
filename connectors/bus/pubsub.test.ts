import { describe, expect, it, type TestContext } from 'vitest';
import { needGo, type Pstest, type PstestOptions, startPstest, wantsGo } from '../../test/pstest/pstest.ts';
import { systemClock } from '../clock/system.ts';
import { testMessageBusContract } from './contract.ts';
import { message, pullAll } from './fixture.ts';
import type { Delivery, MessageBus } from './port.ts';
import { openClients } from './pubsub/clients.ts';
import { openPubSubBus, type PubSubBusOptions } from './pubsub.ts';

const TOPIC = 'position-events';
/** What the graph reads: not ordered. */
const INPUT = 'raw-tick-data';
const PROJECT = 'project';

type Test = Pick<TestContext, 'onTestFinished'>;

async function serve(test: Test, options: PstestOptions = {}): Promise<Pstest> {
  const server = await startPstest({ minAckDeadlineS: 1, ...options });
  test.onTestFinished(() => server.stop());
  return server;
}

const SETTINGS = {
  project: PROJECT,
  clock: systemClock,
  create: 'missing',
  leaseMs: 1_000,
  quietMs: 200,
} as const;

function connect(test: Test, server: Pstest, options: Partial<PubSubBusOptions> = {}): MessageBus {
  const bus = openPubSubBus({ ...SETTINGS, endpoint: server.address, ...options });
  test.onTestFinished(() => bus.close());
  return bus;
}

/** The bare client, for what the bus does not do. */
function connectBare(test: Test, server: Pstest) {
  const { subscriber, close } = openClients(PROJECT, server.address);
  test.onTestFinished(close);
  return subscriber;
}

const pass = (ms: number) => systemClock.until(systemClock.now() + ms);
const names = (deliveries: readonly Delivery[]) => deliveries.map(({ data }) => Buffer.from(data).toString());
/** Waits until a condition holds. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await pass(5);
}

const underTest = async () => {
  const server = await startPstest({ minAckDeadlineS: 1 });
  const open = () => openPubSubBus({ ...SETTINGS, endpoint: server.address });
  let bus = open();
  return {
    bus,
    deadlineMs: 1_000,
    async reopen() {
      await bus.close();
      bus = open();
      return bus;
    },
    pass,
    async dispose() {
      await bus.close();
      await server.stop();
    },
  };
};

if (wantsGo()) {
  testMessageBusContract('Pub/Sub', underTest, {
    handingAhead: 'pstest hands out one unsettled message of a key at a time',
    deduplication: true,
    backlog: 'Pub/Sub does not count for its readers',
    oldestPending: 'Pub/Sub does not tell its readers; what is concluded instead is tested below',
    reopening: true,
  });
} else {
  it('MessageBus contract: Pub/Sub', (context) => needGo(context));
}

describe.concurrent('Pub/Sub bus: leases', () => {
  it('keeps a message for many leases, and hands it out once', async (context) => {
    needGo(context);
    const bus = connect(context, await serve(context));
    const subscription = await bus.subscribe(INPUT, 'graph');
    await bus.publish(INPUT, [message('a1'), message('a2')]);
    const got = await pullAll(subscription, 2);
    expect(names(got).sort()).toEqual(['a1', 'a2']);
    let more: readonly Delivery[] = [];
    void subscription.pull(1).then((deliveries) => {
      more = deliveries;
    });
    await pass(3_500);
    expect(more).toEqual([]);
    for (const delivery of got) delivery.ack();
  });

  it('gives a message to the next reader at once when closed, and after the lease when killed', async (context) => {
    needGo(context);
    const server = await serve(context);
    const bus = connect(context, server, { leaseMs: 2_000 });
    const first = await bus.subscribe(INPUT, 'graph');
    await bus.publish(INPUT, [message('a1')]);
    await pullAll(first, 1);
    const closedMs = systemClock.now();
    await first.close();
    const subscriber = connectBare(context, server);
    const name = 'projects/project/subscriptions/raw-tick-data';
    const [pulled] = await subscriber.pull({ subscription: name, maxMessages: 1 });
    expect(systemClock.now() - closedMs).toBeLessThan(1_500);
    // Whoever has it now dies: the lease is never extended.
    const ackIds = pulled.receivedMessages!.map(({ ackId }) => ackId!);
    await subscriber.modifyAckDeadline({ subscription: name, ackIds, ackDeadlineSeconds: 2 });
    const second = await connect(context, server, { leaseMs: 2_000 }).subscribe(INPUT, 'graph');
    // What is newer comes at once, and must not pass for all there is.
    await bus.publish(INPUT, [message('a2', 2_000)]);
    const [newer] = await pullAll(second, 1);
    expect(names([newer!])).toEqual(['a2']);
    expect(second.oldestPending()).toBe(Number.NEGATIVE_INFINITY);
    const [again] = await pullAll(second, 1);
    expect(names([again!])).toEqual(['a1']);
    expect(systemClock.now() - closedMs).toBeGreaterThan(1_500);
    for (const delivery of [newer!, again!]) delivery.ack();
    await until(() => second.oldestPending() === undefined);
  });
});

describe.concurrent('Pub/Sub bus: what may still come', () => {
  it('does not count as caught up before the leases of the dead have run out', async (context) => {
    needGo(context);
    const bus = connect(context, await serve(context), { leaseMs: 1_000 });
    const subscription = await bus.subscribe(INPUT, 'graph');
    expect(subscription.oldestPending()).toBe(Number.NEGATIVE_INFINITY);
    const openedMs = systemClock.now();
    await until(() => subscription.oldestPending() === undefined);
    expect(systemClock.now() - openedMs).toBeGreaterThanOrEqual(900);
  });

  it('tells the times of what was given back, and of what waits in line', async (context) => {
    needGo(context);
    const bus = connect(context, await serve(context));
    const subscription = await bus.subscribe(INPUT, 'graph', { maxOutstanding: 2 });
    await until(() => subscription.oldestPending() === undefined);
    await bus.publish(INPUT, [message('a1', 50)]);
    await until(() => subscription.oldestPending() === 50);
    const [first] = await pullAll(subscription, 1);
    expect(subscription.oldestPending()).toBeUndefined();
    first!.nack();
    expect(subscription.oldestPending()).toBe(50);
    const [again] = await pullAll(subscription, 1);
    expect(again!.attempt).toBe(2);
    again!.ack();
    expect(subscription.oldestPending()).toBeUndefined();
  });

  it('stands still while the server is away', async (context) => {
    needGo(context);
    const server = await serve(context);
    const subscription = await connect(context, server).subscribe(INPUT, 'graph');
    await until(() => subscription.oldestPending() === undefined);
    await server.stop();
    await until(() => subscription.oldestPending() === Number.NEGATIVE_INFINITY);
    await serve(context, { port: server.port });
    await until(() => subscription.oldestPending() === undefined);
  });

  it('lets go of the oldest where it is too full to know', async (context) => {
    needGo(context);
    const bus = connect(context, await serve(context));
    const subscription = await bus.subscribe(INPUT, 'graph', { maxOutstanding: 10 });
    const all = Array.from({ length: 16 }, (_, i) => message(`a${i}`, 1_000 + i));
    await bus.publish(INPUT, all);
    const held = new Set<Delivery>();
    const seen = new Set<string>();
    const letGo = (oldest = Number.POSITIVE_INFINITY) => {
      for (const delivery of held) {
        if (Number(delivery.attributes.ts) > oldest) continue;
        delivery.ack();
        held.delete(delivery);
      }
    };
    while (seen.size < all.length) {
      letGo(subscription.oldestPending());
      if (held.size === 10) await pass(20);
      else for (const delivery of await subscription.pull(10)) held.add(delivery);
      for (const name of names([...held])) seen.add(name);
    }
    letGo();
  });
});

describe.concurrent('Pub/Sub bus: a server that comes and goes', () => {
  it('publishes and pulls on after a restart, making again what was lost', async (context) => {
    needGo(context);
    const server = await serve(context);
    const bus = connect(context, server);
    const subscription = await bus.subscribe(TOPIC, 'reader');
    await bus.publish(TOPIC, [message('a1')]);
    (await pullAll(subscription, 1))[0]!.ack();
    await server.stop();
    const publishing = bus.publish(TOPIC, [message('a2')]);
    await pass(300);
    await serve(context, { port: server.port });
    await publishing;
    await until(() => subscription.oldestPending() !== Number.NEGATIVE_INFINITY);
    await bus.publish(TOPIC, [message('a3')]);
    // a2 may have been published before the subscription was there again.
    expect(names(await pullAll(subscription, 1))[0]).toMatch(/a[23]/);
    await bus.close();
  });

  it('gives up publishing in time, and the key goes on', async (context) => {
    needGo(context);
    const server = await serve(context);
    const bus = connect(context, server, { publishTimeoutMs: 500 });
    await bus.publish(TOPIC, [message('a1')]);
    await server.stop();
    const [first, second] = await Promise.allSettled([
      bus.publish(TOPIC, [message('a2')]),
      bus.publish(TOPIC, [message('a3')]),
    ]);
    expect([first.status, second.status]).toEqual(['rejected', 'rejected']);
    expect(first).toMatchObject({ reason: { name: 'UpstreamError', isRetryable: true } });
    await serve(context, { port: server.port });
    const publish = () => bus.publish(TOPIC, [message('a2'), message('a3')]);
    // The client looks for the server again in its own time.
    await expect
      .poll(
        () =>
          publish().then(
            () => true,
            () => false,
          ),
        { timeout: 20_000 },
      )
      .toBe(true);
  });

  it('reads on when the server ends its streams, as the service does', async (context) => {
    needGo(context);
    const bus = connect(context, await serve(context, { streamTimeoutMs: 200 }));
    const subscription = await bus.subscribe(INPUT, 'graph');
    for (let i = 0; i < 10; i++) {
      await bus.publish(INPUT, [message(`a${i}`)]);
      const [delivery] = await pullAll(subscription, 1);
      expect(names([delivery!])).toEqual([`a${i}`]);
      delivery!.ack();
      await pass(60);
    }
  });
});

describe.concurrent('Pub/Sub bus: errors', () => {
  it.for([
    [7, 'ConfigError', 'roles/pubsub.publisher'],
    [3, 'ConfigError', 'schema revisions'],
    [16, 'ConfigError', 'gcloud auth'],
    [8, 'UpstreamError', 'quota'],
  ] as const)('explains code %i of publishing', async ([code, name, text], context) => {
    needGo(context);
    const bus = connect(context, await serve(context, { failures: [{ method: 'Publish', code }] }), {
      publishTimeoutMs: 200,
    });
    const error = await bus.publish(TOPIC, [message('a1')]).catch((thrown) => thrown);
    expect(error).toMatchObject({ name });
    expect(error.message).toContain(`publish to ${TOPIC}`);
    expect(error.message).toContain(text);
  });

  it('publishes through errors that pass', async (context) => {
    needGo(context);
    const bus = connect(
      context,
      await serve(context, { failures: [{ method: 'Publish', code: 14, times: 2 }] }),
    );
    const subscription = await bus.subscribe(TOPIC, 'reader');
    await bus.publish(TOPIC, [message('a1')]);
    expect(names(await pullAll(subscription, 1))).toEqual(['a1']);
  });

  it('gives back first when closed, and waits some seconds for what cannot be published', async (context) => {
    needGo(context);
    const unavailable = { method: 'Publish', code: 14 };
    const bus = connect(context, await serve(context, { failures: [unavailable] }));
    const subscription = await bus.subscribe(INPUT, 'graph');
    const publishing = expect(bus.publish(INPUT, [message('a1')])).rejects.toThrow();
    const pulling = subscription.pull(1).then(() => systemClock.now());
    const closedMs = systemClock.now();
    await bus.close();
    const takenMs = systemClock.now() - closedMs;
    expect((await pulling) - closedMs).toBeLessThan(1_000);
    expect([takenMs > 4_000, takenMs < 9_000]).toEqual([true, true]);
    await publishing;
  });

  it('names what is missing where it may not make it', async (context) => {
    needGo(context);
    const bus = connect(context, await serve(context), { create: 'never' });
    await expect(bus.subscribe(INPUT, 'graph')).rejects.toThrow(
      /subscription raw-tick-data of topic raw-tick-data, got NOT_FOUND: projects\/project\/subscriptions\/raw-tick-data/,
    );
    await expect(bus.publish(TOPIC, [message('a1')])).rejects.toThrow(/position-events.*NOT_FOUND/);
  });

  it('ends a reader that may not read', async (context) => {
    needGo(context);
    const bus = connect(context, await serve(context, { failures: [{ method: 'Acknowledge', code: 7 }] }));
    const subscription = await bus.subscribe(INPUT, 'graph');
    await bus.publish(INPUT, [message('a1')]);
    (await pullAll(subscription, 1))[0]!.ack();
    await expect(subscription.pull(1)).rejects.toThrow('roles/pubsub.subscriber');
  });

  it('refuses options that cannot be, and a name that is open', async (context) => {
    const options = { project: PROJECT, clock: systemClock };
    expect(() => openPubSubBus({ ...options, project: '' })).toThrow('project');
    expect(() => openPubSubBus({ ...options, leaseMs: 5_000 })).toThrow('lease');
    expect(() => openPubSubBus({ ...options, endpoint: 'nowhere' })).toThrow('host:port');
    needGo(context);
    const bus = connect(context, await serve(context));
    await bus.subscribe(INPUT, 'graph');
    await expect(bus.subscribe(INPUT, 'graph')).rejects.toThrow('Close it first');
    await expect(bus.subscribe(INPUT, '../x')).rejects.toThrow('subscription name');
  });
});

describe.concurrent('Pub/Sub bus: copies', () => {
  it('lets a copy of a held message share its fate', async (context) => {
    needGo(context);
    const server = await serve(context);
    const bus = connect(context, server);
    const subscription = await bus.subscribe(INPUT, 'graph');
    await bus.publish(INPUT, [message('a1', 1000, 'x')]);
    const [held] = await pullAll(subscription, 1);
    await bus.publish(INPUT, [message('a2', 1000, 'x'), message('a3', 1000, 'y')]);
    expect(names(await pullAll(subscription, 1))).toEqual(['a3']);
    held!.nack();
    // Both copies are back; one of them comes, the other joins it.
    const [again] = await pullAll(subscription, 1);
    expect(again!.attributes.id).toBe('x');
    await pass(100);
    again!.ack();
    await bus.close();
    const next = await connect(context, server).subscribe(INPUT, 'graph');
    expect(names(await pullAll(next, 1))).toEqual(['a3']);
  });
});

it.concurrent('puts a poisonous message aside after ten attempts', async (context) => {
  needGo(context);
  const server = await serve(context);
  const bus = connect(context, server);
  const subscription = await bus.subscribe(TOPIC, 'reader');
  const subscriber = connectBare(context, server);
  const name = `projects/${PROJECT}/subscriptions/undelivered`;
  await subscriber.createSubscription({
    name,
    topic: `projects/${PROJECT}/topics/undelivered`,
    ackDeadlineSeconds: 10,
  });
  await bus.publish(TOPIC, [message('a1'), message('b1')]);
  const other = { seen: 0 };
  for (let attempt = 1; attempt <= 10; ) {
    const [delivery] = await pullAll(subscription, 1);
    if (names([delivery!])[0] === 'b1') {
      delivery!.ack();
      other.seen += 1;
      continue;
    }
    expect(delivery!.attempt).toBe(attempt++);
    delivery!.nack();
  }
  expect(other.seen).toBe(1);
  const [pulled] = await subscriber.pull({ subscription: name, maxMessages: 1 });
  expect(pulled.receivedMessages![0]!.message).toMatchObject({ data: Buffer.from('a1'), orderingKey: 'a' });
});
