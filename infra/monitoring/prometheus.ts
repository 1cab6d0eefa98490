/** The rules as Prometheus reads them from a file: JSON, which is YAML. */
import { ALERT_RULES } from './alerts.ts';

/**
 * Fires always: whoever receives it must miss it when it stops coming, which is how one learns that Prometheus, its way to
 * the receiver, or the machine is dead.
 */
const WATCHDOG = {
  alert: 'Watchdog',
  expr: 'vector(1)',
  labels: { severity: 'none' },
  annotations: {
    summary: 'Always fires: what is missed when it does not.',
    runbook: 'docs/RUNBOOK.md#watchdog',
  },
};

/** Contents of a file for `rule_files`. */
export function prometheusRules(): object {
  const rules = ALERT_RULES.map(({ name, severity, promql, forS, summary, runbook }) => ({
    alert: name,
    expr: promql,
    for: `${forS}s`,
    labels: { severity },
    annotations: { summary, runbook },
  }));
  return { groups: [{ name: 'crypto-signal-tracker', interval: '30s', rules: [WATCHDOG, ...rules] }] };
}
