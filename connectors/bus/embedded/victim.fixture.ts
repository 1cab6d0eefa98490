/** A process that publishes, reads, refuses and acknowledges as fast as it can, and tells so line by line, until it is killed. */
import { writeSync } from 'node:fs';
import { standardAttributes } from '../../../schemas/pubsub-message.ts';
import { systemClock } from '../../clock/system.ts';
import { openEmbeddedBus } from '../embedded.ts';

const [dir = '', from = '0'] = process.argv.slice(2);
const BATCH = 20;
const say = (what: string, numbers: readonly number[]) => writeSync(1, `${what} ${numbers.join(' ')}\n`);

const bus = await openEmbeddedBus({ dir, clock: systemClock, segmentBytes: 20_000, dedupWindowMs: 50 });
const subscription = await bus.subscribe('position-events', 'reader', { maxOutstanding: 60 });

async function publish(): Promise<void> {
  for (let next = Number(from); ; next += BATCH) {
    const numbers = Array.from({ length: BATCH }, (_, i) => next + i);
    const messages = numbers.map((number) => ({
      data: Buffer.from(String(number)),
      attributes: standardAttributes(`m${number}`, number),
      orderingKey: `k${number % 3}`,
    }));
    await bus.publish('position-events', messages);
    say('published', numbers);
  }
}

async function read(): Promise<void> {
  for (let turn = 0; ; turn++) {
    const deliveries = await subscription.pull(7);
    // Refused, they come again from disk.
    if (turn % 5 === 4) {
      for (const { nack } of deliveries) nack();
      continue;
    }
    const numbers = deliveries.map(({ data }) => Number(Buffer.from(data)));
    say('got', numbers);
    // Told before it is done: what is told and not done only makes the test stricter by one pull.
    say('acked', numbers);
    for (const delivery of deliveries) delivery.ack();
    if (turn % 50 === 0) await new Promise(setImmediate);
  }
}

await Promise.all([publish(), read()]);
