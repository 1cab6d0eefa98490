import { appendFileSync, mkdtempSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { standardAttributes } from '../../schemas/pubsub-message.ts';
import type { OutgoingMessage } from '../bus/port.ts';
import { fullDisk } from './full-disk.fixture.ts';
import { Spill } from './spill.ts';

const newFolder = () => mkdtempSync(join(tmpdir(), 'spill-'));
const message = (number: number, size = 10): OutgoingMessage => ({
  data: Buffer.alloc(size, number),
  attributes: standardAttributes(`m${number}`, 1_000 + number),
  orderingKey: `bybit:K${number % 3}`,
});
const numbers = (messages: readonly OutgoingMessage[]) =>
  messages.map(({ attributes }) => Number(attributes.id!.slice(1)));
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

async function readAll(spill: Spill): Promise<number[]> {
  const got: number[] = [];
  for (;;) {
    const { messages, done } = await spill.read();
    if (messages.length === 0) return got;
    got.push(...numbers(messages));
    await done();
  }
}

describe('what is spilled', () => {
  it('comes back whole and in order, and leaves nothing on disk', async () => {
    const dir = newFolder();
    const spill = await Spill.open({ dir, segmentBytes: 500 });
    for (let i = 0; i < 100; i += 5) await spill.append(range(i, i + 5).map((n) => message(n)));
    expect(spill.messages).toBe(100);
    const { messages } = await spill.read();
    expect(messages[1]).toEqual(message(1));
    expect(await readAll(spill)).toEqual(range(0, 100));
    expect([spill.messages, spill.bytes, readdirSync(dir)]).toEqual([0, 0, []]);
    await spill.append([message(7)]);
    expect(await readAll(spill)).toEqual([7]);
  });

  it('is read again from where it was published to, a segment at most twice, after a restart', async () => {
    const dir = newFolder();
    const spill = await Spill.open({ dir, segmentBytes: 500 });
    for (let i = 0; i < 100; i += 5) await spill.append(range(i, i + 5).map((n) => message(n)));
    for (let i = 0; i < 3; i++) await (await spill.read()).done();
    const again = await Spill.open({ dir, segmentBytes: 500 });
    const left = await readAll(again);
    expect(left).toEqual(range(left[0]!, 100));
    expect(left[0]).toBeGreaterThan(0);
    expect(left[0]).toBeLessThanOrEqual(100 - spill.messages);
  });

  it('may be put before all others', async () => {
    const dir = newFolder();
    const spill = await Spill.open({ dir });
    await spill.append([message(5), message(6)]);
    await spill.prepend([message(3), message(4)]);
    expect(await readAll(await Spill.open({ dir }))).toEqual([3, 4, 5, 6]);
  });

  it('goes on behind a write that was cut off, and behind damage', async () => {
    const dir = newFolder();
    const spill = await Spill.open({ dir });
    await spill.append([message(0), message(1), message(2)]);
    const path = join(dir, readdirSync(dir)[0]!);
    const bytes = readFileSync(path);
    bytes[Math.floor(bytes.length / 2)]! ^= 1;
    writeFileSync(path, bytes);
    appendFileSync(path, bytes.subarray(0, 20));
    const again = await Spill.open({ dir });
    await again.append([message(9)]);
    expect(await readAll(again)).toEqual([0, 2, 9]);
    expect(again.damagedBytes).toBeGreaterThan(20);
  });

  it('is a prefix of what was appended wherever the file ends', async () => {
    const dir = newFolder();
    const spill = await Spill.open({ dir });
    await spill.append(range(0, 20).map((n) => message(n, n * 3)));
    const path = join(dir, readdirSync(dir)[0]!);
    const whole = readFileSync(path);
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length), async (end) => {
        writeFileSync(path, whole);
        truncateSync(path, end);
        const got = await readAll(await Spill.open({ dir }));
        expect(got).toEqual(range(0, got.length));
      }),
      { seed: 1, numRuns: 50 },
    );
  });

  it('is read in bounded pieces, also where messages are longer than these', async () => {
    const spill = await Spill.open({ dir: newFolder() });
    await spill.append([message(0, 3_000_000), message(1), message(2, 900_000), message(3, 900_000)]);
    const sizes: number[] = [];
    for (let left = 4; left > 0; ) {
      const { messages, done } = await spill.read();
      sizes.push(messages.length);
      left -= messages.length;
      await done();
    }
    expect(sizes.length).toBeGreaterThanOrEqual(2);
  });

  it('is all or nothing where the disk is full, and goes on once it is not', async () => {
    const dir = newFolder();
    const disk = fullDisk();
    const spill = await Spill.open({ dir, openFile: disk.openFile });
    await spill.append([message(0)]);
    disk.leaveBytes(30);
    await expect(spill.append([message(1), message(2)])).rejects.toThrow(/ENOSPC.*Free some space/);
    expect(spill.messages).toBe(1);
    disk.leaveBytes(Number.POSITIVE_INFINITY);
    await spill.append([message(1), message(2)]);
    expect(await readAll(await Spill.open({ dir }))).toEqual([0, 1, 2]);
  });

  it('is not taken away under a write that goes on', async () => {
    const spill = await Spill.open({ dir: newFolder() });
    await spill.append([message(0)]);
    const writing = spill.append([message(1)]);
    await (await spill.read()).done();
    await writing;
    expect(await readAll(spill)).toEqual([1]);
  });
});
