import { spawnSync } from 'node:child_process';
import {
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
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TopicName } from '../../schemas/topics.ts';
import { ManualClock } from '../clock/manual.ts';
import type { FeedInput, Instant } from '../feed/feed-io.ts';
import { fullDisk } from '../outbox/full-disk.fixture.ts';
import { decodeEntry, encodeEntry, type JournalEntry } from './entry.ts';
import { openJournal } from './reader.ts';
import { openRecorder, type Recorder, type RecorderOptions } from './recorder.ts';

const START = Date.UTC(2026, 2, 1, 12);
const ADAPTER = { venue: 'bybit', wsUrl: 'ws://here/', restUrl: 'http://here' } as const;
const newFolder = () => mkdtempSync(join(tmpdir(), 'journal-'));
const frame = (text: string): FeedInput => ({ kind: 'frame', connection: 0, frame: text });

interface Bench {
  readonly dir: string;
  readonly clock: ManualClock;
  readonly recorder: Recorder;
  readonly failures: Error[];
  tell(...inputs: FeedInput[]): void;
  /** Until what was told is on disk. */
  settle(): Promise<void>;
}

async function bench(options: Partial<RecorderOptions> = {}): Promise<Bench> {
  const dir = options.dir ?? newFolder();
  const clock = new ManualClock(START);
  const failures: Error[] = [];
  const onFailed = (error: Error) => failures.push(error);
  const recorder = await openRecorder({ dir, adapter: ADAPTER, code: '1.2.3', clock, onFailed, ...options });
  recorder.began({ startedAt: now(clock), batchMs: 100, copies: 2, seed: 7 });
  return {
    dir,
    clock,
    recorder,
    failures,
    tell: (...inputs) => {
      for (const input of inputs) recorder.told(input, now(clock));
    },
    async settle() {
      await clock.advanceTo(clock.now() + 2_000);
      while (recorder.stats().waitingBytes > 0) await new Promise(setImmediate);
    },
  };
}

function now(clock: ManualClock): Instant {
  return { market: clock.now(), network: clock.now() - START };
}

async function read(dir: string) {
  const journal = await openJournal(dir);
  const entries: JournalEntry[] = [];
  let damagedBytes = 0;
  for (const run of journal.runs) {
    for await (const block of run.blocks()) {
      entries.push(...block.entries);
      damagedBytes += block.damagedBytes;
    }
  }
  return { journal, entries, damagedBytes };
}

const segments = (dir: string) =>
  readdirSync(join(dir, 'bybit'))
    .sort()
    .map((name) => join(dir, 'bybit', name));

const anyInstant = fc.record({
  market: fc.maxSafeInteger(),
  network: fc.double({ noNaN: true, noDefaultInfinity: true, min: 0 }),
});
const anyTrade = fc.record({
  tradeId: fc.string(),
  seq: fc.nat(),
  ts: fc.nat(),
  price: fc.double({ min: 1e-12, max: 1e12, noNaN: true }),
  size: fc.double({ min: 1e-12, max: 1e12, noNaN: true }),
  side: fc.constantFrom('BUY' as const, 'SELL' as const),
});
const anyMessage = fc.record({
  data: fc.uint8Array(),
  attributes: fc.dictionary(fc.string(), fc.string()),
  orderingKey: fc.string(),
});
const text = fc.string({ unit: 'binary' });
const anyInput: fc.Arbitrary<FeedInput> = fc.oneof(
  fc.record(
    {
      kind: fc.constant('symbols' as const),
      symbols: fc.array(text),
      halted: fc.array(text),
      since: fc.dictionary(text, fc.nat()),
    },
    { requiredKeys: ['kind', 'symbols'] },
  ),
  fc.record({ kind: fc.constant('opened' as const), connection: fc.nat() }),
  fc.record({ kind: fc.constant('frame' as const), connection: fc.nat(), frame: text }),
  fc.record({ kind: fc.constant('closed' as const), connection: fc.nat(), reason: text }),
  fc.record({ kind: fc.constant('paused' as const), isPaused: fc.boolean() }),
  fc.record({ kind: fc.constant('fetched' as const), fetchId: fc.nat(), trades: fc.array(anyTrade) }),
  fc.record({ kind: fc.constant('unfetched' as const), fetchId: fc.nat(), reason: text }),
  fc.record({
    kind: fc.constant('dropped' as const),
    topic: fc.constant<TopicName>('book-snapshots'),
    messages: fc.array(anyMessage),
  }),
  fc.record({ kind: fc.constant('tick' as const) }),
  fc.record({ kind: fc.constant('stop' as const) }),
);

describe('a line of a journal', () => {
  it('gives back every input as it was', () => {
    fc.assert(
      fc.property(anyInput, anyInstant, (input, at) => {
        const read = decodeEntry(encodeEntry(input, at));
        expect(read).toEqual({ input, at });
      }),
      { seed: 1, numRuns: 500 },
    );
  });

  it.each(['', '{', '[]', '{"market":1}', '{"market":1,"network":2,"kind":"frame","connection":0}'])(
    'is refused by name where it is %j',
    (line) => {
      expect(() => decodeEntry(line)).toThrow(/Expected a line of a journal/);
    },
  );
});

describe('a journal', () => {
  it('holds all that was told, with what the feed was made of', async () => {
    const on = await bench();
    on.tell({ kind: 'symbols', symbols: ['BTCUSDT'], halted: [] }, frame('{"a":1}'));
    await on.clock.advanceTo(START + 500);
    on.tell(frame('not JSON \u2028\ud800'));
    await on.recorder.close();
    const { journal, entries, damagedBytes } = await read(on.dir);
    expect(journal.venue).toBe('bybit');
    expect(journal.runs).toHaveLength(1);
    expect(journal.runs[0]!.isWhole).toBe(true);
    expect(journal.runs[0]!.header).toMatchObject({
      code: '1.2.3',
      adapter: { wsUrl: ADAPTER.wsUrl, restUrl: ADAPTER.restUrl },
      feed: { startedAt: { market: START, network: 0 }, batchMs: 100, copies: 2, seed: 7 },
    });
    expect(entries.map(({ input }) => input)).toEqual([
      { kind: 'symbols', symbols: ['BTCUSDT'], halted: [] },
      frame('{"a":1}'),
      frame('not JSON \u2028\ud800'),
    ]);
    expect(entries.map(({ at }) => at.market)).toEqual([START, START, START + 500]);
    expect(damagedBytes).toBe(0);
  });

  it('is on disk within seconds, for any tool that knows zstd', async () => {
    const on = await bench();
    on.tell(frame('one'));
    await on.settle();
    on.tell(frame('two'));
    await on.settle();
    const [path] = segments(on.dir);
    const [entries, zstdcat] = [
      (await read(on.dir)).entries,
      spawnSync('zstdcat', [path!], { encoding: 'utf8' }),
    ];
    await on.recorder.close();
    expect(entries.map(({ input }) => input)).toEqual([frame('one'), frame('two')]);
    if (zstdcat.error) return;
    const lines = zstdcat.stdout.trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line).frame)).toEqual([undefined, 'one', 'two']);
  });

  it('is whole up to where a write was cut off', async () => {
    const on = await bench();
    for (const text of ['one', 'two', 'three']) {
      on.tell(frame(text));
      await on.settle();
    }
    await on.recorder.close();
    const [path] = segments(on.dir);
    const whole = readFileSync(path!);
    const ends: number[] = [];
    for (let length = whole.length; length >= 0; length -= 3) {
      writeFileSync(path!, whole.subarray(0, length));
      const found = await read(on.dir).catch(() => null);
      ends.push(found?.entries.length ?? -1);
      if (found) expect(found.damagedBytes).toBeLessThanOrEqual(length);
    }
    expect([...new Set(ends)]).toEqual([3, 2, 1, -1]);
  });

  it('passes over damage in its middle, and tells it', async () => {
    const on = await bench();
    for (const text of ['one', 'two', 'three']) {
      on.tell(frame(text));
      await on.settle();
    }
    await on.recorder.close();
    const [path] = segments(on.dir);
    const bytes = readFileSync(path!);
    const second = bytes.indexOf('CSTJ', bytes.indexOf('CSTJ') + 4);
    bytes[second + 20]! ^= 255;
    writeFileSync(path!, bytes);
    const { entries, damagedBytes } = await read(on.dir);
    expect(entries.map(({ input }) => input)).toEqual([frame('one'), frame('three')]);
    expect(damagedBytes).toBeGreaterThan(20);
  });

  it('begins a new segment on the hour and where one is long, each with what is so by then', async () => {
    const on = await bench();
    on.tell({ kind: 'symbols', symbols: ['A', 'B'], halted: ['B'] }, { kind: 'opened', connection: 3 });
    await on.settle();
    await on.clock.advanceTo(START + 3_600_000);
    on.tell(frame('in the next hour'));
    await on.settle();
    await on.recorder.close();
    const paths = segments(on.dir);
    expect(paths.map((path) => path.slice(-42))).toEqual([
      'bybit/20260301T120000.000Z-000001.ndjson.zst'.slice(-42),
      'bybit/20260301T120000.000Z-000002.ndjson.zst'.slice(-42),
    ]);
    const { journal, entries } = await read(on.dir);
    expect([journal.runs.length, entries.length]).toEqual([1, 3]);
    writeFileSync(join(on.dir, 'bybit', 'other.txt'), '');
    const first = paths[0]!;
    truncateSync(first, 0);
    const part = await read(on.dir);
    expect(part.journal.runs).toMatchObject([
      { isWhole: false, header: { segment: 2, symbols: ['A', 'B'], halted: ['B'], open: [3] } },
    ]);
  });

  it('keeps no more than it was told to', async () => {
    const on = await bench({ segmentBytes: 1, retention: { maxBytes: 2_000 } });
    for (let i = 0; i < 20; i++) {
      on.tell(frame(`frame ${i}`));
      await on.settle();
    }
    await on.recorder.close();
    const sizes = segments(on.dir).map((path) => statSync(path).size);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(2_000 + sizes.at(-1)!);
    expect(sizes.length).toBeGreaterThan(2);
    const { entries } = await read(on.dir);
    expect(entries.at(-1)!.input).toEqual(frame('frame 19'));
  });

  it('keeps the lives of several relays apart', async () => {
    const dir = newFolder();
    const first = await bench({ dir });
    first.tell(frame('first'));
    await first.recorder.close();
    const recorder = await openRecorder({
      dir,
      adapter: ADAPTER,
      code: '2',
      clock: first.clock,
      onFailed: () => {},
    });
    recorder.began({ startedAt: { market: START + 1, network: 1 } });
    recorder.told(frame('second'), { market: START + 1, network: 1 });
    await recorder.close();
    const { journal, entries } = await read(dir);
    expect(journal.runs.map(({ header }) => header.code)).toEqual(['1.2.3', '2']);
    expect(entries.map(({ input }) => input)).toEqual([frame('first'), frame('second')]);
  });

  it('ends with a loud word where the disk is full; what was written stays', async () => {
    const disk = fullDisk();
    const on = await bench({ openFile: disk.openFile });
    on.tell(frame('written'));
    await on.settle();
    disk.leaveBytes(10);
    on.tell(frame('not written'));
    await on.clock.advanceTo(on.clock.now() + 2_000);
    while (on.failures.length === 0) await new Promise(setImmediate);
    on.tell(frame('nor this'));
    expect(on.recorder.stats()).toMatchObject({ isRecording: false, waitingBytes: 0 });
    expect(on.failures.map(({ message }) => message)).toEqual([
      expect.stringMatching(/ENOSPC.*Free some space/),
    ]);
    await on.recorder.close();
    const { entries } = await read(on.dir);
    expect(entries.map(({ input }) => input)).toEqual([frame('written')]);
  });

  it('ends with a loud word where its file is removed', async () => {
    const on = await bench();
    on.tell(frame('written'));
    await on.settle();
    rmSync(on.dir, { recursive: true });
    on.tell(frame('nowhere'));
    await on.clock.advanceTo(on.clock.now() + 2_000);
    while (on.failures.length === 0) await new Promise(setImmediate);
    expect(on.failures[0]!.message).toMatch(/\.zst, got ENOENT/);
    await on.recorder.close();
  });

  it('ends where the disk does not keep up, instead of filling the memory', async () => {
    const on = await bench({ maxBytes: 1_000 });
    on.tell(frame('x'.repeat(600)), frame('y'.repeat(600)));
    expect(on.failures).toHaveLength(1);
    expect(on.recorder.stats().problem).toContain('keep up');
    await on.recorder.close();
  });

  it('says what is wrong with a folder that has none', async () => {
    const dir = newFolder();
    await expect(openJournal(dir)).rejects.toThrow(/Expected a journal in .*, got none/);
    await expect(openJournal(join(dir, 'nowhere'))).rejects.toThrow(/ENOENT/);
  });
});
