/**
 * What somebody is told of, as data. Each rule holds in both tiers: it asks what is always on, and is silent about a stage
 * that is not there, except for those that must be. Labels that scraping adds (job, instance) are summed away.
 */
import type { Stage } from '../../schemas/metrics.ts';
import { FEED_RULES } from './feed-alerts.ts';
import { type AlertRule, rule } from './rule.ts';
import { BURN_RULES } from './slos.ts';

export type { AlertRule } from './rule.ts';

/** Stages that must answer at all times; others may sleep, or are Google's own in the tier with Dataflow. */
const VITAL: readonly Stage[] = ['relay', 'state-sink', 'trade-desk', 'telegram-notifier'];

const STAGES_ABSENT = VITAL.map((stage) => `absent(cst_stage_up{stage="${stage}"})`).join(' or ');

const MONITORING: readonly AlertRule[] = [
  rule('page', 'StageSilent', 180, STAGES_ABSENT, 'Nothing has been heard of {{ $labels.stage }}.'),
];

const GRAPH: readonly AlertRule[] = [
  rule(
    'page',
    'GraphNotRunning',
    600,
    'max(cst_graph_running) == 0',
    'The graph has been warming for ten minutes.',
  ),
  rule(
    'page',
    'PipelineLag',
    120,
    'max(cst_graph_watermark_lag_seconds) > 60',
    'The graph is {{ $value }} s behind the clock.',
  ),
  rule(
    'page',
    'NoCandle',
    60,
    'min by (venue) (cst_candle_age_seconds) > 150',
    'No bar of {{ $labels.venue }} has closed for {{ $value }} s.',
  ),
  rule(
    'ticket',
    'CandleMissing',
    120,
    'count by (venue) (cst_candle_age_seconds > 300) > 0',
    '{{ $labels.venue }}: {{ $value }} symbols get no bars while others do.',
  ),
  rule(
    'ticket',
    'BarsIncomplete',
    300,
    'sum(increase(cst_candles_total{interval="1m",complete="false"}[15m])) / sum(increase(cst_candles_total{interval="1m"}[15m])) > 0.05',
    'Of the bars of a minute a share of {{ $value }} is marked incomplete: no signal leaves on those.',
  ),
  rule(
    'ticket',
    'LateDropped',
    0,
    'sum(increase(cst_graph_dropped_total[15m])) > 0',
    'Data came too late for its bar, and is missing in it.',
  ),
  rule(
    'ticket',
    'DeadLettersGrow',
    0,
    'sum by (step) (increase(cst_dead_letters_total[15m])) > 10',
    '{{ $labels.step }} refuses inputs: {{ $value }} in a quarter of an hour.',
  ),
  rule(
    'ticket',
    'PriceDiverged',
    300,
    'sum(increase(cst_suppressions_total{reason="DIVERGED"}[15m])) / sum(increase(cst_features_total[15m])) > 0.1',
    'The venues disagree on prices on a share of {{ $value }} of bars.',
  ),
];

const AFTER: readonly AlertRule[] = [
  rule(
    'page',
    'StateStale',
    60,
    'min by (kind) (cst_state_age_seconds{kind="snapshot"}) > 30 or min by (kind) (cst_state_age_seconds{kind="candle"}) > 300',
    'The newest {{ $labels.kind }} in the state store is {{ $value }} s old.',
  ),
  rule(
    'ticket',
    'MacroSilent',
    60,
    'min(cst_state_age_seconds{kind="bias"}) > 2100',
    'Two slots of the MACRO engine have passed without a bias.',
  ),
  rule(
    'page',
    'DeskBlind',
    60,
    'min(cst_desk_snapshot_age_seconds) > 30',
    'The desk has seen no order book for {{ $value }} s, and enters nothing.',
  ),
  rule(
    'page',
    'DeskHalted',
    0,
    'max by (book) (cst_desk_halted) == 1',
    'Book {{ $labels.book }} has lost what it may in a day, and stands still until midnight UTC.',
  ),
  rule(
    'ticket',
    'DailyLoss',
    0,
    'min by (book) (cst_desk_day_realised_ratio) < -0.03',
    'Book {{ $labels.book }} has lost a share of {{ $value }} today.',
  ),
  rule(
    'page',
    'DeskUntold',
    300,
    'max by (book) (cst_desk_untold_events) > 0',
    'Book {{ $labels.book }} has decided what nobody was told of.',
  ),
  rule(
    'page',
    'AlertOutboxStuck',
    60,
    'max(cst_alert_outbox_oldest_age_seconds) > 120',
    'An alert has been waiting for Telegram for {{ $value }} s.',
  ),
  rule(
    'page',
    'AlertLost',
    0,
    'sum(increase(cst_alerts_total{outcome=~"refused|uncertain"}[15m])) > 0',
    'An alert was given up: Telegram refused it, or nobody knows whether it arrived.',
  ),
  rule(
    'ticket',
    'TelegramFailing',
    0,
    'sum(increase(cst_alerts_total{outcome=~"queued|unknown"}[15m])) > 5',
    'Telegram did not take {{ $value }} attempts in a quarter of an hour.',
  ),
  rule(
    'ticket',
    'ChartsSlow',
    300,
    'histogram_quantile(0.9, sum by (le) (rate(cst_chart_seconds_bucket[15m]))) > 10',
    'One chart in ten takes more than {{ $value }} s.',
  ),
  rule(
    'ticket',
    'ChartsWaiting',
    300,
    'max by (queue) (cst_tasks_waiting) > 20 or max by (queue) (cst_tasks_given_up) > 0',
    'Charts wait, or were given up.',
  ),
  rule(
    'ticket',
    'HistoryFailing',
    0,
    'sum by (topic) (increase(cst_history_failures_total[15m])) > 3',
    'History does not take {{ $labels.topic }}.',
  ),
  rule(
    'ticket',
    'FunctionFailing',
    300,
    'sum by (function) (rate(cst_requests_total{status=~"5.."}[15m])) / sum by (function) (rate(cst_requests_total[15m])) > 0.05',
    '{{ $labels.function }} fails on a share of {{ $value }} of its requests.',
  ),
];

export const ALERT_RULES: readonly AlertRule[] = [
  ...MONITORING,
  ...FEED_RULES,
  ...GRAPH,
  ...AFTER,
  ...BURN_RULES,
];
