import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DeskConfig } from '../../schemas/desk-params.ts';
import { DEFAULT_PARAMS } from '../../schemas/params.ts';
import { HOUR_MS } from '../../schemas/primitives.ts';
import { walkWindows } from '../../transforms/performance/walk-forward.ts';
import { simulatedFiles, simulatedOptions } from '../backtest/simulated-files.fixture.ts';
import { axesOf, gridOf, rulesWith } from './grid.ts';
import { playTape } from './play.ts';
import { runWalkForward, type WalkForwardFlags } from './run-walk-forward.ts';
import type { Search } from './search.ts';
import { recordTape } from './tape.ts';
import { walkForward } from './walk-forward.ts';
import { walkForwardText } from './walk-forward-text.ts';

const START = Date.UTC(2026, 2, 1);
const [FROM, TO] = [START + 13 * HOUR_MS, START + 18 * HOUR_MS];
const BASE = { params: DEFAULT_PARAMS, desk: DeskConfig.parse({}) };
const files = await simulatedFiles(['BTCUSDT', 'SOLUSDT'], START, TO);
const options = simulatedOptions(files, { fromMs: FROM, toMs: TO });
const candidates = gridOf(axesOf(['signals.srExhaustion.minChecks=1,2,3'], BASE));
const windows = walkWindows({
  fromMs: FROM,
  toMs: TO,
  trainMs: 3 * HOUR_MS,
  testMs: HOUR_MS,
  isAnchored: false,
});
/** One ledger: what a test has tried, the next need not. */
const out = mkdtempSync(join(tmpdir(), 'walk-'));
const searchWith = (minTrades: number): Search => ({
  options,
  candidates,
  objective: 'net',
  minTrades,
  workers: 1,
  out,
  dataHash: 'data',
  ledgerPath: join(out, 'trials.sqlite'),
});

describe('a walk forward', () => {
  it('tests what was the best in training on what comes after it, and adds the tests up', async () => {
    const report = await walkForward(searchWith(1), windows);
    const tape = await recordTape(options);
    const netOf = (values: object, span: { fromMs: number; toMs: number }, settles: boolean) =>
      playTape(tape, { ...rulesWith(BASE, values as never), ...span, settles }).reduce(
        (sum, { net }) => sum + net,
        0,
      );
    expect(report.windows).toHaveLength(2);
    for (const { train, test, values, inSample, outOfSample } of report.windows) {
      const nets = candidates.map((candidate) => netOf(candidate, train, false));
      expect(values).toEqual(candidates[nets.indexOf(Math.max(...nets))]);
      expect(inSample!.net).toBeCloseTo(Math.max(...nets), 9);
      expect(outOfSample!.net).toBeCloseTo(netOf(values!, test, true), 9);
    }
    const { outOfSample: all, counted } = report;
    expect(all.net).toBeCloseTo(
      report.windows.reduce((sum, { outOfSample }) => sum + outOfSample!.net, 0),
      9,
    );
    expect(all.equity.at(-1)!.equity).toBeCloseTo(10_000 + all.net, 6);
    expect(all.trades).toBeGreaterThan(1);
    // Each candidate in each window, and each test.
    expect(counted).toBe(2 * candidates.length + 2);
    expect(walkForwardText(report, 'out', 1_000)).toMatch(/walked {4}2 windows, 3 candidates each, by net/);
  });

  it('chooses nothing of too few trades, and says so', async () => {
    const report = await walkForward(searchWith(10_000), windows);
    expect(report.windows.map(({ values, efficiency }) => [values, efficiency])).toEqual([
      [null, null],
      [null, null],
    ]);
    expect(report.outOfSample).toMatchObject({
      trades: 0,
      efficiency: null,
      sharpe: null,
      expectancyInterval: null,
    });
    expect(walkForwardText(report, 'out', 1_000)).toMatch(/nothing chosen: too few trades[\s\S]*N\/A/);
  });
});

describe('cst walk-forward', () => {
  const flags = {
    train: '20d',
    test: '5d',
    seed: 1,
    objective: 'net',
    minTrades: 1,
    out: 'out',
  } satisfies WalkForwardFlags;
  const words = [`BTCUSDT=${files[0]!.path}`];
  const grid = ['desk.rules.dailyCap=1,2'];

  it.each([
    ['a length without its unit', { train: '20' }, /--train as days/],
    ['no grid', {}, /--grid PATH=VALUES/],
    ['no end', { grid, timerange: '20260301-' }, /--timerange with a beginning and an end/],
    ['a range too short', { grid, timerange: '20260301-20260302' }, /25\.0 days, got 1\.0/],
  ] as const)('refuses %s by name', async (_, change, message) => {
    await expect(runWalkForward(words, { ...flags, ...change })).rejects.toThrow(message);
  });
});
