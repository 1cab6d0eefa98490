/** The list of metrics, as a document. */
import { METRICS, type MetricName, type MetricSpec, metricOf, STAGES } from '../schemas/metrics.ts';
import { lines, NOTICE, table } from './markdown.ts';

const NAMES = Object.keys(METRICS) as MetricName[];

export function metricsDocument(): string {
  return lines(
    '# Metrics',
    '',
    NOTICE,
    '',
    'What `/metrics` serves, in the text format of Prometheus: the relay, `cst run --bus pubsub` and `cst start` on their',
    '`--health-port`, functions to what runs beside them. Gauges are read when scraped. A name tells its unit (`_seconds`,',
    '`_bytes`, `_ratio`: a share, where 1 is all) and its kind: `_total` only grows. What is not known is absent.',
    'Rules and dashboards over them are in `infra/monitoring/`; `node infra/monitoring/main.ts rules` and `… grafana` print',
    'them for a Prometheus and a Grafana of your own, and [RUNBOOK](RUNBOOK.md) says what to do.',
    ...(['all', ...STAGES] as const).flatMap((stage) => {
      const own = NAMES.map(metricOf).filter(({ by }) => by === stage);
      if (own.length === 0) return [];
      const heading = stage === 'all' ? 'Every process' : stage;
      return ['', `## ${heading}`, '', table(['metric', 'kind', 'labels', 'meaning'], own.map(row))];
    }),
  );
}

function row({ name, kind, labels, help }: MetricSpec): string[] {
  return [`\`${name}\``, kind, labels.map((label) => `\`${label}\``).join(' ') || '–', help];
}
