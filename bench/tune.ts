/** `cst tune` over a month of real bars: 200 trials of strategies and desk, the graph run once. */
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { axesOf, gridOf } from '../cli/tune/grid.ts';
import { playTape } from '../cli/tune/play.ts';
import { tune } from '../cli/tune/search.ts';
import { recordTape, type TapeOptions } from '../cli/tune/tape.ts';
import { DEFAULT_ASSUMPTIONS } from '../schemas/backtest-assumptions.ts';
import { DeskConfig } from '../schemas/desk-params.ts';
import { DEFAULT_MACRO_PARAMS } from '../schemas/macro-params.ts';
import { DEFAULT_PARAMS } from '../schemas/params.ts';
import { realBars } from './backtest-rule.ts';
import { type Benchmark, type Row, Stopwatch } from './benchmark.ts';

const DESK = DeskConfig.parse({});
const GRID = [
  'signals.srExhaustion.minChecks=2,3',
  'signals.champion.volumeSpike=2,2.5,3,4,5',
  'signals.risk.takeProfit=0.004,0.005,0.007,0.01,0.015',
  'desk.rules.cooldownMs=0,900000',
  'desk.paper.entry=marketable,limit',
];

function optionsOf(bars: ReadonlyMap<string, string>): TapeOptions {
  const files = [...bars].map(([symbol, path]) => ({ symbol, path }));
  const all = { fromMs: undefined, toMs: undefined, fundings: new Map() };
  return {
    input: { kind: 'files', files, interval: '1m', ...all },
    venue: 'bybit',
    history: [],
    params: DEFAULT_PARAMS,
    desk: DESK,
    macro: DEFAULT_MACRO_PARAMS,
    assumptions: DEFAULT_ASSUMPTIONS,
    code: 'bench',
    data: [],
  };
}

function rowOf({ wall, spent }: Stopwatch, trials: number): Row {
  return {
    elapsed: `${wall.toFixed(1)} s`,
    'ms/trial': ((wall / trials) * 1e3).toFixed(0),
    cores: spent.cores.toFixed(2),
  };
}

async function search(): Promise<Row | null> {
  const bars = realBars();
  if (bars === null) return null;
  const out = mkdtempSync(join(tmpdir(), 'cst-bench-'));
  const candidates = gridOf(axesOf(GRID, { params: DEFAULT_PARAMS, desk: DESK }));
  const watch = new Stopwatch();
  try {
    watch.resume();
    await tune({
      options: optionsOf(bars),
      candidates,
      objective: 'sharpe',
      minTrades: 30,
      out,
      workers: availableParallelism(),
      ledgerPath: join(out, 'trials.sqlite'),
      dataHash: 'bench',
    });
    watch.pause();
    return rowOf(watch, candidates.length);
  } finally {
    rmSync(out, { recursive: true });
  }
}

async function tapeAlone(): Promise<Row | null> {
  const bars = realBars();
  if (bars === null) return null;
  const watch = new Stopwatch();
  watch.resume();
  await recordTape(optionsOf(bars));
  watch.pause();
  return rowOf(watch, 1);
}

async function oneTrial(): Promise<Row | null> {
  const bars = realBars();
  if (bars === null) return null;
  const tape = await recordTape(optionsOf(bars));
  const watch = new Stopwatch();
  watch.resume();
  playTape(tape, { params: DEFAULT_PARAMS, desk: DESK, fromMs: tape.fromMs, toMs: tape.toMs });
  watch.pause();
  return rowOf(watch, 1);
}

export const tuning: Benchmark = {
  name: 'tune',
  about:
    '30 days of real 1m bars of five symbols, 216,000 bars. “Graph and MACRO, onto a tape”: a whole backtest whose desk inputs are kept; it is run once. “One trial”: strategies and desk on it, one core. “200 trials”: `cst tune`, the tape, its file, all cores and the ledger included; each would else be a backtest of its own.',
  cases: [
    { name: 'graph and MACRO, onto a tape', run: tapeAlone },
    { name: 'one trial', run: oneTrial },
    { name: '200 trials', run: search },
  ],
};
