/** What `cst paper-plan` does: a backtest, or one of before, judged day by day of the plan. */
import type { BacktestFlags } from '../backtest/run.ts';
import { EXIT } from '../errors.ts';
import { type Run, runsOf } from '../report/folder.ts';
import { countOf, type PlanDay, planOf } from './plan.ts';

export interface PaperPlanFlags extends BacktestFlags {
  readonly backtest?: string;
}

/** @throws ConfigError, NotFoundError */
export async function runPaperPlan(words: readonly string[], flags: PaperPlanFlags): Promise<void> {
  const runs = flags.backtest === undefined ? await backtested(words, flags) : runsOf(flags.backtest);
  const { judged, days } = planOf(runs);
  const counts = { pass: countOf(days, 'PASS'), fail: countOf(days, 'FAIL'), none: countOf(days, 'N/A') };
  const told = {
    variant: judged.variant,
    range: judged.report.range,
    pairs: judged.report.pairs,
    counts,
    days,
  };
  process.stdout.write(flags.json ? `${JSON.stringify(told)}\n` : textOf(judged, days, counts));
  if (counts.fail + counts.none > 0) process.exitCode = EXIT.error;
}

async function backtested(words: readonly string[], flags: PaperPlanFlags): Promise<Run[]> {
  const { backtestAll } = await import('../backtest/run.ts');
  return backtestAll(words, flags, () => undefined);
}

function textOf(
  judged: Run,
  days: readonly PlanDay[],
  counts: Readonly<Record<'pass' | 'fail' | 'none', number>>,
): string {
  const { range, pairs } = judged.report;
  const day = (ms: number) => new Date(ms).toISOString().slice(0, 16);
  const variant = judged.variant === null ? '' : `, variant ${judged.variant}`;
  const isPassed = counts.fail + counts.none === 0;
  return [
    `7-day plan over ${day(range.fromMs)}Z to ${day(range.toMs)}Z, ${pairs.join(' ')}${variant}`,
    ...days.flatMap(({ day: number, title, criteria }) => [
      ...['', `Day ${number}: ${title}`],
      ...criteria.flatMap(({ name, wanted, got, verdict }) => [
        `  ${verdict.padEnd(4)}  ${name.padEnd(46)} ${got}`,
        ...(verdict === 'PASS' ? [] : [`${' '.repeat(54)} wanted: ${wanted}`]),
      ]),
    ]),
    '',
    `${counts.pass} passed, ${counts.fail} failed, ${counts.none} not available: ${isPassed ? 'the plan is passed.' : 'not ready for money.'}`,
    '',
  ].join('\n');
}
