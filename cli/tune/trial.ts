/** One trial: a set of rules over a part of a tape, and what came of it. */
import { Random } from '../../connectors/random.ts';
import { dailyReturns } from '../../transforms/performance/equity.ts';
import { type Performance, performanceOf } from '../../transforms/performance/performance.ts';
import type { TrialRules, Values } from './grid.ts';
import { playTape } from './play.ts';
import type { Tape } from './tape.ts';

export interface Trial extends TrialRules {
  /** Identity of data, code, rules and span: the same key has the same outcome. */
  readonly key: string;
  readonly values: Values;
  /** Undefined: as far as the tape goes. Unit: ms since the epoch. */
  readonly fromMs: number | undefined;
  readonly toMs: number | undefined;
  readonly settles: boolean;
}

export interface Outcome {
  /** Without what depends on the other trials. */
  readonly performance: Omit<Performance, 'deflatedSharpe'>;
  /** Of each UTC day. */
  readonly returns: readonly number[];
  /** Net result of each trade with the time of its exit. */
  readonly trades: readonly { readonly closedAt: number; readonly net: number }[];
  /** What was traded in. Unit: ms since the epoch. */
  readonly fromMs: number;
  readonly toMs: number;
}

/** Of the bootstrap: the same in each trial, whoever runs it. */
const SEED = 1;

/** Pure. */
export function runTrial(tape: Tape, { params, desk, settles, ...span }: Trial): Outcome {
  const [fromMs, toMs] = [span.fromMs ?? tape.fromMs, span.toMs ?? tape.toMs];
  const trades = playTape(tape, { params, desk, fromMs, toMs, settles });
  const { startEquity } = desk.books[0]!.risk;
  const random = new Random(SEED);
  const { deflatedSharpe: _, ...performance } = performanceOf(trades, {
    startEquity,
    fromMs,
    toMs,
    pairs: tape.pairs,
    random: () => random.next(),
  });
  return {
    performance,
    fromMs,
    toMs,
    returns: dailyReturns(startEquity, trades, fromMs, toMs),
    trades: trades.map(({ closedAt, net }) => ({ closedAt, net })),
  };
}
