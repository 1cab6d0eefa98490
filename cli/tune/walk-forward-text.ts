/** A walk forward as text for a terminal. Pure. */
import { amount, duration } from '../figures.ts';
import { ratio, valuesText } from './text.ts';
import type { WalkForwardReport } from './walk-forward.ts';

const HEADER = ['test from', 'to', 'in sample', 'trades', 'out', 'trades', 'efficiency'];
const WIDTHS = [11, 12, 12, 8, 12, 8, 12];

export function walkForwardText(report: WalkForwardReport, out: string, elapsedMs: number): string {
  const { windows, outOfSample: all, objective, minTrades, candidates, counted, dataHash } = report;
  const day = (ms: number) => new Date(ms).toISOString().slice(0, 10);
  const rows = windows.map(({ test, values, inSample, outOfSample, efficiency }) => {
    const cells = [
      day(test.fromMs),
      day(test.toMs),
      ...earnedOf(inSample),
      ...earnedOf(outOfSample),
      ratio(efficiency),
    ];
    return `${line(cells)}  ${values === null ? 'nothing chosen: too few trades' : valuesText(values)}`;
  });
  const { expectancyInterval: interval } = all;
  const bounds =
    interval === null ? 'N/A: too few trades' : `${amount(interval.low)} to ${amount(interval.high)}`;
  return [
    `walked    ${windows.length} windows, ${candidates} candidates each, by ${objective}, ${minTrades} trades at least, in ${duration(elapsedMs)}`,
    `counted   ${counted.toLocaleString('en-US')} trials on these data, ever (data ${dataHash})`,
    '',
    `${line(HEADER)}  chosen`,
    ...rows,
    '',
    `out of sample, ${day(all.range.fromMs)} to ${day(all.range.toMs)}:`,
    `  net ${amount(all.net)} of ${all.trades.toLocaleString('en-US')} trades, Sharpe ${ratio(all.sharpe)}, max drawdown ${(100 * all.maxDrawdown).toFixed(1)} %`,
    `  a trade ${all.expectancy === null ? 'N/A' : amount(all.expectancy)}, 95 % within ${bounds}; efficiency ${ratio(all.efficiency)}`,
    `written   ${out}/walk-forward.json, with the equity of all tests`,
    '',
  ].join('\n');
}

function earnedOf(performance: { readonly net: number; readonly trades: number } | null): string[] {
  return performance === null ? ['–', '–'] : [amount(performance.net), String(performance.trades)];
}

function line(cells: readonly string[]): string {
  return cells.map((cell, i) => cell.padStart(WIDTHS[i]!)).join('');
}
