/** A process that spills and publishes as fast as it can, and tells so line by line, until it is killed. */
import { writeSync } from 'node:fs';
import { standardAttributes } from '../../schemas/pubsub-message.ts';
import { Spill } from './spill.ts';

const [dir = '', from = '0'] = process.argv.slice(2);
const BATCH = 5;
const say = (what: string, numbers: readonly number[]) => writeSync(1, `${what} ${numbers.join(' ')}\n`);
const spill = await Spill.open({ dir, segmentBytes: 3_000 });

async function append(): Promise<void> {
  for (let next = Number(from); ; next += BATCH) {
    const numbers = Array.from({ length: BATCH }, (_, i) => next + i);
    await spill.append(
      numbers.map((number) => ({
        data: Buffer.alloc(number % 100, number),
        attributes: standardAttributes(String(number), number),
        orderingKey: 'k',
      })),
    );
    say('spilled', numbers);
  }
}

async function publish(): Promise<void> {
  for (let turn = 0; ; turn++) {
    const { messages, done } = await spill.read();
    const numbers = messages.map(({ attributes }) => Number(attributes.id));
    if (numbers.length > 0) say('published', numbers);
    // Now and then more waits than is published.
    if (turn % 3 === 0) await done();
    await new Promise(setImmediate);
  }
}

await Promise.all([append(), publish()]);
