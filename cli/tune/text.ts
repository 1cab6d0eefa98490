/** Results of a search as text for a terminal. Pure. */
import type { Judgement } from '../../transforms/performance/selection.ts';
import { amount, duration } from '../figures.ts';
import type { Values } from './grid.ts';
import type { TuneReport } from './search.ts';

/** Trials shown: whoever needs the others finds them in the file. */
const SHOWN = 10;
const HEADER = ['score', 'net', 'trades', 'win %', 'Sharpe', 'drawdown', 'a trade, 95 % within'];
const WIDTHS = [9, 12, 8, 7, 8, 10, 24];

export function tuneText(report: TuneReport, out: string, elapsedMs: number): string {
  const { trials, range, objective, minTrades, dataHash, judgement } = report;
  const day = (ms: number) => `${new Date(ms).toISOString().slice(0, 16)}Z`;
  const rows = trials.slice(0, SHOWN).map(({ score, values, performance: p }) => {
    const cells = [
      ...[ratio(score), amount(p.net), p.trades.toLocaleString('en-US'), percent(p.winRate)],
      ...[ratio(p.sharpe), `${percent(p.maxDrawdown.share)} %`, intervalOf(p.expectancyInterval)],
    ];
    return `${line(cells)}  ${valuesText(values)}`;
  });
  return [
    `searched  ${trials.length.toLocaleString('en-US')} trials by ${objective}, ${minTrades} trades at least, in ${duration(elapsedMs)}`,
    `range     ${day(range.fromMs)} to ${day(range.toMs)} (data ${dataHash})`,
    '',
    `${line(HEADER)}  parameters`,
    ...rows,
    ...(trials.length > SHOWN ? [`… and ${trials.length - SHOWN} more`] : []),
    '',
    ...judgementLines(judgement),
    `written   ${out}/tune.json; trials are counted in the ledger beside it`,
    '',
  ].join('\n');
}

export function judgementLines({ counted, deflatedSharpe, overfitting, isSignificant }: Judgement): string[] {
  const share = (value: number | undefined) =>
    value === undefined ? 'N/A' : `${(100 * value).toFixed(1)} %`;
  const verdicts = {
    true: 'more than luck',
    false: 'not told from luck',
    null: 'N/A: too few days or trades',
  };
  return [
    `counted   ${counted.toLocaleString('en-US')} trials on these data, ever`,
    `luck      deflated Sharpe ${deflatedSharpe === null ? 'N/A' : deflatedSharpe.toFixed(3)} (0.95 is needed), probability of overfitting ${share(overfitting?.probability)}, of a loss out of sample ${share(overfitting?.lossProbability)}`,
    `verdict   the best is ${verdicts[`${isSignificant}`]}`,
  ];
}

export function valuesText(values: Values): string {
  return Object.entries(values)
    .map(([path, value]) => `${path}=${value}`)
    .join(' ');
}

export function ratio(value: number | null): string {
  return value === null ? 'N/A' : value.toFixed(2);
}

function percent(share: number | null): string {
  return share === null ? 'N/A' : (100 * share).toFixed(1);
}

function intervalOf(interval: { readonly low: number; readonly high: number } | null): string {
  return interval === null ? 'N/A' : `${amount(interval.low)} to ${amount(interval.high)}`;
}

function line(cells: readonly string[]): string {
  return cells.map((cell, i) => cell.padStart(WIDTHS[i]!)).join('');
}
