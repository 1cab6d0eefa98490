/** Facts to chart. */
import type { Chart } from './chart.ts';
import type { ChartFacts } from './facts.ts';
import { marketChart } from './market-chart.ts';
import { signalChart } from './signal-chart.ts';

/** Pure: the same facts are the same chart. */
export function chartOf(facts: ChartFacts): Chart {
  const signal = facts.task.scalp ?? facts.task.swing;
  return signal === null ? marketChart(facts) : signalChart(facts, signal);
}
