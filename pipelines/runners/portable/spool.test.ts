import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import '../../../transforms/sdk.beam.ts';
import { ParDoPayload, PTransform } from 'apache-beam/proto/beam_runner_api';
import { createOperator, type OperatorContext } from 'apache-beam/worker/operators';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { SPOOL_WRITE_URN } from '../../worker/dofns.ts';
import '../../worker/operators/spool.ts';
import { encodeSpooled, readSpool } from './spool.ts';

const folders: string[] = [];
function newFolder(): string {
  folders.push(mkdtempSync(join(tmpdir(), 'spool-')));
  return folders.at(-1)!;
}
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

async function spooledIn(dir: string): Promise<[string, string][]> {
  const found: [string, string][] = [];
  for await (const { topic, bytes } of readSpool(dir)) found.push([topic, Buffer.from(bytes).toString()]);
  return found;
}

describe('a spool', () => {
  it('gives back what was written, of any size and over the blocks it is read in', async () => {
    const dir = newFolder();
    const sizes = [0, 1, 70_000, 1 << 20, (1 << 20) + 1, 5];
    const messages = sizes.map((size, i) => ['dead-letters', String(i).repeat(size)] as const);
    const bytes = messages.map(([topic, text]) => encodeSpooled(topic, Buffer.from(text)));
    writeFileSync(join(dir, '1.spool'), Buffer.concat(bytes));
    expect(await spooledIn(dir)).toEqual(messages);
  });

  it('reads all workers, and nothing else that lies there', async () => {
    const dir = newFolder();
    writeFileSync(join(dir, 'b.spool'), encodeSpooled('t', Buffer.from('2')));
    writeFileSync(join(dir, 'a.spool'), encodeSpooled('t', Buffer.from('1')));
    writeFileSync(join(dir, 'notes.txt'), 'x');
    expect(await spooledIn(dir)).toEqual([
      ['t', '1'],
      ['t', '2'],
    ]);
  });

  it('ends a file where its worker was killed in mid-write', async () => {
    const dir = newFolder();
    const path = join(dir, 'a.spool');
    const records = ['one', 'two', 'three'].map((text) => encodeSpooled('t', Buffer.from(text)));
    const whole = Buffer.concat(records);
    const ends = records.map((_, i) => Buffer.concat(records.slice(0, i + 1)).length);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: whole.length }), async (cut) => {
        writeFileSync(path, whole);
        truncateSync(path, cut);
        expect(await spooledIn(dir)).toHaveLength(ends.filter((end) => end <= cut).length);
      }),
      { seed: 1, numRuns: 60 },
    );
  });

  it('ends a file at a record that is not what was written', async () => {
    const dir = newFolder();
    const path = join(dir, 'a.spool');
    const first = encodeSpooled('t', Buffer.from('one'));
    const damaged = encodeSpooled('t', Buffer.from('two'));
    damaged[damaged.length - 1]! ^= 1;
    writeFileSync(path, Buffer.concat([first, damaged]));
    appendFileSync(path, first);
    expect(await spooledIn(dir)).toEqual([['t', 'one']]);
  });
});

describe('the worker that writes it', () => {
  it('has written a bundle when the bundle is done, and not before', async () => {
    const dir = newFolder();
    const payload = Buffer.from(JSON.stringify({ dir, topic: 'market-candles' }));
    const doFn = { urn: SPOOL_WRITE_URN, payload };
    const transform = PTransform.create({
      spec: { urn: 'beam:transform:pardo:v1', payload: ParDoPayload.toBinary(ParDoPayload.create({ doFn })) },
    });
    const context = {
      descriptor: { transforms: { write: transform } },
      getReceiver: () => undefined,
    } as unknown as OperatorContext;
    const operator = createOperator('write', context);
    for (const text of ['one', 'two']) {
      await operator.startBundle();
      operator.process({ value: Buffer.from(text) } as never);
      const before = readdirSync(dir).map((name) => readFileSync(join(dir, name)).length);
      await operator.finishBundle();
      const after = readdirSync(dir).map((name) => readFileSync(join(dir, name)).length);
      expect(after[0]).toBeGreaterThan(before[0] ?? 0);
    }
    expect(await spooledIn(dir)).toEqual([
      ['market-candles', 'one'],
      ['market-candles', 'two'],
    ]);
    expect(readdirSync(dir)).toHaveLength(1);
    expect(() => operator.process({ value: 'text' } as never)).toThrow(
      'Expected the bytes of a PubsubMessage',
    );
  });
});
