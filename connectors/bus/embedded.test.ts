import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { ConfigError, UpstreamError } from '../../schemas/errors.ts';
import { ManualClock } from '../clock/manual.ts';
import { testMessageBusContract } from './contract.ts';
import { type BusFile, openFile } from './embedded/files.ts';
import { type EmbeddedBusOptions, openEmbeddedBus, removeEmbeddedBus } from './embedded.ts';
import { message, pullAll } from './fixture.ts';
import type { Delivery } from './port.ts';

const TOPIC = 'position-events';
const START = Date.UTC(2024, 2, 1);
const folders: string[] = [];
const folder = () => {
  const dir = mkdtempSync(join(tmpdir(), 'cst-bus-'));
  folders.push(dir);
  return dir;
};
afterEach(() => {
  for (const dir of folders.splice(0)) rmSync(dir, { recursive: true, force: true });
});
const names = (deliveries: readonly Delivery[]) => deliveries.map(({ data }) => Buffer.from(data).toString());
const many = (count: number, from = 0) => Array.from({ length: count }, (_, i) => message(`a${from + i}`));
const logsIn = (dir: string) =>
  readdirSync(join(dir, TOPIC))
    .filter((name) => name.endsWith('.log'))
    .map((name) => join(dir, TOPIC, name))
    .sort();

const underTest = (dir: () => string | null) => async () => {
  const clock = new ManualClock(START);
  const options = { dir: dir(), clock };
  let bus = await openEmbeddedBus(options);
  const made = {
    bus,
    async reopen() {
      await bus.close();
      bus = await openEmbeddedBus(options);
      return bus;
    },
    pass: (ms: number) => clock.advanceTo(clock.now() + ms),
    dispose: () => bus.close(),
  };
  return made;
};
const KEPT = {
  handingAhead: true,
  deduplication: true,
  backlog: true,
  oldestPending: true,
  reopening: true,
} as const;

testMessageBusContract('embedded, on disk', underTest(folder), KEPT);
testMessageBusContract(
  'embedded, in memory',
  underTest(() => null),
  {
    ...KEPT,
    reopening: 'memory alone ends with the process',
  },
);

describe('embedded bus', () => {
  const open = (dir: string, options: Partial<EmbeddedBusOptions> = {}) =>
    openEmbeddedBus({ dir, clock: new ManualClock(START), ...options });

  it('drops the messages of a topic without a subscription', async () => {
    const bus = await open(folder());
    await bus.publish(TOPIC, [message('a1')]);
    const subscription = await bus.subscribe(TOPIC, 'reader');
    await bus.publish(TOPIC, [message('a1')]);
    expect(subscription.backlog()).toBe(1);
    await bus.close();
  });

  it('lets a closed subscription settle what it had handed out', async () => {
    const dir = folder();
    const bus = await open(dir);
    const subscription = await bus.subscribe(TOPIC, 'reader');
    await bus.publish(TOPIC, many(3));
    const got = await pullAll(subscription, 3);
    await subscription.close();
    for (const delivery of got.slice(0, 2)) delivery.ack();
    await bus.close();
    got[2]!.ack();
    const again = await open(dir);
    expect((await again.subscribe(TOPIC, 'reader')).backlog()).toBe(1);
    await again.close();
  });

  it('is removed with all it holds, but not while it is open', async () => {
    const dir = join(folder(), 'bus');
    await removeEmbeddedBus(dir);
    const bus = await open(dir);
    await bus.subscribe(TOPIC, 'all');
    await expect(removeEmbeddedBus(dir)).rejects.toThrow(UpstreamError);
    expect(existsSync(join(dir, TOPIC))).toBe(true);
    await bus.close();
    await removeEmbeddedBus(dir);
    expect(existsSync(dir)).toBe(false);
  });

  it('refuses a subscription that is open, and a folder that is in use', async () => {
    const dir = folder();
    const bus = await open(dir);
    await bus.subscribe(TOPIC, 'reader');
    await expect(bus.subscribe(TOPIC, 'reader')).rejects.toThrow(ConfigError);
    await expect(bus.subscribe(TOPIC, '../x')).rejects.toThrow('subscription name');
    await expect(open(dir)).rejects.toThrow(/in use.*own folder/);
    await bus.close();
    await (await open(dir)).close();
    await expect(bus.publish(TOPIC, many(1))).rejects.toThrow('closed');
  });

  it('refuses a message that is too long', async () => {
    const bus = await open(folder());
    await bus.subscribe(TOPIC, 'reader');
    const data = new Uint8Array(10_000_001);
    await expect(bus.publish(TOPIC, [{ ...message('a1'), data }])).rejects.toThrow('at most 10000000 bytes');
    await bus.close();
  });

  it('serves a slow subscription from disk: long messages, many segments, little memory', async () => {
    const dir = folder();
    const bus = await open(dir, { segmentBytes: 3_000_000, tailBytes: 10_000 });
    const slow = await bus.subscribe(TOPIC, 'slow');
    const data = Buffer.alloc(2_500_000, 'x');
    const sent = [
      ...many(5000),
      { ...message('a5000'), data },
      { ...message('a5001'), data },
      ...many(5000, 5002),
    ];
    for (let i = 0; i < sent.length; i += 1000) await bus.publish(TOPIC, sent.slice(i, i + 1000));
    const got = await pullAll(slow, sent.length);
    expect(got.map(({ attributes }) => attributes.id)).toEqual(sent.map(({ attributes }) => attributes.id));
    expect(got[5001]!.data.length).toBe(2_500_000);
    expect(logsIn(dir).length).toBeGreaterThan(1);
    await bus.close();
  });

  it('frees the disk once everyone has settled and ids need not be remembered', async () => {
    const dir = folder();
    const clock = new ManualClock(START);
    const bus = await open(dir, { clock, segmentBytes: 1000, dedupWindowMs: 60_000 });
    const fast = await bus.subscribe(TOPIC, 'fast');
    const slow = await bus.subscribe(TOPIC, 'slow');
    for (let i = 0; i < 10; i++) await bus.publish(TOPIC, many(30, i * 30));
    expect(logsIn(dir)).toHaveLength(10);
    for (const delivery of await pullAll(fast, 300)) delivery.ack();
    await clock.advanceTo(START + 120_000);
    const [last, ...others] = (await pullAll(slow, 300)).reverse();
    for (const delivery of others.slice(1)) delivery.ack();
    await bus.close();
    const again = await open(dir, { clock, segmentBytes: 1000, dedupWindowMs: 60_000 });
    await again.close();
    expect(logsIn(dir)).toHaveLength(1);
    expect(last!.messageId).toBe('299');
    const third = await open(dir, { clock });
    expect(names(await pullAll(await third.subscribe(TOPIC, 'slow'), 2))).toEqual(['a298', 'a299']);
    await third.close();
  });

  it('remembers ids over a restart, and forgets them after the window', async () => {
    const dir = folder();
    const clock = new ManualClock(START);
    const bus = await open(dir, { clock, dedupWindowMs: 1000 });
    const before = await bus.subscribe(TOPIC, 'reader');
    await bus.publish(TOPIC, [message('a1')]);
    for (const delivery of await pullAll(before, 1)) delivery.ack();
    await bus.close();
    const again = await open(dir, { clock, dedupWindowMs: 1000 });
    const after = await again.subscribe(TOPIC, 'reader');
    await again.publish(TOPIC, [message('a1')]);
    expect(after.backlog()).toBe(0);
    await clock.advanceTo(START + 2001);
    await again.publish(TOPIC, [message('a1')]);
    expect(after.backlog()).toBe(1);
    await again.close();
  });
});

describe('embedded bus on a damaged disk', () => {
  const filled = async (dir: string, batches = 1, segmentBytes = 1 << 20) => {
    const bus = await openEmbeddedBus({ dir, clock: new ManualClock(START), segmentBytes });
    await bus.subscribe(TOPIC, 'reader');
    for (let i = 0; i < batches; i++) await bus.publish(TOPIC, many(10, i * 10));
    await bus.close();
    return logsIn(dir);
  };
  const reopened = async (dir: string) => {
    const bus = await openEmbeddedBus({ dir, clock: new ManualClock(START) });
    return { bus, subscription: await bus.subscribe(TOPIC, 'reader') };
  };

  it('removes a write that was cut off, at whatever byte', async () => {
    for (let cut = 1; cut < 200; cut += 7) {
      const dir = folder();
      const [log] = await filled(dir);
      const size = statSync(log!).size;
      truncateSync(log!, size - cut);
      const { bus, subscription } = await reopened(dir);
      const kept = 10 - Math.ceil((10 * cut) / size);
      expect(subscription.backlog()).toBe(kept);
      await bus.publish(TOPIC, [message('z1')]);
      expect(names(await pullAll(subscription, kept + 1))).toEqual([
        ...names(many(kept) as Delivery[]),
        'z1',
      ]);
      await bus.close();
    }
  });

  it('removes what a failed machine left behind the last record', async () => {
    const dir = folder();
    const [log] = await filled(dir);
    writeFileSync(log!, Buffer.alloc(5000), { flag: 'a' });
    const { bus, subscription } = await reopened(dir);
    expect(subscription.backlog()).toBe(10);
    await bus.close();
  });

  it.each([
    ['in the middle of the last file', 1, 0, 300],
    ['at the end of an earlier file', 2, 0, -3],
  ])('reports damage %s by file, byte and remedy', async (_, batches, index, at) => {
    const dir = folder();
    const logs = await filled(dir, batches, 100);
    const bytes = readFileSync(logs[index]!);
    const position = at < 0 ? bytes.length + at : at;
    bytes[position]! ^= 0xff;
    writeFileSync(logs[index]!, bytes);
    const opening = openEmbeddedBus({ dir, clock: new ManualClock(START) });
    await expect(opening).rejects.toThrow(ConfigError);
    const remedy = await opening.then(String, (error: Error) => error.message);
    expect(remedy).toContain(logs[index]);
    const cut = Number(/truncate -s (\d+)/.exec(remedy)?.[1]);
    expect(cut).toBeLessThanOrEqual(position);
    expect(cut).toBeGreaterThan(position - 150);
    // Following the advice gets the bus going.
    truncateSync(logs[index]!, cut);
    const { bus, subscription } = await reopened(dir);
    const kept = Math.round((cut / bytes.length) * 10);
    expect(subscription.backlog()).toBe(kept + (batches - 1) * 10);
    const expected = [...many(10), ...many((batches - 1) * 10, 10)].map(({ attributes }) => attributes.id);
    expected.splice(kept, 10 - kept);
    expect(names(await pullAll(subscription, expected.length))).toEqual(expected);
    await bus.close();
  });

  it('loses no message silently, whichever byte is damaged', async () => {
    const dir = folder();
    const [log] = await filled(dir);
    const whole = readFileSync(log!);
    const lastRecord = whole.length * 0.9;
    for (let position = 0; position < whole.length; position += 3) {
      const bytes = Buffer.from(whole);
      bytes[position]! ^= 1 << (position % 8);
      writeFileSync(log!, bytes);
      const opening = reopened(dir);
      if (position < lastRecord) await expect(opening, `byte ${position}`).rejects.toThrow(ConfigError);
      else {
        // Not to be told from a write that was cut off.
        const { bus, subscription } = await opening;
        expect(subscription.backlog(), `byte ${position}`).toBe(9);
        await bus.close();
      }
    }
  });

  it('reports damaged acknowledgements, and redelivers where only their tail is lost', async () => {
    const dir = folder();
    await filled(dir);
    const path = join(dir, TOPIC, 'reader.acks');
    const { bus, subscription } = await reopened(dir);
    const got = await pullAll(subscription, 10);
    for (const i of [1, 3, 5]) got[i]!.ack();
    await bus.close();
    const bytes = readFileSync(path);
    truncateSync(path, bytes.length - 5);
    const second = await reopened(dir);
    expect(second.subscription.backlog()).toBeGreaterThanOrEqual(7);
    await second.bus.close();
    const damaged = readFileSync(path);
    damaged[2]! ^= 0xff;
    writeFileSync(path, damaged);
    await expect(reopened(dir)).rejects.toThrow('reader.acks');
  });
});

describe('embedded bus on a full disk', () => {
  /** A disk with room for so many bytes more; beyond that it takes a part and fails, as a real one does. */
  const smallDisk = () => {
    const disk = { free: Number.POSITIVE_INFINITY };
    const open = async (path: string): Promise<BusFile> => {
      const file = await openFile(path);
      return {
        ...file,
        async write(bytes, position) {
          const room = Math.max(0, Math.min(bytes.length, disk.free));
          await file.write(bytes.subarray(0, room), position);
          if (room < bytes.length)
            throw Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC' });
        },
      };
    };
    return { disk, open };
  };

  it('rejects naming the path, keeps what it had, and goes on when there is room', async () => {
    const dir = folder();
    const { disk, open } = smallDisk();
    const bus = await openEmbeddedBus({ dir, clock: new ManualClock(START), openFile: open });
    const subscription = await bus.subscribe(TOPIC, 'reader');
    await bus.publish(TOPIC, many(5));
    disk.free = 150;
    const first = bus.publish(TOPIC, many(5, 5));
    const second = bus.publish(TOPIC, many(5, 10));
    await expect(first).rejects.toThrow(UpstreamError);
    await expect(first).rejects.toThrow(logsIn(dir)[0]!);
    await expect(second).rejects.toThrow('ENOSPC');
    expect(subscription.backlog()).toBe(5);
    disk.free = Number.POSITIVE_INFINITY;
    // The same ids again: those of the rejected messages are not taken for seen.
    await bus.publish(TOPIC, many(15));
    const got = await pullAll(subscription, 15);
    expect(names(got)).toEqual(many(15).map(({ attributes }) => attributes.id));
    for (const delivery of got) delivery.ack();
    await bus.close();
    const again = await openEmbeddedBus({ dir, clock: new ManualClock(START) });
    expect((await again.subscribe(TOPIC, 'reader')).backlog()).toBe(0);
    await again.close();
  });

  it('takes nothing any more once its files are removed', async () => {
    const dir = folder();
    const bus = await openEmbeddedBus({ dir, clock: new ManualClock(START), fsync: 'always' });
    await bus.subscribe(TOPIC, 'reader');
    await bus.publish(TOPIC, many(5));
    rmSync(dir, { recursive: true });
    for (const from of [5, 10])
      await expect(bus.publish(TOPIC, many(5, from))).rejects.toThrow(/\.log.*removed/);
    await bus.close().catch(() => {});
  });

  it('writes acknowledgements when there is room again', async () => {
    const dir = folder();
    const { disk, open } = smallDisk();
    const bus = await openEmbeddedBus({ dir, clock: new ManualClock(START), openFile: open });
    const subscription = await bus.subscribe(TOPIC, 'reader');
    await bus.publish(TOPIC, many(5));
    const got = await pullAll(subscription, 5);
    disk.free = 0;
    got[0]!.ack();
    await new Promise(setImmediate);
    disk.free = Number.POSITIVE_INFINITY;
    got[1]!.ack();
    await bus.close();
    const again = await openEmbeddedBus({ dir, clock: new ManualClock(START) });
    expect((await again.subscribe(TOPIC, 'reader')).backlog()).toBe(3);
    await again.close();
  });
});
