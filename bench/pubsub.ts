/**
 * `node bench/pubsub.ts`: messages a second through the Pub/Sub client and Google's in-memory server over gRPC, and the
 * time of one hop. The server is no measure of the service: it hands out one message each 10 ms and stream.
 */
import { openPubSubBus } from '../connectors/bus/pubsub.ts';
import { systemClock } from '../connectors/clock/system.ts';
import { startPstest } from '../test/pstest/pstest.ts';
import { type BusLoad, publishAll, readAll, timesOfHops } from './bus-load.ts';

const LOAD: BusLoad = { topic: 'raw-tick-data', messages: 10_000 };
const HOPS = 200;

async function timed(what: string, run: () => Promise<void>): Promise<void> {
  const start = performance.now();
  const cpu = process.cpuUsage();
  await run();
  const ms = performance.now() - start;
  const { user, system } = process.cpuUsage(cpu);
  const perMessage = ((user + system) / LOAD.messages).toFixed(0);
  console.log(
    `${what}: ${Math.round((LOAD.messages / ms) * 1000)} messages/s, ${perMessage} µs of ours each`,
  );
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
  await timed('published to no one, 8 publishers of 100', () => publishAll(bus, LOAD, 8, 100));
  const subscription = await bus.subscribe(LOAD.topic, 'graph');
  await timed(`published, delivered and acked, ${streams} streams`, async () => {
    await Promise.all([readAll(subscription, LOAD), publishAll(bus, LOAD, 8, 100)]);
  });
  console.log(`one hop ${await timesOfHops(bus, subscription, LOAD, HOPS)}`);
  await bus.close();
  await server.stop();
}
