import { mkdtempSync, readdirSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConfigError, UpstreamError } from '../../../schemas/errors.ts';
import { ManualClock } from '../../clock/manual.ts';
import { type EmbeddedBusOptions, openEmbeddedBus } from '../embedded.ts';
import { message, pullAll } from '../fixture.ts';
import type { Delivery } from '../port.ts';
import { type BusFile, openFile } from './files.ts';

const TOPIC = 'position-events';
const START = Date.UTC(2024, 2, 1);
let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'cst-back-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const open = (options: Partial<EmbeddedBusOptions> = {}) =>
  openEmbeddedBus({ dir, clock: new ManualClock(START), fsync: 'never', ...options });
const many = (count: number, bytes = 1) =>
  Array.from({ length: count }, (_, i) => ({ ...message(`a${i}`), data: Buffer.alloc(bytes, i) }));
const numbers = (deliveries: readonly Delivery[]) => deliveries.map(({ messageId }) => Number(messageId));
const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);
const logs = () => readdirSync(join(dir, TOPIC)).filter((name) => name.endsWith('.log'));

/** A disk that tells what is read of it, and fails when told to. */
function watchedDisk() {
  const disk = { bytesRead: 0, error: null as Error | null };
  const openWatched = async (path: string): Promise<BusFile> => {
    if (disk.error) throw disk.error;
    const file = await openFile(path);
    return {
      ...file,
      async read(position, length) {
        const bytes = await file.read(position, length);
        disk.bytesRead += bytes.length;
        return bytes;
      },
    };
  };
  return { disk, openWatched };
}

describe('what is taken back, once memory has let go of it', () => {
  it('comes again byte for byte, the longest message there is, too', async () => {
    const bus = await open({ segmentBytes: 5_000_000, tailBytes: 0 });
    const subscription = await bus.subscribe(TOPIC, 'reader');
    const sent = [...many(3, 9_999_900), ...many(6).slice(3)];
    for (const each of sent) await bus.publish(TOPIC, [each]);
    const first = await pullAll(subscription, 6);
    first[1]!.nack();
    const again = await pullAll(subscription, 5);
    expect(numbers(again)).toEqual([1, 2, 3, 4, 5]);
    expect(again.map(({ data }) => Buffer.from(data).equals(sent[data[0]!]!.data))).toEqual(
      Array(5).fill(true),
    );
    expect(again.map(({ attempt }) => attempt)).toEqual(Array(5).fill(2));
    await bus.close();
  });

  it('stays on disk for the one subscription, whatever the other settled', async () => {
    const clock = new ManualClock(START);
    const bus = await open({ clock, segmentBytes: 1_000, dedupWindowMs: 1_000 });
    const [fast, slow] = [await bus.subscribe(TOPIC, 'fast'), await bus.subscribe(TOPIC, 'slow')];
    for (let i = 0; i < 10; i++) await bus.publish(TOPIC, many(200).slice(20 * i, 20 * i + 20));
    for (const delivery of await pullAll(fast, 200)) delivery.ack();
    await clock.advanceTo(START + 10_000);
    const got = await pullAll(slow, 200);
    for (const delivery of got.slice(100)) delivery.ack();
    got[0]!.nack();
    expect(numbers(await pullAll(slow, 100))).toEqual(upTo(100));
    expect(slow.backlog()).toBe(100);
    expect(fast.backlog()).toBe(0);
    await bus.close();
  });

  it('is looked for where it lies, not from the top of the log', async () => {
    const { disk, openWatched } = watchedDisk();
    const bus = await open({ openFile: openWatched });
    const subscription = await bus.subscribe(TOPIC, 'reader');
    for (let i = 0; i < 12; i++)
      await bus.publish(TOPIC, many(12_000, 1_000).slice(1_000 * i, 1_000 * i + 1_000));
    const got = await pullAll(subscription, 12_000);
    for (const at of [11_999, 6_000]) {
      disk.bytesRead = 0;
      got[at]!.nack();
      expect(numbers(await subscription.pull(1))).toEqual([at]);
      // Of 13 MB in one file: the block that it lies in, and the one before.
      expect(disk.bytesRead).toBeLessThan(3_000_000);
    }
    expect(logs()).toHaveLength(1);
    await bus.close();
  });

  it('comes in order where thousands are refused, one by one and from the last to the first', async () => {
    const bus = await open();
    const subscription = await bus.subscribe(TOPIC, 'reader');
    await bus.publish(
      TOPIC,
      many(25_000).map((each) => ({ ...each, orderingKey: '' })),
    );
    for (const { nack } of (await pullAll(subscription, 25_000)).toReversed()) nack();
    expect(numbers(await pullAll(subscription, 25_000))).toEqual(upTo(25_000));
    await bus.close();
  });

  it('comes when the disk can be read again; until then a pull rejects, and nothing is lost', async () => {
    const { disk, openWatched } = watchedDisk();
    const bus = await open({ openFile: openWatched });
    const subscription = await bus.subscribe(TOPIC, 'reader');
    await bus.publish(TOPIC, many(5));
    const got = await pullAll(subscription, 5);
    disk.error = Object.assign(new Error('EMFILE: too many open files'), { code: 'EMFILE' });
    got[2]!.nack();
    for (let i = 0; i < 3; i++) await expect(subscription.pull(5)).rejects.toThrow(UpstreamError);
    expect(subscription.backlog()).toBe(5);
    disk.error = null;
    expect(numbers(await pullAll(subscription, 3))).toEqual([2, 3, 4]);
    await bus.close();
  });

  it('is missed by file and byte where the log was cut while the bus was open', async () => {
    const bus = await open();
    const subscription = await bus.subscribe(TOPIC, 'reader');
    await bus.publish(TOPIC, many(5));
    const [first] = await pullAll(subscription, 5);
    truncateSync(join(dir, TOPIC, logs()[0]!), 0);
    first!.nack();
    await expect(subscription.pull(5)).rejects.toThrow(ConfigError);
    await expect(subscription.pull(5)).rejects.toThrow(/byte 0 of .*\.log \(message 0 /);
    await bus.close();
  });

  it('comes to the next of its name where it was refused, or settled late, during the close', async () => {
    const bus = await open();
    const before = await bus.subscribe(TOPIC, 'reader');
    await bus.publish(TOPIC, many(4));
    const got = await pullAll(before, 4);
    const closing = before.close();
    got[0]!.ack();
    got[2]!.nack();
    await closing;
    const after = await bus.subscribe(TOPIC, 'reader');
    for (const { ack, nack } of got) {
      ack();
      ack();
      nack();
    }
    expect(after.backlog()).toBe(3);
    expect(numbers(await pullAll(after, 3))).toEqual([1, 2, 3]);
    await bus.close();
  });
});

it('in memory alone, lets go of what is settled one by one, however much there is', async () => {
  const bus = await open({ dir: null });
  const subscription = await bus.subscribe(TOPIC, 'reader');
  const count = 200_000;
  for (let from = 0; from < count; from += 50_000) {
    await bus.publish(
      TOPIC,
      Array.from({ length: 50_000 }, (_, i) => message(`a${from + i}`)),
    );
  }
  for (const { ack } of await pullAll(subscription, count)) ack();
  expect(subscription.backlog()).toBe(0);
  await bus.close();
});
