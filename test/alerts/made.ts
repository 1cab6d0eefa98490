/**
 * Series made by hand, for alerts whose causes take days, another exchange or another cloud to record. Scraped each 30 s, in
 * the notation of promtool; each alert fires in them for the first time in the minute given, which is computed by hand.
 */
import type { Recording } from './series.ts';

interface Made extends Pick<Recording, 'series'> {
  readonly fires: string;
  readonly minute: number;
}

/** Fifteen minutes of nothing, then so much more with each scrape. */
const grows = (by: number) => `0x29 0+${by}x40`;
const always = (value: number) => `${value}x60`;

export const MADE: readonly Made[] = [
  {
    fires: 'FeedStale',
    minute: 5,
    series: {
      'cst_relay_stream_stale{venue="v",symbol="a"}': always(1),
      'cst_relay_stream_halted{venue="v",symbol="a"}': always(0),
    },
  },
  {
    fires: 'RelayRefuses',
    minute: 21,
    series: { 'cst_relay_dead_letters_total{venue="v",reason="r"}': grows(1) },
  },
  {
    fires: 'RelayClockOff',
    minute: 5,
    series: { 'cst_relay_clock_offset_seconds{venue="v"}': always(-1.5) },
  },
  {
    fires: 'RelayNoneActive',
    minute: 1,
    series: {
      'cst_relay_lease_active{venue="v",instance="1"}': always(0),
      'cst_relay_lease_active{venue="v",instance="2"}': always(0),
    },
  },
  {
    fires: 'RelayTwoActive',
    minute: 6,
    series: {
      'cst_relay_lease_active{venue="v",instance="1"}': always(1),
      'cst_relay_lease_active{venue="v",instance="2"}': always(1),
    },
  },
  {
    fires: 'RelayFlapping',
    minute: 17,
    series: { 'cst_relay_lease_takeovers_total{venue="v",instance="1"}': grows(1) },
  },
  { fires: 'GraphNotRunning', minute: 10, series: { cst_graph_running: always(0) } },
  { fires: 'LateDropped', minute: 16, series: { cst_graph_dropped_total: grows(1) } },
  { fires: 'DeadLettersGrow', minute: 21, series: { 'cst_dead_letters_total{step="s"}': grows(1) } },
  {
    fires: 'PriceDiverged',
    minute: 6,
    series: { 'cst_suppressions_total{reason="DIVERGED"}': '0+1x60', cst_features_total: '0+5x60' },
  },
  { fires: 'DeskUntold', minute: 5, series: { 'cst_desk_untold_events{book="b"}': always(1) } },
  {
    fires: 'AlertLost',
    minute: 16,
    series: { 'cst_alerts_total{outcome="refused"}': grows(1), 'cst_alerts_total{outcome="sent"}': '0+9x60' },
  },
  {
    fires: 'AlertDeliveredBurnsFast',
    minute: 16,
    series: {
      'cst_alerts_total{outcome="uncertain"}': grows(1),
      'cst_alerts_total{outcome="sent"}': '0+9x60',
    },
  },
  {
    fires: 'AlertDeliveredBurnsSlow',
    minute: 16,
    series: {
      'cst_alerts_total{outcome="uncertain"}': grows(1),
      'cst_alerts_total{outcome="sent"}': '0+9x60',
    },
  },
  {
    fires: 'ChartsSlow',
    minute: 6,
    series: {
      'cst_chart_seconds_bucket{le="10"}': '0x60',
      'cst_chart_seconds_bucket{le="30"}': '0+1x60',
      'cst_chart_seconds_bucket{le="+Inf"}': '0+1x60',
    },
  },
  { fires: 'ChartsWaiting', minute: 5, series: { 'cst_tasks_given_up{queue="charts"}': always(1) } },
  { fires: 'HistoryFailing', minute: 17, series: { 'cst_history_failures_total{topic="t"}': grows(1) } },
  {
    fires: 'FunctionFailing',
    minute: 6,
    series: {
      'cst_requests_total{function="f",status="503"}': '0+1x60',
      'cst_requests_total{function="f",status="204"}': '0+9x60',
    },
  },
];
