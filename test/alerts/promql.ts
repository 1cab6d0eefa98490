/** What an expression of PromQL asks of our metrics. Its grammar is promtool's to check. */
import { metricOfSeries } from '../../connectors/metrics/exposition.fixture.ts';
import type { MetricName } from '../../schemas/metrics.ts';

export interface Asked {
  readonly series: string;
  /** Undefined: no metric of ours. */
  readonly metric: MetricName | undefined;
  readonly labels: readonly string[];
}

const SELECTOR = /\b(cst_[a-z_]+)(?:\{([^}]*)\})?/g;
const MATCHER = /([a-z_]+)\s*(?:=~|!~|!=|=)/g;
const GROUPING = /\b(?:by|without|on|ignoring)\s*\(([^)]*)\)/g;

/** The selectors of the expression, each with the labels that it matches. */
export function asked(promql: string): Asked[] {
  return [...promql.matchAll(SELECTOR)].map(([, series = '', matchers = '']) => ({
    series,
    metric: metricOfSeries(series),
    labels: [...matchers.matchAll(MATCHER)].map(([, label]) => label!),
  }));
}

/** Labels that anything is grouped or joined by. */
export function groupedBy(promql: string): string[] {
  return [...promql.matchAll(GROUPING)].flatMap(([, labels = '']) =>
    labels.split(',').map((label) => label.trim()),
  );
}
