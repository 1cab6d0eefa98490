/** A walk forward: parameters are chosen on each window, and tested on what comes after it. */

import { Random } from '../../connectors/random.ts';
import { bootstrapMean, type Interval } from '../../transforms/performance/bootstrap.ts';
import {
  dailyReturns,
  type EquityPoint,
  equityCurve,
  maxDrawdown,
} from '../../transforms/performance/equity.ts';
import { type Figures, figuresOf } from '../../transforms/performance/figures.ts';
import { sharpeRatio } from '../../transforms/performance/ratios.ts';
import { type Objective, ranked, scoreOf } from '../../transforms/performance/selection.ts';
import {
  added,
  type Span,
  type WalkWindow,
  walkForwardEfficiency,
} from '../../transforms/performance/walk-forward.ts';
import type { Values } from './grid.ts';
import { TrialLedger } from './ledger.ts';
import type { Search } from './search.ts';
import { type Tried, tried } from './trials.ts';

export interface WalkedWindow extends WalkWindow {
  /** Null: no candidate made enough trades to be chosen, and nothing was traded. */
  readonly values: Values | null;
  readonly score: number | null;
  readonly inSample: Tried['performance'] | null;
  readonly outOfSample: Tried['performance'] | null;
  readonly efficiency: number | null;
}

export interface WalkForwardReport {
  readonly version: string;
  readonly dataHash: string;
  readonly objective: Objective;
  readonly minTrades: number;
  readonly candidates: number;
  /** All trials on these data, ever. */
  readonly counted: number;
  readonly windows: readonly WalkedWindow[];
  /** All tests, one after the other. */
  readonly outOfSample: Figures & {
    readonly range: Span;
    readonly sharpe: number | null;
    readonly maxDrawdown: number;
    readonly expectancyInterval: Interval | null;
    readonly efficiency: number | null;
    readonly equity: readonly EquityPoint[];
  };
}

/** The same search and windows give the same report, but for trials that were counted since. */
export async function walkForward(
  search: Search,
  windows: readonly WalkWindow[],
  onProgress: (share: number) => void = () => undefined,
): Promise<WalkForwardReport> {
  const { options, candidates, objective, minTrades, workers, out, ledgerPath, dataHash } = search;
  const ledger = new TrialLedger(ledgerPath, dataHash);
  try {
    const trials = { options, ledger, workers, out };
    const trained = await tried(
      windows.flatMap(({ train }) =>
        candidates.map((values) => ({ values, span: { ...train, settles: false } })),
      ),
      { ...trials, onProgress: (share) => onProgress(TRAINING * share) },
    );
    const chosen = windows.map((_, i) =>
      bestOf(trained.slice(i * candidates.length, (i + 1) * candidates.length), search),
    );
    const wanted = windows.flatMap(({ test }, i) =>
      chosen[i] ? [{ values: chosen[i].values, span: { ...test, settles: true } }] : [],
    );
    const tests = await tried(wanted, {
      ...trials,
      onProgress: (share) => onProgress(TRAINING + (1 - TRAINING) * share),
    });
    let next = 0;
    const tested = chosen.map((best) => (best ? tests[next++]! : null));
    return {
      version: options.code,
      dataHash,
      objective,
      minTrades,
      candidates: candidates.length,
      counted: ledger.counted().count,
      windows: windows.map((window, i) => walked(window, chosen[i] ?? null, tested[i] ?? null, search)),
      outOfSample: together(windows, chosen, tested, search),
    };
  } finally {
    ledger.close();
  }
}

/** Share of the work that is training, about. */
const TRAINING = 0.95;

function bestOf(trials: readonly Tried[], { objective, minTrades }: Search): Tried | null {
  const [best] = ranked(trials, objective, minTrades);
  return best !== undefined && scoreOf(best, objective, minTrades) !== null ? best : null;
}

function walked(window: WalkWindow, best: Tried | null, test: Tried | null, search: Search): WalkedWindow {
  const { objective, minTrades } = search;
  return {
    ...window,
    values: best?.values ?? null,
    score: best && scoreOf(best, objective, minTrades),
    inSample: best?.performance ?? null,
    outOfSample: test?.performance ?? null,
    efficiency: best && test && walkForwardEfficiency(earned(best), earned(test), minTrades),
  };
}

function earned({ performance: { net, trades }, outcome: { fromMs, toMs } }: Tried) {
  return { net, trades, spanMs: toMs - fromMs };
}

/** Of the bootstrap: chance is the same in every run. */
const SEED = 1;

function together(
  windows: readonly WalkWindow[],
  chosen: readonly (Tried | null)[],
  tested: readonly (Tried | null)[],
  { options, minTrades }: Search,
): WalkForwardReport['outOfSample'] {
  const { startEquity } = options.desk.books[0]!.risk;
  const range = { fromMs: windows[0]!.test.fromMs, toMs: windows.at(-1)!.test.toMs };
  const trades = tested
    .flatMap((test) => test?.outcome.trades ?? [])
    .toSorted((a, b) => a.closedAt - b.closedAt);
  const nets = trades.map(({ net }) => net);
  const random = new Random(SEED);
  const equity = equityCurve({ ts: range.fromMs, equity: startEquity }, trades);
  const isThere = (trial: Tried | null) => trial !== null;
  return {
    ...figuresOf(nets),
    range,
    equity,
    sharpe: sharpeRatio(dailyReturns(startEquity, trades, range.fromMs, range.toMs)),
    maxDrawdown: maxDrawdown(equity).share,
    expectancyInterval: bootstrapMean(nets, { random: () => random.next() }),
    efficiency: walkForwardEfficiency(
      added(chosen.filter(isThere).map(earned)),
      added(tested.filter(isThere).map(earned)),
      minTrades,
    ),
  };
}
