import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DeskConfig } from '../../schemas/desk-params.ts';
import { DEFAULT_PARAMS } from '../../schemas/params.ts';
import { HOUR_MS } from '../../schemas/primitives.ts';
import { backtest } from '../backtest/backtest.ts';
import { simulatedFiles, simulatedOptions } from '../backtest/simulated-files.fixture.ts';
import { axesOf, drawsOf, gridOf, rulesWith, wordsOf } from './grid.ts';
import { TrialLedger } from './ledger.ts';
import { type Search, tune } from './search.ts';
import { tuneText } from './text.ts';

const CST = resolve(import.meta.dirname, '../cst.js');
const BASE = { params: DEFAULT_PARAMS, desk: DeskConfig.parse({}) };
const START = Date.UTC(2026, 2, 1);
const newFolder = () => mkdtempSync(join(tmpdir(), 'tune-'));

describe('a grid', () => {
  it('is every combination, the last path turning fastest', () => {
    const axes = axesOf(['signals.srExhaustion.minChecks=2,3', 'desk.paper.entry=limit,marketable'], BASE);
    expect(gridOf(axes)).toEqual([
      { 'signals.srExhaustion.minChecks': 2, 'desk.paper.entry': 'limit' },
      { 'signals.srExhaustion.minChecks': 2, 'desk.paper.entry': 'marketable' },
      { 'signals.srExhaustion.minChecks': 3, 'desk.paper.entry': 'limit' },
      { 'signals.srExhaustion.minChecks': 3, 'desk.paper.entry': 'marketable' },
    ]);
  });

  it('may come from a file', () => {
    const words = wordsOf(
      { 'signals.risk.takeProfit': [0.004, 0.006], 'desk.rules.dailyCap': 9 },
      'grid.json',
    );
    expect(words).toEqual(['signals.risk.takeProfit=0.004,0.006', 'desk.rules.dailyCap=9']);
    expect(() => wordsOf([1], 'grid.json')).toThrow(/grid\.json/);
  });

  it('sets what its paths name and nothing else', () => {
    const { params, desk } = rulesWith(BASE, {
      'signals.srExhaustion.minChecks': 4,
      'desk.risk.margin': 0.02,
    });
    expect(params).toEqual({
      ...DEFAULT_PARAMS,
      srExhaustion: { ...DEFAULT_PARAMS.srExhaustion, minChecks: 4 },
    });
    expect(desk).toEqual(DeskConfig.parse({ books: [{ risk: { margin: 0.02 } }] }));
  });

  it.each([
    ['signals.srExhaustion.minCheks=2', /Did you mean "signals\.srExhaustion\.minChecks"\?/],
    ['srExhaustion.minChecks=2', /Did you mean "signals\.srExhaustion\.minChecks"\?/],
    ['strategies.srExhaustion.minChecks=2', /Did you mean "signals\.srExhaustion\.minChecks"\?/],
    ['cooldownMs=2', /Did you mean "desk\.rules\.cooldownMs"\?/],
    ['foo.bar.xyz=2', /begin with "signals\."/],
    ['signals.srExhaustion.minChecks=9', /fits signals\.srExhaustion\.minChecks, got 9/],
    ['desk.rules.onSwing=never', /fits desk\.rules\.onSwing, got "never"/],
    ['signals.srExhaustion.minChecks', /got "signals/],
  ])('refuses %s', (word, message) => {
    expect(() => axesOf([word], BASE)).toThrow(message);
  });

  it('refuses a path twice, a range without draws, and none', () => {
    const word = 'signals.srExhaustion.minChecks=1..3';
    expect(() => axesOf([word, word], BASE)).toThrow(/twice/);
    expect(() => gridOf(axesOf([word], BASE))).toThrow(/--random/);
    expect(() => axesOf([], BASE)).toThrow(/--grid PATH=VALUES/);
  });
});

describe('draws', () => {
  const axes = axesOf(['signals.risk.takeProfit=0.004..0.01', 'signals.srExhaustion.minChecks=1..4'], BASE);

  it('are within their ranges, whole between whole numbers, the same for a seed', () => {
    const draws = drawsOf(axes, 50, 7);
    for (const values of draws) {
      expect(values['signals.risk.takeProfit']).toBeGreaterThanOrEqual(0.004);
      expect(values['signals.risk.takeProfit']).toBeLessThan(0.01);
      expect([1, 2, 3, 4]).toContain(values['signals.srExhaustion.minChecks']);
    }
    expect(drawsOf(axes, 50, 7)).toEqual(draws);
    expect(drawsOf(axes, 20, 7)).toEqual(draws.slice(0, 20));
    expect(drawsOf(axes, 50, 8)).not.toEqual(draws);
  });

  it('are no copies of each other', () => {
    expect(drawsOf(axesOf(['signals.srExhaustion.minChecks=1..4'], BASE), 100, 1)).toHaveLength(4);
  });
});

describe('a search', async () => {
  const files = await simulatedFiles(['BTCUSDT'], START, START + 15 * HOUR_MS);
  const options = simulatedOptions(files, { fromMs: START + 13 * HOUR_MS, toMs: undefined });
  const searchIn = (out: string, words: readonly string[], workers: number): Search => ({
    options,
    candidates: gridOf(axesOf(words, BASE)),
    objective: 'net',
    minTrades: 1,
    workers,
    out,
    ledgerPath: join(out, 'trials.sqlite'),
    dataHash: 'data',
  });
  const GRID = ['signals.srExhaustion.minChecks=1,2', 'signals.champion.divergenceBars=10,14'];

  it('is the same with any number of threads, and each trial that of a backtest', async () => {
    const one = await tune(searchIn(newFolder(), GRID, 1));
    expect(await tune(searchIn(newFolder(), GRID, 3))).toEqual(one);
    expect(one.trials).toHaveLength(4);
    const scores = one.trials.map(({ score }) => score!);
    expect(scores).toEqual(scores.toSorted((a, b) => b - a));
    const [best] = one.trials;
    const report = await backtest({ ...options, ...rulesWith(BASE, best!.values), out: newFolder() });
    const { deflatedSharpe: _, ...performance } = report.books.default!.performance;
    expect(best!.performance).toEqual(performance);
    expect(one.judgement).toMatchObject({ trials: 4, counted: 4, deflatedSharpe: null, isSignificant: null });
    expect(tuneText(one, 'out', 1_000)).toMatch(
      /counted {3}4 trials[\s\S]*deflated Sharpe N\/A[\s\S]*verdict {3}the best is N\/A/,
    );
  });

  it('counts every trial on the data, over all invocations, and runs none twice', async () => {
    const out = newFolder();
    await tune(searchIn(out, ['desk.rules.dailyCap=1,2'], 1));
    const progress: number[] = [];
    const again = await tune(searchIn(out, ['desk.rules.dailyCap=1,2,3'], 1), (share) =>
      progress.push(share),
    );
    expect(again.judgement).toMatchObject({ trials: 3, counted: 3 });
    // Two of three were in the ledger.
    expect(progress).toEqual([2 / 3, 1]);
    const other = new TrialLedger(join(out, 'trials.sqlite'), 'other data');
    expect(other.counted().count).toBe(0);
    other.close();
  });
});

describe('the ledger', () => {
  it('has what was added before its process was killed', () => {
    const path = join(newFolder(), 'trials.sqlite');
    const script = `
      import { TrialLedger } from ${JSON.stringify(resolve(import.meta.dirname, 'ledger.ts'))};
      const ledger = new TrialLedger(${JSON.stringify(path)}, 'data');
      for (const key of ['a', 'b', 'a']) ledger.add({ key, values: {}, outcome: { returns: [0.5] } }, 0.1);
      process.kill(process.pid, 'SIGKILL');`;
    const { signal } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      encoding: 'utf8',
    });
    expect(signal).toBe('SIGKILL');
    const ledger = new TrialLedger(path, 'data');
    expect(ledger.counted()).toEqual({ count: 2, sharpes: [0.1, 0.1] });
    expect(ledger.outcomeOf('b')).toEqual({ returns: [0.5] });
    expect(ledger.outcomeOf('c')).toBeUndefined();
    ledger.close();
  });
});

describe('cst tune', () => {
  it('writes and prints the trials, and teaches', () => {
    const bars = join(newFolder(), 'bars.csv');
    const rows = Array.from({ length: 20 }, (_, i) => `${START + i * 60_000},100,101,99,100,5`);
    writeFileSync(bars, `open_time_ms,open,high,low,close,volume\n${rows.join('\n')}\n`);
    const out = newFolder();
    const cst = (...words: string[]) =>
      spawnSync(process.execPath, [CST, 'tune', `BTCUSDT=${bars}`, '--out', out, ...words], {
        encoding: 'utf8',
      });
    const run = cst('--grid', 'desk.rules.dailyCap=1,2', '--json', '--workers', '1');
    expect([run.status, run.stderr]).toEqual([0, '']);
    const { elapsedMs: _, out: written, ...report } = JSON.parse(run.stdout);
    expect(written).toBe(out);
    expect(JSON.parse(readFileSync(join(out, 'tune.json'), 'utf8'))).toEqual(report);
    expect(report.version).toMatch(/^\d+\.\d+\.\d+\+[0-9a-f]{16}$/);
    expect(report).toMatchObject({ judgement: { counted: 2 }, trials: [{ score: null }, { score: null }] });
    expect(cst('--help').stdout).toMatch(/deflated Sharpe[\s\S]*Examples:/);
  });
});
