/** Times of the page and of the chart: ISO 8601 there, whole seconds since the epoch here. */
import type { UTCTimestamp } from 'lightweight-charts';
import type { Interval } from '../wire.ts';

export const INTERVAL_S: Readonly<Record<Interval, number>> = {
  '1m': 60,
  '5m': 300,
  '15m': 900,
  '1h': 3_600,
  '4h': 14_400,
};

export function seconds(iso: string): UTCTimestamp {
  return (Date.parse(iso) / 1_000) as UTCTimestamp;
}

/** Open of the bar that holds the instant; with `closes`, of the bar that closed at it. */
export function barTime(iso: string, interval: Interval, closes = false): UTCTimestamp {
  const at = Date.parse(iso) / 1_000 - (closes ? 1 : 0);
  return (Math.floor(at / INTERVAL_S[interval]) * INTERVAL_S[interval]) as UTCTimestamp;
}
