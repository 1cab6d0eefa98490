import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../connectors/clock/system.ts';
import { openCandleFile } from '../../connectors/files/candles.ts';
import type { CandleRow } from '../../connectors/files/rows.ts';
import { DEFAULT_PARAMS, SignalParams } from '../../schemas/params.ts';
import { INTERVAL_MS, type Interval } from '../../schemas/primitives.ts';
import { needRealData } from '../../test/real-data.ts';
import { readHistory } from './history.ts';
import { REPLAY_TOPICS } from './output.ts';
import { type ReplayOptions, replay } from './replay.ts';

const M0 = Date.UTC(2024, 0, 1);
const MINUTE = 60_000;
const folder = () => mkdtempSync(join(tmpdir(), 'replay-'));

interface Line {
  readonly id: string;
  readonly interval: Interval;
  readonly openTime: string;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
  readonly buyVolume: number | null;
  readonly trades: number;
  readonly coverage: number;
  readonly filled: boolean;
  readonly complete: boolean;
  readonly revision: number;
  readonly asOf: string;
  readonly timestamp: string;
}

function linesOf(out: string, topic: (typeof REPLAY_TOPICS)[number] = 'market-candles'): Line[] {
  const text = readFileSync(join(out, `${topic}.ndjson`), 'utf8');
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Line);
}

function minutesOf(out: string): Line[] {
  return linesOf(out).filter((line) => line.interval === '1m');
}

function csv(rows: readonly string[], header = 'ts_ms,price,size,trade_id'): string {
  const path = join(folder(), 'rows.csv');
  writeFileSync(path, `${[header, ...rows].join('\n')}\n`);
  return path;
}

function run(path: string, options: Partial<ReplayOptions> = {}) {
  const out = folder();
  const fixed = { venue: 'bybit' as const, params: DEFAULT_PARAMS, clock: systemClock, history: [] };
  const range = { interval: undefined, fromMs: undefined, toMs: undefined };
  const files = [{ symbol: 'BTCUSDT', path }];
  return replay({ ...fixed, ...range, files, out, ...options }).then((summary) => ({ summary, out }));
}

const bytesOf = (out: string) =>
  REPLAY_TOPICS.map((topic) => readFileSync(join(out, `${topic}.ndjson`), 'utf8'));

/** Trades in 00:00 and 00:01; one stamped 00:00:59.500 at 50 comes during 00:01, one comes twice; then silence. */
function referenceRows(lateAfterMs: number): string[] {
  return [
    `${M0 + 1_000},100,1,1`,
    `${M0 + 30_000},101,1,2`,
    `${M0 + MINUTE + lateAfterMs},102,1,3`,
    `${M0 + 59_500},50,1,4`,
    `${M0 + MINUTE + lateAfterMs},102,1,3`,
    `${M0 + MINUTE + 40_000},103,1,5`,
    `${M0 + 4 * MINUTE + 5_000},104,1,6`,
  ];
}

/** Number, low, volume, trades, filled, coverage of each line. */
const told = (lines: readonly Line[]) =>
  lines.map((c) => [c.openTime.slice(11, 16), c.low, c.volume, c.trades, c.filled, c.coverage]);

describe('replay of the reference vector', () => {
  const rest = [
    ['00:01', 102, 2, 2, false, 1],
    ['00:02', 103, 0, 0, true, 1],
    ['00:03', 103, 0, 0, true, 1],
    ['00:04', 104, 1, 1, false, 5 / 60],
  ];

  it('makes one bar each where the straggler is within the allowed disorder', async () => {
    const { summary, out } = await run(csv(referenceRows(1_000)));
    expect(told(minutesOf(out))).toEqual([
      ['00:00', 50, 3, 3, false, 1],
      ...rest.map((line) => line.map((v) => (v === 5 / 60 ? expect.closeTo(5 / 60, 9) : v))),
    ]);
    expect(summary).toMatchObject({ trades: 7, duplicates: 1, late: 0, droppedLate: 0, deadLetters: 0 });
    expect(summary.candles['1m']).toBe(5);
  });

  it('publishes a revision where the straggler comes after its bar has closed', async () => {
    const { summary, out } = await run(csv(referenceRows(10_000)));
    const first = minutesOf(out).filter((line) => line.openTime.slice(11, 16) === '00:00');
    expect(first.map((c) => [c.low, c.volume, c.revision])).toEqual([
      [100, 2, 1_000_062],
      [50, 3, 1_000_063],
    ]);
    expect(summary).toMatchObject({ trades: 7, duplicates: 1, late: 1, droppedLate: 0 });
  });

  it('drops and counts it where it comes after the allowed lateness', async () => {
    const params = SignalParams.parse({ market: { allowedLatenessMs: 0 } });
    const { summary, out } = await run(csv(referenceRows(10_000)), { params });
    expect(told(minutesOf(out).slice(0, 1))).toEqual([['00:00', 100, 2, 2, false, 1]]);
    expect(summary).toMatchObject({ trades: 7, duplicates: 1, late: 1, droppedLate: 1 });
  });

  it('knows no buy volume where the file tells no side', async () => {
    expect((await run(csv(referenceRows(1_000)))).summary.trades).toBe(7);
    const { out } = await run(csv([`${M0},1,2`, `${M0 + 5},1,3`], 'ts_ms,price,size'));
    expect(minutesOf(out).map((c) => [c.volume, c.buyVolume, c.trades])).toEqual([[5, null, 2]]);
    const sided = await run(csv([`${M0},1,2,BUY`, `${M0 + 5},1,3,SELL`], 'ts_ms,price,size,side'));
    expect(minutesOf(sided.out).map((c) => [c.volume, c.buyVolume])).toEqual([[5, 2]]);
    const partly = await run(csv([`${M0},1,2,`, `${M0 + 5},1,3,SELL`], 'ts_ms,price,size,side'));
    expect(minutesOf(partly.out).map((c) => [c.volume, c.buyVolume])).toEqual([[5, null]]);
  });
});

describe('replay', () => {
  it('gives the same bytes for every order within the allowed disorder, and in every run', async () => {
    const trade = fc.record({
      at: fc.integer({ min: 0, max: 12 * MINUTE }),
      price: fc.integer({ min: 90, max: 110 }),
    });
    const shuffled = fc.array(fc.integer({ min: 0, max: 1_900 }), { minLength: 40, maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(fc.array(trade, { minLength: 5, maxLength: 40 }), shuffled, async (trades, delays) => {
        const rows = trades.map(({ at, price }, i) => ({ at, row: `${M0 + at},${price},1,${i}` }));
        const sorted = rows.toSorted((a, b) => a.at - b.at);
        const last = `${M0 + 15 * MINUTE},100,1,999`;
        const delayed = sorted
          .map((row, i) => ({ ...row, at: row.at + delays[i]! }))
          .toSorted((a, b) => a.at - b.at);
        const [one, two, other] = await Promise.all(
          [sorted, sorted, delayed].map((order) => run(csv([...order.map(({ row }) => row), last]))),
        );
        expect(bytesOf(two!.out)).toEqual(bytesOf(one!.out));
        expect(bytesOf(other!.out)).toEqual(bytesOf(one!.out));
        expect(other!.summary.outputSha256).toBe(one!.summary.outputSha256);
      }),
      { seed: 1, numRuns: 8 },
    );
  });

  it('loses nothing to duplicates and lateness of any kind', async () => {
    const trade = fc.tuple(fc.integer({ min: 0, max: 20 * MINUTE }), fc.integer({ min: 0, max: 15 }));
    await fc.assert(
      fc.asyncProperty(fc.array(trade, { minLength: 1, maxLength: 40 }), async (trades) => {
        // The same id has the same time wherever it comes.
        const times = new Map(trades.map(([at, id]) => [id, at]));
        const rows = trades.map(([, id]) => `${M0 + times.get(id)!},100,1,${id}`);
        const params = SignalParams.parse({ market: { allowedLatenessMs: 2 * MINUTE } });
        const { summary } = await run(csv(rows), { params });
        expect(summary.trades).toBe(rows.length);
      }),
      { seed: 1, numRuns: 25 },
    );
  });

  it('names each bad row in a dead letter, and reads on', async () => {
    const path = csv([`${M0},1,1,1`, `${M0 + 1},x,1,2`, 'nonsense', `${M0 + 2},1,1,3`]);
    const { summary, out } = await run(path);
    expect(summary).toMatchObject({ trades: 2, deadLetters: 2 });
    expect(linesOf(out, 'dead-letters')).toMatchObject([
      { stage: 'read:rows.csv', line: 4, source: 'rows.csv:4', eventTime: '2024-01-01T00:00:00.000Z' },
      { stage: 'read:rows.csv', line: 3, source: 'rows.csv:3', eventTime: '2024-01-01T00:00:00.001Z' },
    ]);
  });

  it('refuses a jump of years, which would close every bar', async () => {
    const rows = [M0, M0 + 1, M0 + 400 * 86_400_000, M0 + 2].map((ts, i) => `${ts},1,1,${i}`);
    await expect(run(csv(rows))).rejects.toThrow(/got a jump from 2024-01-01T00:00:00.001Z to 2025-02-04/);
    const { summary } = await run(csv(rows), { toMs: M0 + 60_000 });
    expect([summary.trades, summary.skipped]).toEqual([3, 1]);
  });

  it('makes the candles of a file exactly as its exchange did', async (context) => {
    const path = needRealData(context, 'trades/kraken-btcusdt-2023-11-17.parquet');
    const { summary, out } = await run(path, { venue: 'kraken', files: [{ symbol: 'BTC/USDT', path }] });
    expect(summary).toMatchObject({ trades: 26_921, duplicates: 0, late: 0, droppedLate: 0, deadLetters: 0 });
    const lines = linesOf(out);
    for (const interval of ['1m', '5m', '15m', '1h'] as const) {
      const file = needRealData(context, `trades/kraken-btcusdt-2023-11-17.candles-${interval}.parquet`);
      const ours = new Map(
        lines.filter((c) => c.interval === interval).map((c) => [Date.parse(c.openTime), c]),
      );
      const theirs: CandleRow[] = [];
      for await (const { rows } of await openCandleFile(file, interval)) theirs.push(...rows);
      for (const { openTime, open, high, low, close, volume } of theirs) {
        expect(ours.get(openTime)).toMatchObject({ open, high, low, close, filled: volume === 0 });
        expect(ours.get(openTime)?.volume).toBeCloseTo(volume, 8);
        ours.delete(openTime);
      }
      expect([...ours.values()].every((candle) => candle.filled)).toBe(true);
    }
  });

  it('replays bars, each of them once, and fills what is missing between them', async () => {
    const bar = (minute: number, close: number) => `${M0 + minute * MINUTE},100,110,90,${close},5`;
    const path = csv(
      [bar(0, 101), bar(1, 102), bar(30, 103), bar(31, 104)],
      'open_time_ms,open,high,low,close,volume',
    );
    const { summary, out } = await run(path, { interval: '1m' });
    expect(summary).toMatchObject({ trades: 0, bars: 4, late: 0 });
    const minutes = minutesOf(out);
    expect(minutes.map((c) => (Date.parse(c.openTime) - M0) / MINUTE)).toEqual(
      Array.from({ length: 32 }, (_, i) => i),
    );
    expect(minutes.filter((c) => !c.filled).map((c) => c.close)).toEqual([101, 102, 103, 104]);
    expect(new Set(minutes.slice(2, 30).map((c) => c.close))).toEqual(new Set([102]));
  });

  it('rolls longer bars up', async () => {
    const rows = Array.from(
      { length: 36 },
      (_, i) => `${M0 + i * INTERVAL_MS['5m']},100,${110 + i},90,101,5`,
    );
    const { summary, out } = await run(csv(rows, 'open_time_ms,open,high,low,close,volume'), {
      interval: '5m',
    });
    expect(summary.candles).toEqual({ '1m': 0, '5m': 36, '15m': 12, '1h': 3, '4h': 1 });
    expect(
      linesOf(out)
        .filter((c) => c.interval === '1h')
        .map((c) => [c.high, c.volume, c.complete]),
    ).toEqual([
      [121, 60, true],
      [133, 60, true],
      [145, 60, true],
    ]);
  });

  const finals = (out: string): Line[] => {
    const best = new Map<string, Line>();
    for (const line of linesOf(out)) {
      const key = `${line.interval} ${line.openTime}`;
      if (line.revision >= (best.get(key)?.revision ?? 0)) best.set(key, line);
    }
    return [...best.values()].sort((a, b) => (a.openTime < b.openTime ? -1 : 1));
  };

  it('begins with the earliest row that is not too late, wherever it stands', async () => {
    const T = 1_699_992_000_000;
    const rows = [`${T + 610_000},100,1,a`, `${T + 10_000},90,1,b`, `${T + 900_000},200,1,z`];
    const { summary, out } = await run(csv(rows));
    const sorted = await run(csv([rows[1]!, rows[0]!, rows[2]!]));
    expect(summary).toMatchObject({ late: 1, droppedLate: 0 });
    const minutes = finals(out).filter((line) => line.interval === '1m');
    expect(
      minutes.slice(0, 11).map((c) => [c.openTime.slice(14, 16), c.close, c.coverage, c.filled]),
    ).toEqual([
      ['00', 90, 1, false],
      ...Array.from({ length: 9 }, (_, i) => [`0${i + 1}`, 90, 1, true]),
      ['10', 100, 1, false],
    ]);
    expect(finals(out)).toEqual(finals(sorted.out));
  });

  it('ends with the candles of the ordered file where rows come within the lateness, the first ones too', async () => {
    const trade = fc.tuple(fc.nat(25 * MINUTE), fc.integer({ min: 90, max: 110 }), fc.nat(8 * MINUTE));
    await fc.assert(
      fc.asyncProperty(fc.array(trade, { minLength: 2, maxLength: 30 }), async (trades) => {
        const rows = trades.map(([at, price, delay], i) => ({
          at,
          arrival: at + delay,
          row: `${M0 + at},${price},1,${i}`,
        }));
        const last = `${M0 + 40 * MINUTE},100,1,999`;
        const [sorted, shuffled] = await Promise.all(
          [rows.toSorted((a, b) => a.at - b.at), rows.toSorted((a, b) => a.arrival - b.arrival)].map(
            (order) => run(csv([...order.map(({ row }) => row), last])),
          ),
        );
        expect(shuffled!.summary.droppedLate).toBe(0);
        expect(finals(shuffled!.out)).toEqual(finals(sorted!.out));
      }),
      { seed: 1, numRuns: 25 },
    );
  });

  it('makes of each symbol what it makes of it alone', async () => {
    const trade = fc.tuple(fc.nat(30 * MINUTE), fc.nat(3 * MINUTE), fc.integer({ min: 90, max: 110 }));
    const trades = fc.array(trade, { minLength: 1, maxLength: 25 });
    await fc.assert(
      fc.asyncProperty(trades, trades, fc.boolean(), async (first, second, hasEnd) => {
        const files = [first, second].map((rows, n) => {
          const arrived = rows.toSorted((a, b) => a[0] + a[1] - b[0] - b[1]);
          const path = csv(arrived.map(([at, , price], i) => `${M0 + at},${price},1,${i}`));
          return { symbol: n === 0 ? 'BTCUSDT' : 'ETHUSDT', path };
        });
        const options = hasEnd ? { toMs: M0 + 40 * MINUTE } : {};
        const [both, ...alone] = await Promise.all(
          [files, ...files.map((file) => [file])].map((some) => run('', { ...options, files: some })),
        );
        for (const topic of ['market-candles', 'market-levels', 'market-features'] as const) {
          const lines = (out: string) => linesOf(out, topic).map((line) => JSON.stringify(line));
          expect(lines(both!.out).sort()).toEqual(alone.flatMap(({ out }) => lines(out)).sort());
        }
      }),
      { seed: 1, numRuns: 25 },
    );
  });

  it('does not vouch for the second of a row it could not read', async () => {
    const row = (seconds: number, price = '100') => `${M0 + seconds * 1_000},${price},1,${seconds}`;
    const other = { symbol: 'ETHUSDT', path: csv(Array.from({ length: 40 }, (_, i) => row(i * 10))) };
    const rows = [row(0), row(70, 'x'), 'nonsense', row(125), row(130, 'x'), row(200), 'lost', row(300)];
    const file = { symbol: 'BTCUSDT', path: csv(rows) };
    for (const files of [[file], [file, other]]) {
      const { out } = await run('', { files });
      const lines = linesOf(out).filter((line) => JSON.stringify(line).includes('BTCUSDT'));
      const minutes = lines.filter((line) => line.interval === '1m');
      expect(minutes.map((c) => [Math.round(c.coverage * 60), c.complete]).slice(0, 5)).toEqual([
        [59, false],
        [59, false],
        [59, false],
        [59, false],
        [60, true],
      ]);
      expect(lines.find((line) => line.interval === '5m')?.complete).toBe(false);
    }
  });

  it('invents no bar where it could not read one', async () => {
    const bar = (minute: number, low = 90) => `${M0 + minute * MINUTE},100,110,${low},101,5`;
    const path = csv([bar(0), bar(1, 105), bar(4)], 'open_time_ms,open,high,low,close,volume');
    const { out } = await run(path, { interval: '1m' });
    expect(minutesOf(out).map((c) => c.openTime.slice(14, 16))).toEqual(['00', '02', '03', '04']);
    expect(linesOf(out).find((line) => line.interval === '5m')?.complete).toBe(false);
  });

  it('vouches for no bar of a symbol whose bars have ended', async () => {
    const header = 'open_time_ms,open,high,low,close,volume';
    const bars = (minutes: readonly number[]) =>
      csv(
        minutes.map((minute) => `${M0 + minute * MINUTE},100,110,90,101,5`),
        header,
      );
    const files = [
      { symbol: 'BTCUSDT', path: bars([0, 1, 3, 2]) },
      { symbol: 'ETHUSDT', path: bars([1, 2, 20, 40]) },
    ];
    const both = await run('', { files, interval: '1m' });
    const alone = await Promise.all(files.map((file) => run('', { files: [file], interval: '1m' })));
    const lines = (out: string) => linesOf(out).map((line) => JSON.stringify(line));
    expect(lines(both.out).sort()).toEqual(alone.flatMap(({ out }) => lines(out)).sort());
    // The bar that comes late was taken for a silent minute first.
    expect(both.summary.candles['1m']).toBe(4 + 1 + 40);
  });

  it('goes on from an earlier replay as if it had never stopped', async (context) => {
    const path = needRealData(context, 'trades/binance-ltcusdt-2025-06-21.parquet');
    const cut = Date.UTC(2025, 5, 22, 12);
    const files = { venue: 'binance' as const, files: [{ symbol: 'LTCUSDT', path }] };
    const whole = await run(path, files);
    const before = await run(path, { ...files, toMs: cut });
    const history = await readHistory(before.out, cut);
    const after = await run(path, { ...files, fromMs: cut, history });
    expect(before.summary.trades + after.summary.trades).toBe(whole.summary.trades);
    const later = (out: string) => minutesOf(out).filter((c) => Date.parse(c.openTime) >= cut);
    expect(later(after.out)).toEqual(later(whole.out));
    const signals = (out: string) =>
      linesOf(out, 'trade-signals-micro')
        .filter((s) => Date.parse(s.timestamp) > cut)
        .map((s) => s.id);
    expect(signals(after.out)).toEqual(signals(whole.out));
  });
});
