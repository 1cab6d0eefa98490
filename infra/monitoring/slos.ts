/**
 * What is promised to a trader, and when the promise is being broken too fast: burn rates over two windows each, after
 * the Site Reliability Workbook, chapter 5, "Multiwindow, Multi-Burn-Rate Alerts". The long window says that it matters,
 * the short one that it is still going on.
 */
import { type AlertRule, rule } from './rule.ts';

export interface Slo {
  /** Prefix of its rules. */
  readonly name: string;
  readonly promise: string;
  /** Share of good events wanted over 30 days. */
  readonly objective: number;
  /** Selectors of counters; `good` is part of `total`. Prometheus 3 writes the bound of a bucket as 5.0. */
  readonly good: string;
  readonly total: string;
  /** Fewer events than this in the long window prove nothing. */
  readonly minEvents: number;
}

export const SLOS: readonly Slo[] = [
  {
    name: 'CandleTimely',
    promise: '99 % of 1m bars are published within 5 s of their close.',
    objective: 0.99,
    good: 'cst_candle_delay_seconds_bucket{le=~"5|5.0"}',
    total: 'cst_candle_delay_seconds_count',
    minEvents: 60,
  },
  {
    name: 'CandleComplete',
    promise: '99 % of 1m bars hold every trade there was, and say so.',
    objective: 0.99,
    good: 'cst_candles_total{interval="1m",complete="true"}',
    total: 'cst_candles_total{interval="1m"}',
    minEvents: 60,
  },
  {
    name: 'AlertTimely',
    promise: '99 % of alerts are at Telegram within 3 s of being noted.',
    objective: 0.99,
    good: 'cst_alert_seconds_bucket{le=~"3|3.0"}',
    total: 'cst_alert_seconds_count',
    minEvents: 10,
  },
  {
    name: 'AlertDelivered',
    promise: '99.9 % of alerts arrive.',
    objective: 0.999,
    good: 'cst_alerts_total{outcome="sent"}',
    total: 'cst_alerts_total{outcome=~"sent|refused|uncertain"}',
    minEvents: 10,
  },
];

interface Burn {
  /** Times the pace at which a month's errors last a month. */
  readonly rate: number;
  readonly long: string;
  readonly short: string;
}

/** 2 % of the month's errors in an hour, 5 % in six; 10 % in a day, or in three. Table 5-8 of the workbook. */
const FAST: readonly Burn[] = [
  { rate: 14.4, long: '1h', short: '5m' },
  { rate: 6, long: '6h', short: '30m' },
];
const SLOW: readonly Burn[] = [
  { rate: 3, long: '1d', short: '2h' },
  { rate: 1, long: '3d', short: '6h' },
];

function errorRatio({ good, total }: Slo, window: string): string {
  return `(1 - sum(rate(${good}[${window}])) / sum(rate(${total}[${window}])))`;
}

function burns(slo: Slo, { rate, long, short }: Burn): string {
  const most = Number((rate * (1 - slo.objective)).toPrecision(6));
  const isKnown = `sum(increase(${slo.total}[${long}])) >= ${slo.minEvents}`;
  return `(${errorRatio(slo, long)} > ${most} and ${errorRatio(slo, short)} > ${most} and ${isKnown})`;
}

function burnRules(slo: Slo): AlertRule[] {
  const promql = (all: readonly Burn[]) => all.map((burn) => burns(slo, burn)).join(' or ');
  return [
    rule(
      'page',
      `${slo.name}BurnsFast`,
      0,
      promql(FAST),
      `Broken now, at a pace that lasts hours: ${slo.promise}`,
    ),
    rule(
      'ticket',
      `${slo.name}BurnsSlow`,
      0,
      promql(SLOW),
      `Broken at a pace that lasts days: ${slo.promise}`,
    ),
  ];
}

export const BURN_RULES: readonly AlertRule[] = SLOS.flatMap(burnRules);
