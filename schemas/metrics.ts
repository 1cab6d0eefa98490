/**
 * The one list of the platform's metrics: what `/metrics` serves, alert rules ask and dashboards draw. As Prometheus wants
 * it, a name tells unit and kind: `_seconds`, `_bytes`, `_ratio` (a share, 1 is all) or a plain count; `_total` only grows.
 */

/** What emits: a stage of the way from trade to alert. One process may hold several, and each tells of itself alone. */
export const STAGES = [
  'relay',
  'graph',
  'state-sink',
  'history',
  'tick-sink',
  'macro-engine',
  'trade-desk',
  'telegram-notifier',
  'chart-renderer',
  'telegram-webhook',
] as const;
export type Stage = (typeof STAGES)[number];

interface Metric {
  readonly by: Stage | 'all';
  readonly labels: readonly string[];
  readonly help: string;
  /** Upper bounds; of histograms alone. */
  readonly buckets?: readonly number[];
}

const of =
  (by: Metric['by'], ...always: string[]) =>
  (help: string, ...labels: string[]): Metric => ({ by, labels: [...always, ...labels], help });

const all = of('all');
const relay = of('relay', 'venue');
const stream = of('relay', 'venue', 'symbol');
const graph = of('graph');
const state = of('state-sink');
const history = of('history');
const macro = of('macro-engine');
const desk = of('trade-desk', 'book');
const alerts = of('telegram-notifier');
const charts = of('chart-renderer');

export const METRICS = {
  cst_stage_up: all('1 while the process that holds the stage answers: the heartbeat.', 'stage'),
  cst_stage_seconds: {
    ...all('Time that a signal spent in each stage of its way.', 'stage'),
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
  },
  cst_spans_sent_total: all('Spans that the collector of traces took; absent where there is none.'),
  cst_spans_dropped_total: all('Spans given up, since the collector did not take them.'),
  cst_process_resident_bytes: all('Memory of the process.'),
  cst_published_total: all('Messages that the bus took.', 'topic'),
  cst_dead_letters_total: all('Inputs that could not be read, by the step that refused them.', 'step'),
  cst_requests_total: all('HTTP requests answered, by status.', 'function', 'status'),
  cst_request_seconds: {
    ...all('From a request to its answer.', 'function'),
    buckets: [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
  },

  cst_relay_symbols: relay('Size of the universe followed.'),
  cst_relay_connections_open: relay('Connections that stand.'),
  cst_relay_connections_wanted: relay('Connections that should stand.'),
  cst_relay_reconnects_total: relay('Sessions after the first of each connection.'),
  cst_relay_clock_offset_seconds: relay('Our clock less the exchange’s, plus the shortest way from there.'),
  cst_relay_frames_unreadable_total: relay('Frames refused.'),
  cst_relay_dead_letters_total: relay('Frames refused, by reason.', 'reason'),
  cst_relay_trades_buffered: relay('Trades that wait for their batch.'),
  cst_relay_outbox_messages: relay('Messages not yet published, on disk or in memory.'),
  cst_relay_outbox_bytes: relay('Of them, in memory.'),
  cst_relay_outbox_spilled_messages: relay('Of them, on disk.'),
  cst_relay_outbox_spilled_bytes: relay('Of them, on disk.'),
  cst_relay_outbox_oldest_age_seconds: relay('Of the oldest message in memory.'),
  cst_relay_outbox_paused: relay('Sockets are not read, since the bus does not keep up.'),
  cst_relay_outbox_failing: relay('Bus or disk refuse.'),
  cst_relay_outbox_published_total: relay('Messages that the bus took.'),
  cst_relay_outbox_dropped_total: relay('Snapshots given up: never trades.'),
  cst_relay_lease_active: relay('It is the one of its pair that publishes.'),
  cst_relay_lease_epoch: relay('How many have held the lease.'),
  cst_relay_lease_failing: relay('The lease cannot be read or written.'),
  cst_relay_lease_takeovers_total: relay('Times it began to publish.'),
  cst_relay_recorder_active: relay('What comes in is written down.'),
  cst_relay_recorder_bytes_total: relay('Written, compressed.'),
  cst_relay_recorder_entries_total: relay('Frames and other inputs written down.'),
  cst_relay_stream_connected: stream('Trades are subscribed on a connection that stands.'),
  cst_relay_stream_halted: stream('The exchange does not trade it now.'),
  cst_relay_stream_trades_per_second: stream('Over the last ten seconds.'),
  cst_relay_stream_last_trade_age_seconds: stream('Since the newest trade was made.'),
  cst_relay_stream_lag_seconds: stream('From the newest trade’s match to its arrival.'),
  cst_relay_stream_stale: stream('Kinds of data that are silent for longer than is like them.'),
  cst_relay_stream_gaps_open: stream('Spans of missing trades that are being recovered.'),
  cst_relay_stream_gaps_lost_total: stream('Spans of trades that could not be recovered.'),
  cst_relay_stream_trades_published_total: stream('Trades given to the bus.'),
  cst_relay_stream_trades_recovered_total: stream('Trades that REST brought.'),
  cst_relay_stream_trades_duplicate_total: stream('Copies of trades that were known.'),
  cst_relay_stream_book_resyncs_total: stream('Times its book was asked for anew.'),
  cst_relay_stream_book_out_of_sync_seconds: stream('For how long its book has not been whole.'),

  cst_graph_running: graph('It is warm and reads.'),
  cst_graph_watermark_lag_seconds: graph('Clock less the event time that all steps have come to.'),
  cst_graph_input_age_seconds: graph('Clock less the newest event time read.'),
  cst_graph_last_publish_age_seconds: graph('Since the bus last took something from it.'),
  cst_graph_backlog_messages: graph('Messages that wait for it or for their windows; absent on Pub/Sub.'),
  cst_graph_held_elements: graph('Elements kept for windows that may still fire.'),
  cst_graph_step_elements_total: graph('Elements that came into a step: throughput.', 'step'),
  cst_graph_late_total: graph('Elements behind the end of their window that were still taken.'),
  cst_graph_dropped_total: graph('Windows that elements came too late for.'),
  cst_candles_total: graph('Bars published, each revision for itself.', 'interval', 'complete'),
  cst_candle_age_seconds: graph('Since the newest 1m bar’s close.', 'venue', 'symbol'),
  cst_candle_delay_seconds: {
    ...graph('From a 1m bar’s close to its first publication.'),
    buckets: [1, 2, 3, 4, 5, 7.5, 10, 30, 60, 120],
  },
  cst_signals_total: graph('SCALP signals published.', 'strategy', 'side'),
  cst_features_total: graph('Judged 1m bars published, each revision for itself.'),
  cst_suppressions_total: graph('Of them, those on which no signal may be, by reason.', 'reason'),

  cst_state_rows_total: state('Messages written to their row, or found to be older than it.', 'kind'),
  cst_state_age_seconds: state('Since the event time of the newest row.', 'kind'),

  cst_history_rows_total: history('Messages whose rows are durable.', 'topic'),
  cst_history_backlog_messages: history('Messages that wait to be written; absent on Pub/Sub.', 'topic'),
  cst_history_failures_total: history('Writes that failed and come again.', 'topic'),

  cst_macro_runs_total: macro('Slots decided; "partly" where some pair was not.', 'outcome'),
  cst_macro_failed_total: macro('Pairs not decided in a run.'),
  cst_macro_biases_total: macro('Biases published.', 'bias'),
  cst_macro_bias_age_seconds: macro('Since the slot of the newest bias.'),

  cst_desk_events_total: desk(
    'Decisions, entries and exits; the reason of a refusal or an exit.',
    'kind',
    'reason',
  ),
  cst_desk_positions_open: desk('Positions and resting entries.'),
  cst_desk_equity: desk('Equity of the book. Unit: quote.'),
  cst_desk_day_realised_ratio: desk('Realised today, as a share of the day’s first equity.'),
  cst_desk_halted: desk('No entry until the next UTC day: the day’s loss was reached.'),
  cst_desk_paused: desk('No entry until a person resumes.'),
  cst_desk_untold_events: desk('Events decided that the bus has not yet taken.'),
  cst_desk_snapshot_age_seconds: of('trade-desk')('Since the newest order book it was told of.'),

  cst_alert_outbox_messages: alerts('Alerts of the last 7 days by what became of them.', 'state'),
  cst_alert_outbox_oldest_age_seconds: alerts('Of the oldest alert not yet sent; 0 where none waits.'),
  cst_alerts_total: alerts('Attempts to send an alert, by what came of them.', 'outcome'),
  cst_alert_seconds: {
    ...alerts('From the outbox’s taking an alert to Telegram’s answer.'),
    buckets: [0.1, 0.25, 0.5, 1, 2, 3, 5, 10, 30, 60, 300, 3_600],
  },
  cst_tasks_waiting: alerts('Tasks of a queue of this process; absent on Cloud Tasks.', 'queue'),
  cst_tasks_given_up: alerts('Of them, those that failed too often.', 'queue'),

  cst_charts_total: charts('Attempts at a chart: done, or to come again.', 'outcome'),
  cst_chart_seconds: {
    ...charts('From a task to its picture’s having been sent.'),
    buckets: [0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60],
  },
} as const satisfies Record<string, Metric>;

export type MetricName = keyof typeof METRICS;
export type HistogramName = {
  [N in MetricName]: (typeof METRICS)[N] extends { buckets: object } ? N : never;
}[MetricName];
export type CounterName = Extract<MetricName, `${string}_total`>;

export interface MetricSpec extends Metric {
  readonly name: MetricName;
  readonly kind: 'gauge' | 'counter' | 'histogram';
  readonly unit: 'seconds' | 'bytes' | 'ratio' | 'count';
}

const UNITS = ['seconds', 'bytes', 'ratio'] as const;

export function metricOf(name: MetricName): MetricSpec {
  const metric: Metric = METRICS[name];
  const kind = metric.buckets ? 'histogram' : name.endsWith('_total') ? 'counter' : 'gauge';
  const unit = UNITS.find((each) => name.replace(/_total$/, '').endsWith(`_${each}`)) ?? 'count';
  return { ...metric, name, kind, unit };
}
