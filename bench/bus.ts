/** Messages a second through the two buses, and the time of one hop. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EmbeddedBusOptions, openEmbeddedBus } from '../connectors/bus/embedded.ts';
import type { MessageBus } from '../connectors/bus/port.ts';
import { openPubSubBus } from '../connectors/bus/pubsub.ts';
import { systemClock } from '../connectors/clock/system.ts';
import { startPstest, wantsGo } from '../test/pstest/pstest.ts';
import type { Benchmark, Case, Row } from './benchmark.ts';
import { type BusLoad, publishAll, readAll, timesOfHops } from './bus-load.ts';

interface Publishers {
  readonly count: number;
  /** Messages that each publishes at once. */
  readonly batch: number;
}

async function measure(
  bus: MessageBus,
  load: BusLoad,
  { count, batch }: Publishers,
  hops: number,
): Promise<Row> {
  const subscription = await bus.subscribe(load.topic, 'reader');
  const start = performance.now();
  const cpu = process.cpuUsage();
  await Promise.all([readAll(subscription, load), publishAll(bus, load, count, batch)]);
  const ms = performance.now() - start;
  const { user, system } = process.cpuUsage(cpu);
  return {
    messages: load.messages.toLocaleString('en-US'),
    'messages/s': Math.round((load.messages / ms) * 1e3).toLocaleString('en-US'),
    'CPU, µs/message': ((user + system) / load.messages).toFixed(0),
    ...(await timesOfHops(bus, subscription, load, hops)),
  };
}

type Keeping = NonNullable<EmbeddedBusOptions['fsync']> | 'memory';

async function embedded(keeping: Keeping, publishers: Publishers): Promise<Row> {
  const dir = keeping === 'memory' ? null : mkdtempSync(join(tmpdir(), 'cst-bench-'));
  const options = keeping === 'memory' ? {} : { fsync: keeping };
  const bus = await openEmbeddedBus({ dir, clock: systemClock, ...options });
  try {
    return await measure(bus, { topic: 'position-events', messages: 300_000 }, publishers, 2_000);
  } finally {
    await bus.close();
    if (dir !== null) rmSync(dir, { recursive: true });
  }
}

async function pubsub(streams: number): Promise<Row | null> {
  if (!wantsGo()) return null;
  const server = await startPstest();
  const at = { project: 'bench-project', endpoint: server.address, clock: systemClock, streams };
  const bus = openPubSubBus({ ...at, create: 'missing' });
  try {
    return await measure(bus, { topic: 'raw-tick-data', messages: 10_000 }, { count: 8, batch: 100 }, 200);
  } finally {
    await bus.close();
    await server.stop();
  }
}

const KEPT = {
  memory: 'in memory',
  batch: 'on disk, batches synced',
  always: 'on disk, each publication synced',
} as const;

export const bus: Benchmark = {
  name: 'bus',
  about:
    'Messages of 200 bytes published, delivered and acknowledged in one process; then one after the other, from its publication to its delivery. Embedded: the log of this process. Pub/Sub: the client against Google’s in-memory server (pstest) over gRPC, whose own CPU time is not counted; it is no measure of the service, since it hands each stream one message in 10 ms.',
  cases: [
    ...(['memory', 'batch', 'always'] as const).flatMap((keeping) =>
      [
        { count: 8, batch: 100 },
        { count: 100, batch: 1 },
      ].map(
        (publishers): Case => ({
          name: `embedded, ${KEPT[keeping]}: ${publishers.count} publishers of ${publishers.batch}`,
          run: () => embedded(keeping, publishers),
        }),
      ),
    ),
    ...[8, 32, 128].map(
      (streams): Case => ({
        name: `Pub/Sub (pstest), ${streams} streams: 8 publishers of 100`,
        run: () => pubsub(streams),
      }),
    ),
  ],
};
