/** `node bench/bus.ts`: messages a second through the embedded bus, and the time of one hop. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EmbeddedBusOptions, openEmbeddedBus } from '../connectors/bus/embedded.ts';
import type { MessageBus, Subscription } from '../connectors/bus/port.ts';
import { systemClock } from '../connectors/clock/system.ts';
import { standardAttributes } from '../schemas/pubsub-message.ts';

const TOPIC = 'position-events';
const MESSAGES = 300_000;
const HOPS = 2_000;
const DATA = Buffer.alloc(200, 'x');

const message = (number: number) => ({
  data: DATA,
  attributes: standardAttributes(`m${number}`, number),
  orderingKey: `bybit:S${number % 25}`,
});

async function readAll(subscription: Subscription): Promise<void> {
  for (let read = 0; read < MESSAGES; ) {
    const deliveries = await subscription.pull(1000);
    for (const delivery of deliveries) delivery.ack();
    read += deliveries.length;
  }
}

/** `publishers` at once, each waiting for its batch before the next. */
async function publishAll(bus: MessageBus, publishers: number, batch: number): Promise<void> {
  let next = 0;
  const publish = async () => {
    while (next < MESSAGES) {
      const from = next;
      next += batch;
      const messages = Array.from({ length: Math.min(batch, MESSAGES - from) }, (_, i) => message(from + i));
      await bus.publish(TOPIC, messages);
    }
  };
  await Promise.all(Array.from({ length: publishers }, publish));
}

async function withBus(
  fsync: EmbeddedBusOptions['fsync'] | 'memory',
  measure: (bus: MessageBus, subscription: Subscription) => Promise<void>,
): Promise<void> {
  const dir = fsync === 'memory' ? null : mkdtempSync(join(tmpdir(), 'cst-bench-'));
  const options = fsync === 'memory' || fsync === undefined ? {} : { fsync };
  const bus = await openEmbeddedBus({ dir, clock: systemClock, ...options });
  await measure(bus, await bus.subscribe(TOPIC, 'reader'));
  await bus.close();
  if (dir !== null) rmSync(dir, { recursive: true });
}

for (const fsync of ['batch', 'always', 'memory'] as const) {
  for (const [publishers, batch] of [
    [8, 100],
    [100, 1],
  ] as const) {
    await withBus(fsync, async (bus, subscription) => {
      const start = performance.now();
      await Promise.all([readAll(subscription), publishAll(bus, publishers, batch)]);
      const rate = Math.round((MESSAGES / (performance.now() - start)) * 1000);
      console.log(
        `${fsync}: ${publishers} publishers of ${batch}: ${rate} messages/s published, delivered, acked`,
      );
    });
  }
}

await withBus('batch', async (bus, subscription) => {
  const times: number[] = [];
  for (let i = 0; i < HOPS; i++) {
    const start = performance.now();
    const pulling = subscription.pull(1);
    await bus.publish(TOPIC, [message(i)]);
    for (const delivery of await pulling) delivery.ack();
    times.push(performance.now() - start);
  }
  times.sort((a, b) => a - b);
  const at = (share: number) => times[Math.floor(HOPS * share)]!.toFixed(2);
  console.log(`batch: one hop p50 ${at(0.5)} ms, p99 ${at(0.99)} ms`);
});
