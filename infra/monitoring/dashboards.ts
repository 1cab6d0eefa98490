/** What is looked at when an alert comes, as data: one list, drawn by Cloud Monitoring and by Grafana. */

export interface Panel {
  readonly title: string;
  readonly unit: 's' | 'bytes' | 'share' | 'count' | 'per second' | 'quote';
  /** A line each; `legend` in the words of both: `{{label}}`. */
  readonly lines: readonly { readonly promql: string; readonly legend: string }[];
}

export interface Section {
  readonly title: string;
  readonly panels: readonly Panel[];
}

function panel(title: string, unit: Panel['unit'], ...lines: readonly (readonly [string, string])[]): Panel {
  return { title, unit, lines: lines.map(([promql, legend]) => ({ promql, legend })) };
}

const quantile = (q: number, histogram: string, ...labels: string[]) =>
  `histogram_quantile(${q}, sum by (${['le', ...labels].join(', ')}) (rate(${histogram}_bucket[5m])))`;

export const SECTIONS: readonly Section[] = [
  {
    title: 'From trade to alert',
    panels: [
      panel('Time in each stage, 95 of 100', 's', [
        quantile(0.95, 'cst_stage_seconds', 'stage'),
        '{{stage}}',
      ]),
      panel(
        'Alerts: from the outbox to Telegram',
        's',
        [quantile(0.5, 'cst_alert_seconds'), 'half'],
        [quantile(0.99, 'cst_alert_seconds'), '99 of 100'],
      ),
      panel('Stages that answer', 'count', ['sum by (stage) (cst_stage_up)', '{{stage}}']),
    ],
  },
  {
    title: 'Feed',
    panels: [
      panel('Trades', 'per second', ['sum by (venue) (cst_relay_stream_trades_per_second)', '{{venue}}']),
      panel('Age of the newest trade', 's', [
        'min by (venue) (cst_relay_stream_last_trade_age_seconds)',
        '{{venue}}',
      ]),
      panel('From a trade’s match to us', 's', [
        'max by (venue) (cst_relay_stream_lag_seconds)',
        '{{venue}}',
      ]),
      panel(
        'Gaps of a quarter of an hour',
        'count',
        ['sum by (venue) (increase(cst_relay_stream_gaps_lost_total[15m]))', '{{venue}} lost'],
        ['sum by (venue) (cst_relay_stream_gaps_open)', '{{venue}} open'],
      ),
      panel('Not yet published', 'count', ['sum by (venue) (cst_relay_outbox_messages)', '{{venue}}']),
      panel('Who holds the lease', 'count', ['sum by (venue) (cst_relay_lease_active)', '{{venue}}']),
    ],
  },
  {
    title: 'Graph',
    panels: [
      panel(
        'Behind the clock',
        's',
        ['max(cst_graph_watermark_lag_seconds)', 'event time'],
        ['max(cst_graph_input_age_seconds)', 'newest input'],
      ),
      panel('From a bar’s close to the bar, 99 of 100', 's', [
        quantile(0.99, 'cst_candle_delay_seconds'),
        '1m',
      ]),
      panel('Bars of a quarter of an hour', 'count', [
        'sum by (interval, complete) (increase(cst_candles_total[15m]))',
        '{{interval}} complete {{complete}}',
      ]),
      panel(
        'Signals and what forbids them',
        'count',
        ['sum by (strategy, side) (increase(cst_signals_total[15m]))', '{{strategy}} {{side}}'],
        ['sum by (reason) (increase(cst_suppressions_total[15m]))', '{{reason}}'],
      ),
      panel(
        'Waiting for windows',
        'count',
        ['max(cst_graph_backlog_messages)', 'messages'],
        ['max(cst_graph_held_elements)', 'elements'],
      ),
      panel(
        'Refused or too late',
        'count',
        ['sum by (step) (increase(cst_dead_letters_total[15m]))', '{{step}}'],
        ['sum(increase(cst_graph_dropped_total[15m]))', 'too late'],
      ),
    ],
  },
  {
    title: 'Desk and alerts',
    panels: [
      panel('Equity', 'quote', ['max by (book) (cst_desk_equity)', '{{book}}']),
      panel('Realised today', 'share', ['min by (book) (cst_desk_day_realised_ratio)', '{{book}}']),
      panel('Open positions', 'count', ['max by (book) (cst_desk_positions_open)', '{{book}}']),
      panel('Decisions of an hour', 'count', [
        'sum by (kind, reason) (increase(cst_desk_events_total[1h]))',
        '{{kind}} {{reason}}',
      ]),
      panel('Alerts by what became of them', 'count', [
        'sum by (outcome) (increase(cst_alerts_total[15m]))',
        '{{outcome}}',
      ]),
      panel('Oldest alert that waits', 's', ['max(cst_alert_outbox_oldest_age_seconds)', 'age']),
      panel('Charts, 90 of 100', 's', [quantile(0.9, 'cst_chart_seconds'), 'drawn and sent']),
      panel('Age of the MACRO bias', 's', ['min(cst_state_age_seconds{kind="bias"})', 'age']),
    ],
  },
  {
    title: 'What is kept, and by whom',
    panels: [
      panel('Age of the newest row', 's', ['min by (kind) (cst_state_age_seconds)', '{{kind}}']),
      panel('Rows of history', 'per second', [
        'sum by (topic) (rate(cst_history_rows_total[5m]))',
        '{{topic}}',
      ]),
      panel('Requests', 'per second', [
        'sum by (function, status) (rate(cst_requests_total[5m]))',
        '{{function}} {{status}}',
      ]),
      panel('Memory', 'bytes', ['max(cst_process_resident_bytes)', 'largest process']),
    ],
  },
];
