import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TradeRows } from '../../connectors/files/rows.ts';
import { decodePubsubMessage } from '../../schemas/pubsub-message.ts';
import { decodeTradeBatch, type TradeBatch } from '../../schemas/trade-batch.ts';
import type { SourceChunk, SourceReader } from '../runners/embedded/edges.ts';
import { TradeReplay, type TradeReplayOptions } from './trade-replay.ts';

const M0 = Date.UTC(2024, 0, 1, 12);
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const OPTIONS: TradeReplayOptions = { allowedDisorderMs: 2_000, allowedLatenessMs: 2 * MINUTE };

function rowsOf(times: readonly number[], first: number): TradeRows {
  const column = (of: (i: number) => number) => Float64Array.from(times, (_, i) => of(i));
  return {
    count: times.length,
    ts: column((i) => times[i]!),
    seq: column((i) => first + i),
    price: column((i) => 100 + first + i),
    size: column(() => 1),
    buy: null,
    ids: 'line',
    bad: [],
  };
}

/** Times as a stream of chunks of `size` rows; seq counts from 1. */
async function* stream(times: readonly number[], size: number): AsyncGenerator<TradeRows> {
  for (let at = 0; at < times.length; at += size) yield rowsOf(times.slice(at, at + size), at + 1);
}

function replayOf(files: readonly (readonly number[])[], options = OPTIONS, size = 3): TradeReplay {
  const inputs = files.map((times, i) => ({
    venue: 'bybit' as const,
    symbol: `S${i}`,
    rows: stream(times, size),
  }));
  return new TradeReplay(inputs, options);
}

async function drain(reader: SourceReader): Promise<SourceChunk[]> {
  const chunks: SourceChunk[] = [];
  for (let chunk = await reader.read(); chunk; chunk = await reader.read()) chunks.push(chunk);
  return chunks;
}

const batchesOf = (chunk: SourceChunk): TradeBatch[] =>
  chunk.messages.map(({ bytes }) => decodeTradeBatch(decodePubsubMessage(bytes).data));

const at = (ms: number): string =>
  Number.isFinite(ms) ? new Date(ms).toISOString().slice(11, 23) : String(ms);

/** Symbol, claim, times of the rows; the watermark after each chunk. */
function told(chunks: readonly SourceChunk[]): string[] {
  return chunks.flatMap((chunk) => [
    ...batchesOf(chunk).map(({ header, ts, count }) => {
      const claim = header.claim ? `[${at(header.claim.fromMs)} ${at(header.claim.toMs)})` : 'no claim';
      const rows = Array.from(ts.subarray(0, count), at).join(' ');
      return `${header.symbol} ${claim} last ${header.last?.seq ?? '-'}: ${rows}`.trimEnd();
    }),
    `watermark ${at(chunk.watermarkMs)}`,
  ]);
}

/** Every row judged by the watermark told before it, as the definition of lateness says. */
function judged(chunks: readonly SourceChunk[]): { rows: number; late: number; dropped: number } {
  let watermark = Number.NEGATIVE_INFINITY;
  const ends: (readonly [end: number, watermark: number])[] = [];
  for (const chunk of chunks) {
    for (const { ts, count } of batchesOf(chunk)) {
      for (const t of ts.subarray(0, count)) ends.push([Math.floor(t / MINUTE) * MINUTE + MINUTE, watermark]);
    }
    expect(chunk.watermarkMs).toBeGreaterThanOrEqual(watermark);
    watermark = chunk.watermarkMs;
  }
  const late = ends.filter(([end, told]) => end <= told).length;
  const dropped = ends.filter(([end, told]) => end + OPTIONS.allowedLatenessMs <= told).length;
  return { rows: ends.length, late, dropped };
}

describe('TradeReplay', () => {
  it('hands over all of a minute, vouched for, before the watermark closes it', async () => {
    const times = [30_200, 59_900, 61_500, 59_950, 62_100, 59_000].map((ms) => M0 + ms);
    const replay = replayOf([times]);
    expect(told(await drain(replay))).toEqual([
      'S0 [12:00:00.000 12:00:30.000) last -:',
      'watermark 12:00:28.200',
      'S0 [12:00:30.000 12:01:00.000) last 2: 12:00:30.200 12:00:59.900',
      'S0 [12:01:00.000 12:01:02.000) last 3: 12:01:01.500 12:00:59.950',
      'watermark 12:01:00.100',
      'S0 no claim last 5: 12:01:02.100 12:00:59.000',
      'watermark Infinity',
    ]);
    expect([replay.rows, replay.late, replay.dropped]).toEqual([6, 1, 0]);
  });

  it('counts a row as dropped once its bar has closed for the allowed lateness', async () => {
    const times = [0, 3 * MINUTE + 1_999, 59_999, 3 * MINUTE + 2_000, 59_999, MINUTE].map((ms) => M0 + ms);
    const replay = replayOf([times]);
    await drain(replay);
    expect([replay.late, replay.dropped]).toEqual([3, 1]);
  });

  it('vouches for every second once, up to the end of each file, and never for the future', async () => {
    const files = [
      [5_000, 70_000, 3 * HOUR, 3 * HOUR + 500].map((ms) => M0 + ms),
      [65_500, 66_000].map((ms) => M0 + ms),
    ];
    const chunks = await drain(replayOf(files));
    const claims = { S0: [] as [number, number][], S1: [] as [number, number][] };
    let newest = Number.NEGATIVE_INFINITY;
    for (const batch of chunks.flatMap(batchesOf)) {
      const { claim, symbol } = batch.header;
      if (claim) claims[symbol as 'S0' | 'S1'].push([claim.fromMs - M0, claim.toMs - M0]);
      for (let i = 0; i < batch.count; i++) newest = Math.max(newest, batch.ts[i]!);
    }
    for (const [symbol, start, end] of [
      ['S0', 0, 3 * HOUR],
      ['S1', MINUTE, 66_000],
    ] as const) {
      expect(claims[symbol][0]![0]).toBe(start);
      expect(claims[symbol].at(-1)![1]).toBe(end);
      for (const [i, claim] of claims[symbol].entries()) {
        if (i > 0) expect(claim[0]).toBe(claims[symbol][i - 1]![1]);
        expect(claim[1] - claim[0]).toBeLessThanOrEqual(HOUR);
      }
    }
    expect(newest).toBe(M0 + 3 * HOUR + 500);
  });

  it('passes days of silence hour by hour, each chunk small and the watermark with it', async () => {
    const chunks = await drain(replayOf([[M0, M0 + 10 * 24 * HOUR]]));
    expect(chunks.length).toBeGreaterThanOrEqual(240);
    expect(Math.max(...chunks.map((chunk) => chunk.messages.length))).toBeLessThanOrEqual(2);
    const marks = chunks.map((chunk) => chunk.watermarkMs);
    expect(marks).toEqual([...marks].sort((a, b) => a - b));
    const idle = chunks.flatMap(batchesOf).filter((batch) => batch.count === 0);
    expect(idle.every(({ header }) => header.claim!.toMs <= M0 + 10 * 24 * HOUR)).toBe(true);
    expect(new Set(idle.slice(1).map(({ header }) => header.last?.ts))).toEqual(new Set([M0]));
  });

  it('claims up to the end it was told, and from where rows were left out', async () => {
    const options = { ...OPTIONS, fromMs: M0 + 10_000, endMs: M0 + 90_000 };
    const claims = (await drain(replayOf([[M0 + 15_000, M0 + 20_000]], options)))
      .flatMap(batchesOf)
      .map(({ header }) => header.claim)
      .filter((claim) => claim !== null);
    expect(claims[0]!.fromMs).toBe(M0 + 10_000);
    expect(claims.at(-1)!.toMs).toBe(M0 + 90_000);
  });

  it('sends a batch of 4096 rows at once, and unlike scales apart', async () => {
    const many = replayOf(
      [Array.from({ length: 9_000 }, (_, i) => M0 + Math.floor(i / 1_000))],
      OPTIONS,
      5_000,
    );
    const counts = (await drain(many)).flatMap(batchesOf).map((batch) => batch.count);
    expect(counts).toEqual([4_096, 4_096, 808]);
    const rows = { ...rowsOf([M0, M0 + 1], 1), size: Float64Array.of(1e-12, 1e12), buy: Uint8Array.of(1, 0) };
    const inputs = [
      {
        venue: 'bybit' as const,
        symbol: 'S0',
        rows: (async function* () {
          yield rows;
        })(),
      },
    ];
    const batches = (await drain(new TradeReplay(inputs, OPTIONS))).flatMap(batchesOf);
    expect(batches.filter((b) => b.count > 0).map((b) => [b.count, b.size(0), b.isBuy(0)])).toEqual([
      [1, 1e-12, true],
      [1, 1e12, false],
    ]);
  });

  it('keeps ids in whatever form the files have them', async () => {
    const forms = ['seq', ['a', 'b'], 'seq'] as const;
    const inputs = [
      {
        venue: 'bybit' as const,
        symbol: 'S0',
        rows: (async function* () {
          for (const [i, ids] of forms.entries()) yield { ...rowsOf([M0 + i, M0 + i], 1 + 2 * i), ids };
        })(),
      },
    ];
    const [batch] = (await drain(new TradeReplay(inputs, OPTIONS)))
      .flatMap(batchesOf)
      .filter((b) => b.count > 0);
    expect([0, 1, 2, 3, 4, 5].map((i) => batch!.tradeId(i))).toEqual(['1', '2', 'a', 'b', '5', '6']);
  });

  it('stops after what it took when it is closed', async () => {
    const replay = replayOf([[M0, M0 + 1, M0 + 2]]);
    await replay.read();
    replay.close();
    const rest = await drain(replay);
    expect(rest.at(-1)?.watermarkMs).toBe(Number.POSITIVE_INFINITY);
    expect(await replay.read()).toBeUndefined();
  });

  it('says what is wrong with a file when it comes to it', async () => {
    const rows = (async function* () {
      yield rowsOf([M0], 1);
      throw new Error('torn');
    })();
    const replay = new TradeReplay([{ venue: 'bybit', symbol: 'S0', rows }], OPTIONS);
    await expect(drain(replay)).rejects.toThrow('torn');
  });

  it('gives the same chunks however the files are cut, every row once, and counts lateness as defined', async () => {
    const times = fc.array(fc.integer({ min: 0, max: 20 * MINUTE }), { minLength: 1, maxLength: 60 });
    const files = fc.array(times, { minLength: 1, maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(files, async (offsets) => {
        const inputs = offsets.map((file) => file.map((ms) => M0 + ms));
        const one = replayOf(inputs, OPTIONS, 1);
        const chunks = await drain(one);
        expect(told(await drain(replayOf(inputs, OPTIONS, 50)))).toEqual(told(chunks));
        const { rows, late, dropped } = judged(chunks);
        expect([one.rows, one.late, one.dropped]).toEqual([rows, late, dropped]);
        expect(rows).toBe(inputs.flat().length);
      }),
      { seed: 1, numRuns: 60 },
    );
  });
});
