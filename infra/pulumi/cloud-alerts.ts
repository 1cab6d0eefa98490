/** Rules about what only the cloud knows of itself, or of what one tier alone has, beside those of infra/monitoring, which hold anywhere. */
import { type AlertRule, rule } from '../monitoring/rule.ts';
import type { Config } from './config.ts';
import { JOB_NAME, LOG_METRICS } from './names.ts';

const UNDELIVERED = 'pubsub_googleapis_com:subscription_num_undelivered_messages';
const UNACKED = 'pubsub_googleapis_com:subscription_oldest_unacked_message_age';
const PASSED = 'monitoring_googleapis_com:uptime_check_check_passed';
const LAG = 'dataflow_googleapis_com:job_system_lag';

const logged = (metric: string, resource: string) =>
  `logging_googleapis_com:user_${metric}{monitored_resource="${resource}"}`;

const BOTH_TIERS: readonly AlertRule[] = [
  rule(
    'page',
    'WebhookDown',
    300,
    `avg(${PASSED}{monitored_resource="uptime_url"}) < 0.5`,
    'From half of the world Telegram’s webhook does not answer.',
  ),
  rule(
    'page',
    'SubscriberStuck',
    120,
    // The graph acknowledges what its windows can no longer change: minutes, and more for history.
    `max by (subscription_id) (${UNACKED}{subscription_id!="undelivered"}) > 1800`,
    'A message of {{ $labels.subscription_id }} has waited for {{ $value }} s.',
  ),
  rule(
    'ticket',
    'Undelivered',
    0,
    `sum(${UNDELIVERED}{subscription_id="undelivered"}) > 0`,
    '{{ $value }} messages were refused until Pub/Sub put them aside.',
  ),
  rule(
    'ticket',
    'ErrorsLogged',
    0,
    `sum by (service_name) (increase(${logged(LOG_METRICS.errors, 'cloud_run_revision')}[15m])) > 10`,
    '{{ $labels.service_name }} logs errors: {{ $value }} in a quarter of an hour.',
  ),
  rule(
    'ticket',
    'DataCheckFailed',
    0,
    `sum(increase(${logged(LOG_METRICS.failedChecks, 'bigquery_dts_config')}[1h])) > 0`,
    'History holds what must never be in it: a daily check failed.',
  ),
];

const DATAFLOW: readonly AlertRule[] = [
  rule(
    'page',
    'JobLag',
    180,
    `max(${LAG}{job_name="${JOB_NAME}"}) > 120`,
    'The job has had an element in hand for {{ $value }} s.',
  ),
  rule(
    'page',
    'JobGone',
    600,
    `absent(${LAG}{job_name="${JOB_NAME}"})`,
    'No job of Dataflow runs the graph.',
  ),
];

const SINGLE_NODE: readonly AlertRule[] = [
  rule(
    'page',
    'NodeSilent',
    180,
    'absent(cst_stage_up{stage="graph"})',
    'Nothing has been heard of the node that runs the graph.',
  ),
];

/** All of them, whatever the stack. */
export const CLOUD_RULES: readonly AlertRule[] = [...BOTH_TIERS, ...SINGLE_NODE, ...DATAFLOW];

export function cloudAlerts({ tier, runGraph }: Config): readonly AlertRule[] {
  if (!runGraph) return BOTH_TIERS;
  return [...BOTH_TIERS, ...(tier === 'dataflow' ? DATAFLOW : SINGLE_NODE)];
}
