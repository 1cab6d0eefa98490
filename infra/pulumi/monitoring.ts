/** Eyes on all of it: rules and dashboards of infra/monitoring as Cloud Monitoring takes them, and whom they reach. */
import * as gcp from '@pulumi/gcp';
import type { Resource } from '@pulumi/pulumi';
import { ALERT_RULES, type AlertRule } from '../monitoring/alerts.ts';
import { cloudDashboard } from '../monitoring/draw.ts';
import { cloudAlerts } from './cloud-alerts.ts';
import type { Config } from './config.ts';
import { LOG_METRICS } from './names.ts';
import { addressOf, type Stack } from './stack.ts';

type Channel = gcp.monitoring.NotificationChannel;

const SEVERITY: Readonly<Record<AlertRule['severity'], string>> = { page: 'CRITICAL', ticket: 'WARNING' };
const MINUTE = '60s';
const HOUR = '3600s';
/** From where Google looks: three regions are the fewest. */
const LOOKERS = ['EUROPE', 'USA', 'ASIA_PACIFIC'];

/** Whom alerts and the budget reach; none where the stack has nobody to tell. */
export function makeChannel({ config, labels: userLabels, options }: Stack): Channel | undefined {
  if (config.alertEmail === null) return undefined;
  const labels = { email_address: config.alertEmail };
  return new gcp.monitoring.NotificationChannel(
    'email',
    { type: 'email', displayName: 'cst', labels, userLabels },
    options,
  );
}

export function makeMonitoring(stack: Stack, channel: Channel | undefined): void {
  const metrics = makeLogMetrics(stack);
  makeUptimeCheck(stack);
  const dashboardJson = JSON.stringify(cloudDashboard());
  new gcp.monitoring.Dashboard('dashboard', { dashboardJson }, stack.options);
  for (const rule of [...ALERT_RULES, ...cloudAlerts(stack.config)])
    makePolicy(rule, stack, channel, metrics);
}

function makeLogMetrics({ options }: Stack): Resource[] {
  const counter = { metricKind: 'DELTA', valueType: 'INT64' };
  const label = { key: 'service_name', valueType: 'STRING' };
  return [
    new gcp.logging.Metric(
      LOG_METRICS.errors,
      {
        name: LOG_METRICS.errors,
        description: 'Errors that services log.',
        filter: 'resource.type="cloud_run_revision" AND severity>=ERROR',
        metricDescriptor: { ...counter, labels: [label] },
        labelExtractors: { service_name: 'EXTRACT(resource.labels.service_name)' },
      },
      options,
    ),
    new gcp.logging.Metric(
      LOG_METRICS.failedChecks,
      {
        name: LOG_METRICS.failedChecks,
        description: 'Daily checks of history that found something.',
        filter: 'resource.type="bigquery_dts_config" AND severity>=ERROR',
        metricDescriptor: counter,
      },
      options,
    ),
  ];
}

/** From outside, where alone one can see that nobody is let in. */
function makeUptimeCheck(stack: Stack): void {
  const { config, services, options, labels: userLabels } = stack;
  const host = addressOf(services.find(({ isPublic }) => isPublic)!, stack).apply((url) => new URL(url).host);
  new gcp.monitoring.UptimeCheckConfig(
    'webhook',
    {
      displayName: 'cst webhook',
      period: '300s',
      timeout: '10s',
      selectedRegions: LOOKERS,
      userLabels,
      monitoredResource: { type: 'uptime_url', labels: { project_id: config.project, host } },
      httpCheck: { path: '/live', port: 443, useSsl: true, validateSsl: true },
    },
    options,
  );
}

function makePolicy(
  rule: AlertRule,
  { config, options, labels: userLabels }: Stack,
  channel: Channel | undefined,
  metrics: readonly Resource[],
): void {
  new gcp.monitoring.AlertPolicy(
    rule.name,
    {
      displayName: rule.name,
      combiner: 'OR',
      severity: SEVERITY[rule.severity],
      conditions: [{ displayName: rule.name, conditionPrometheusQueryLanguage: conditionOf(rule) }],
      documentation: documentationOf(rule, config),
      alertStrategy: { autoClose: HOUR },
      userLabels,
      ...(channel && { notificationChannels: [channel.name] }),
    },
    { ...options, dependsOn: [...metrics] },
  );
}

function conditionOf({ name, promql, forS }: AlertRule) {
  return {
    query: promql,
    duration: `${forS}s`,
    ruleGroup: 'crypto-signal-tracker',
    alertRule: name,
    // What looks back on days changes in hours.
    evaluationInterval: /\[\d+d\]/.test(promql) ? HOUR : MINUTE,
    // There is no metric before the first service has told one.
    disableMetricValidation: true,
  };
}

function documentationOf({ name, summary, runbook }: AlertRule, { docsUrl }: Config) {
  return {
    subject: name,
    content: `${inGoogleWords(summary)}\n\nWhat to do: ${runbook}`,
    mimeType: 'text/markdown',
    ...(docsUrl !== null && { links: [{ displayName: 'Runbook', url: new URL(runbook, docsUrl).href }] }),
  };
}

/** `{{ $labels.x }}` and `{{ $value }}` of Prometheus, as `gcloud monitoring policies migrate` translates them. */
function inGoogleWords(summary: string): string {
  return summary
    .replaceAll(/\{\{ \$labels\.(\w+) \}\}/g, (_, label) => `\${metric_or_resource.label.${label}}`)
    .replaceAll('{{ $value }}', `\${metric.label.value}`);
}
