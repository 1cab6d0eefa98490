/**
 * `node bench/pubsub.ts`: messages a second through the Pub/Sub client and Google's in-memory server over gRPC, and the
 * time of one hop. The server is no measure of the service: it hands out one message each 10 ms and stream.
 */
import type { MessageBus, Subscription } from '../connectors/bus/port.ts';
import { openPubSubBus } from '../connectors/bus/pubsub.ts';
import { systemClock } from '../connectors/clock/system.ts';
import { standardAttributes } from '../schemas/pubsub-message.ts';
import { startPstest } from '../test/pstest/pstest.ts';

const TOPIC = 'raw-tick-data';
const MESSAGES = 10_000;
const HOPS = 200;
const DATA = Buffer.alloc(200, 'x');

const message = (number: number) => ({
  data: DATA,
  attributes: standardAttributes(`m${number}`, number),
  orderingKey: `bybit:S${number % 25}`,
});

/** `publishers` at once, each waiting for its batch before the next. */
async function publishAll(bus: MessageBus, publishers: number, batch: number): Promise<void> {
  let next = 0;
  const publish = async () => {
    while (next < MESSAGES) {
      const from = next;
      next += batch;
      await bus.publish(
        TOPIC,
        Array.from({ length: Math.min(batch, MESSAGES - from) }, (_, i) => message(from + i)),
      );
    }
  };
  await Promise.all(Array.from({ length: publishers }, publish));
}

async function readAll(subscription: Subscription): Promise<void> {
  for (let read = 0; read < MESSAGES; ) {
    const deliveries = await subscription.pull(1000);
    for (const delivery of deliveries) delivery.ack();
    read += deliveries.length;
  }
}

async function timed(what: string, run: () => Promise<void>): Promise<void> {
  const start = performance.now();
  const cpu = process.cpuUsage();
  await run();
  const ms = performance.now() - start;
  const { user, system } = process.cpuUsage(cpu);
  const perMessage = ((user + system) / MESSAGES).toFixed(0);
  console.log(`${what}: ${Math.round((MESSAGES / ms) * 1000)} messages/s, ${perMessage} µs of ours each`);
}

for (const streams of [8, 32, 128]) {
  const server = await startPstest();
  const bus = openPubSubBus({
    project: 'bench-project',
    endpoint: server.address,
    clock: systemClock,
    create: 'missing',
    streams,
  });
  await timed('published to no one, 8 publishers of 100', () => publishAll(bus, 8, 100));
  const subscription = await bus.subscribe(TOPIC, 'graph');
  await timed(`published, delivered and acked, ${streams} streams`, async () => {
    await Promise.all([readAll(subscription), publishAll(bus, 8, 100)]);
  });
  const times: number[] = [];
  for (let i = 0; i < HOPS; i++) {
    const start = performance.now();
    const pulling = subscription.pull(1);
    await bus.publish(TOPIC, [message(MESSAGES + i)]);
    for (const delivery of await pulling) delivery.ack();
    times.push(performance.now() - start);
  }
  times.sort((a, b) => a - b);
  const at = (share: number) => times[Math.floor(HOPS * share)]!.toFixed(1);
  console.log(`one hop p50 ${at(0.5)} ms, p99 ${at(0.99)} ms`);
  await bus.close();
  await server.stop();
}
