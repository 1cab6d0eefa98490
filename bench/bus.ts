/** `node bench/bus.ts`: messages a second through the embedded bus, and the time of one hop. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EmbeddedBusOptions, openEmbeddedBus } from '../connectors/bus/embedded.ts';
import type { MessageBus, Subscription } from '../connectors/bus/port.ts';
import { systemClock } from '../connectors/clock/system.ts';
import { type BusLoad, publishAll, readAll, timesOfHops } from './bus-load.ts';

const LOAD: BusLoad = { topic: 'position-events', messages: 300_000 };
const HOPS = 2_000;

async function withBus(
  fsync: EmbeddedBusOptions['fsync'] | 'memory',
  measure: (bus: MessageBus, subscription: Subscription) => Promise<void>,
): Promise<void> {
  const dir = fsync === 'memory' ? null : mkdtempSync(join(tmpdir(), 'cst-bench-'));
  const options = fsync === 'memory' || fsync === undefined ? {} : { fsync };
  const bus = await openEmbeddedBus({ dir, clock: systemClock, ...options });
  await measure(bus, await bus.subscribe(LOAD.topic, 'reader'));
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
      await Promise.all([readAll(subscription, LOAD), publishAll(bus, LOAD, publishers, batch)]);
      const rate = Math.round((LOAD.messages / (performance.now() - start)) * 1000);
      console.log(
        `${fsync}: ${publishers} publishers of ${batch}: ${rate} messages/s published, delivered, acked`,
      );
    });
  }
}

await withBus('batch', async (bus, subscription) => {
  console.log(`batch: one hop ${await timesOfHops(bus, subscription, LOAD, HOPS)}`);
});
