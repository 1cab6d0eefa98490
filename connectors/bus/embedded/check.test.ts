import { mkdtempSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { systemClock } from '../../clock/system.ts';
import { openEmbeddedBus } from '../embedded.ts';
import { checkBus } from './check.ts';

/** A bus with some messages, one of them acknowledged. */
async function busFolder(): Promise<{ dir: string; log: string; acks: string }> {
  const dir = mkdtempSync(join(tmpdir(), 'bus-'));
  const bus = await openEmbeddedBus({ dir, clock: systemClock });
  const subscription = await bus.subscribe('raw-tick-data', 'reader');
  const message = { data: Buffer.alloc(100, 'x'), attributes: {}, orderingKey: 'bybit:BTCUSDT' };
  await bus.publish('raw-tick-data', [message, message, message]);
  const [first] = await subscription.pull(1);
  first!.ack();
  await subscription.close();
  await bus.close();
  const topic = join(dir, 'raw-tick-data');
  return { dir, log: join(topic, '0000000000000000.log'), acks: join(topic, 'reader.acks') };
}

async function outcomeOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'well',
    (error: Error) => error.message,
  );
}

it('finds nothing where nothing is wrong, nor where a write was cut off, which stays as it is', async () => {
  const { dir, log } = await busFolder();
  expect(await outcomeOf(checkBus(dir))).toBe('well');
  truncateSync(log, readFileSync(log).length - 1);
  const bytes = readFileSync(log);
  expect(await outcomeOf(checkBus(dir))).toBe('well');
  expect(readFileSync(log)).toEqual(bytes);
});

it.each(['log', 'acks'] as const)(
  'says what opening it would where a byte of its %s is damaged',
  async (which) => {
    const folder = await busFolder();
    const path = folder[which];
    const bytes = readFileSync(path);
    const damaged = which === 'acks' ? Buffer.concat([bytes, bytes]) : bytes;
    damaged[2]! ^= 0xff;
    writeFileSync(path, damaged);
    const said = await outcomeOf(checkBus(folder.dir));
    expect(said).toContain(path);
    expect(said).toBe(await outcomeOf(openEmbeddedBus({ dir: folder.dir, clock: systemClock })));
  },
);
