/** Trials by their keys: those that the ledger knows are taken from it, the others are run and added to it. */
import { join } from 'node:path';
import { z } from 'zod';
import { BacktestAssumptions } from '../../schemas/backtest-assumptions.ts';
import { DeskConfig } from '../../schemas/desk-params.ts';
import { shortHash } from '../../schemas/hash.ts';
import { MacroParams } from '../../schemas/macro-params.ts';
import { SignalParams } from '../../schemas/params.ts';
import { periodSharpe } from '../../transforms/performance/selection.ts';
import { canonicalJson } from '../../transforms/strategies/hashes.ts';
import { rulesWith, type Values } from './grid.ts';
import type { TrialLedger } from './ledger.ts';
import { graphParams, type TapeOptions } from './tape.ts';
import { runTrials, type TrialGroup } from './threads.ts';
import type { Outcome, Trial } from './trial.ts';

export interface TrialSpan {
  readonly fromMs: number | undefined;
  readonly toMs: number | undefined;
  readonly settles: boolean;
}

export interface TrialsOptions {
  /** Rules that the values change. */
  readonly options: TapeOptions;
  readonly ledger: TrialLedger;
  readonly workers: number;
  /** Folder of the results. */
  readonly out: string;
  /** Share of the trials that are done, 0..1. */
  readonly onProgress?: (share: number) => void;
}

export interface Tried {
  readonly key: string;
  readonly values: Values;
  readonly performance: Outcome['performance'];
  readonly outcome: Outcome;
}

/** In the order of `wanted`, whoever ran them when. @throws as the backtest does. */
export async function tried(
  wanted: readonly { readonly values: Values; readonly span: TrialSpan }[],
  { options, ledger, workers, out, onProgress }: TrialsOptions,
): Promise<Tried[]> {
  const trials = wanted.map(({ values, span }) => trialOf(options, values, span));
  const outcomes = trials.map(({ key }) => ledger.outcomeOf(key));
  const missing = trials.flatMap((trial, index) => (outcomes[index] === undefined ? [{ index, trial }] : []));
  let done = trials.length - missing.length;
  onProgress?.(done / trials.length);
  await runTrials(groupsOf(options, missing), {
    workers,
    dir: join(out, 'tapes'),
    onOutcome(index, outcome) {
      const { key, values } = trials[index]!;
      ledger.add({ key, values, outcome }, periodSharpe(outcome.returns));
      outcomes[index] = outcome;
      done += 1;
      onProgress?.(done / trials.length);
    },
  });
  return trials.map(({ key, values }, i) => {
    const outcome = outcomes[i]!;
    return { key, values, performance: outcome.performance, outcome };
  });
}

function trialOf(options: TapeOptions, values: Values, span: TrialSpan): Trial {
  const rules = rulesWith(options, values);
  const { params, desk } = rules;
  const key = shortHash(
    tapeKey(options, params),
    canonicalJson([z.encode(SignalParams, params), z.encode(DeskConfig, desk), span]),
  );
  return { key, values, ...rules, ...span };
}

/** Identity of what a tape is made of. */
function tapeKey(
  { data, code, venue, input, macro, assumptions, history }: TapeOptions,
  params: SignalParams,
): string {
  const { fromMs, toMs, interval, fundings } = input;
  const made = {
    data,
    code,
    venue,
    fromMs,
    toMs,
    interval,
    fundings: [...fundings],
    params: graphParams(params),
    macro: z.encode(MacroParams, macro),
    assumptions: z.encode(BacktestAssumptions, assumptions),
    history: history.map(({ id }) => id),
  };
  return shortHash(canonicalJson(made));
}

function groupsOf(
  options: TapeOptions,
  trials: readonly { readonly index: number; readonly trial: Trial }[],
): TrialGroup[] {
  const { onProgress: _, onInput: __, onPublished: ___, ...plain } = options;
  return [...Map.groupBy(trials, ({ trial }) => tapeKey(options, trial.params))].map(([key, those]) => ({
    key,
    trials: those,
    options: { ...plain, params: those[0]!.trial.params },
  }));
}
