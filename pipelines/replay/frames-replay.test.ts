import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../connectors/clock/system.ts';
import { venueAdapter } from '../../connectors/exchanges/adapters.ts';
import type { Fault } from '../../connectors/exchanges/simulated/faults/faults.ts';
import { openJournal } from '../../connectors/journal/reader.ts';
import { type Recorded, record, START, SYMBOLS } from '../../connectors/journal/recorded.fixture.ts';
import { openRecorder } from '../../connectors/journal/recorder.ts';
import { DEFAULT_PARAMS } from '../../schemas/params.ts';
import { MINUTE_MS } from '../../schemas/primitives.ts';
import { replayFrames } from './frames-replay.ts';
import { REPLAY_TOPICS } from './output.ts';

const newFolder = () => mkdtempSync(join(tmpdir(), 'frames-'));
const closers: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function replay(dir: string) {
  const out = newFolder();
  const journal = await openJournal(dir);
  const shares: number[] = [];
  const summary = await replayFrames({
    journal,
    params: DEFAULT_PARAMS,
    history: [],
    out,
    clock: systemClock,
    onProgress: (share) => shares.push(share),
  });
  const files = REPLAY_TOPICS.map((topic) => readFileSync(join(out, `${topic}.ndjson`), 'utf8'));
  rmSync(out, { recursive: true });
  return { summary, files, shares };
}

interface Bar {
  readonly symbol: string;
  readonly interval: string;
  readonly openTime: string;
  readonly complete: boolean;
  readonly filled: boolean;
  readonly revision: number;
  readonly [field: string]: unknown;
}

/** The last revision of each complete minute against what really traded. */
function expectTruth({ twin }: Recorded, venue: 'bybit' | 'kraken', candles: string): number {
  const last = new Map<string, Bar>();
  for (const line of candles.split('\n').slice(0, -1)) {
    const bar = JSON.parse(line) as Bar;
    const key = `${bar.symbol} ${bar.openTime}`;
    if (bar.interval === '1m' && bar.revision >= (last.get(key)?.revision ?? 0)) last.set(key, bar);
  }
  const whole = [...last.values()].filter(({ complete }) => complete);
  for (const bar of whole) {
    const truth = twin.twins[venue].truth(bar.symbol, Date.parse(bar.openTime) / MINUTE_MS);
    const { open, high, low, close, volume, trades } = truth;
    expect(bar, `${bar.symbol} ${bar.openTime}`).toMatchObject({ open, high, low, close, volume, trades });
  }
  return whole.length;
}

/** Of the first so many; before its first trade a symbol may have no price, and no bar. */
function minutesWithPrice({ twin }: Recorded, venue: 'bybit' | 'kraken', minutes: number): number {
  const counts = SYMBOLS[venue].map((symbol) => {
    const own = Array.from({ length: minutes }, (_, i) =>
      twin.twins[venue].truth(symbol, START / MINUTE_MS + i),
    );
    return minutes - own.findIndex(({ trades }) => trades > 0);
  });
  return counts.reduce((sum, count) => sum + count, 0);
}

const FAULTS: readonly Omit<Fault, 'venue'>[] = [
  { kind: 'drop', afterMs: 90_000 },
  { kind: 'gap', afterMs: 150_000, stream: 'trades', amount: 5 },
  { kind: 'brokenBook', afterMs: 200_000, amount: 2 },
];

describe.each(['bybit', 'kraken'] as const)('frames of %s through feed and graph', (venue) => {
  it('give the candles that really were, and the same bytes in every run', async () => {
    const on = await record(venue, FAULTS, closers);
    await on.pass(5 * MINUTE_MS + 10_000);
    await on.relay.stop();
    await on.recorder.close();
    const first = await replay(on.dir);
    expect(first.summary).toMatchObject({
      runs: 1,
      partial: 0,
      fromMs: START,
      damagedBytes: 0,
      droppedLate: 0,
      trades: on.bus.of('raw-tick-data').length > 0 ? first.summary.tradesInCandles : Number.NaN,
    });
    expect(first.summary.feedEvents.DISCONNECTED).toBeGreaterThan(0);
    expect(first.shares.at(-1)).toBeCloseTo(1, 6);
    expect(expectTruth(on, venue, first.files[0]!)).toBeGreaterThanOrEqual(minutesWithPrice(on, venue, 5));
    const second = await replay(on.dir);
    expect(second.files).toEqual(first.files);
    expect(second.summary.outputSha256).toBe(first.summary.outputSha256);
  });
});

describe('a frame that cannot be read', () => {
  it('is one dead letter, of the first time, however often it came', async () => {
    const dir = newFolder();
    const recorder = await openRecorder({
      dir,
      retention: {},
      code: 'test',
      clock: systemClock,
      adapter: venueAdapter('bybit'),
      onFailed: (error) => {
        throw error;
      },
    });
    const at = (ms: number) => ({ market: START + ms, network: ms });
    recorder.began({ batchMs: 100, copies: 1, seed: 1, startedAt: at(0) });
    recorder.told({ kind: 'symbols', symbols: ['BTCUSDT'] }, at(1));
    recorder.told({ kind: 'opened', connection: 0 }, at(2));
    for (const ms of [10, 20]) recorder.told({ kind: 'frame', connection: 0, frame: 'busy' }, at(ms));
    await recorder.close();
    const { files, summary } = await replay(dir);
    expect(summary.deadLetters).toBe(1);
    expect(JSON.parse(files.at(-1)!)).toMatchObject({ eventTime: new Date(START + 10).toISOString() });
  });
});
