/** A rule of alerting, as Prometheus and Cloud Monitoring both take it. */

/** `page`: somebody is hurt now, whatever the hour. `ticket`: somebody will be, unless it is mended in working hours. */
export type Severity = 'page' | 'ticket';

export interface AlertRule {
  /** Also the heading of its section in the runbook. */
  readonly name: string;
  readonly severity: Severity;
  readonly promql: string;
  /** Longer than this, without a break, before it fires. Unit: s. */
  readonly forS: number;
  /** One sentence for whoever is woken; `{{ $labels.x }}` is what the expression keeps. */
  readonly summary: string;
  readonly runbook: string;
}

export function rule(
  severity: Severity,
  name: string,
  forS: number,
  promql: string,
  summary: string,
): AlertRule {
  return { name, severity, promql, forS, summary, runbook: `docs/RUNBOOK.md#${name.toLowerCase()}` };
}
