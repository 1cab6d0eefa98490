/** The chart of a market as it is: newest bars, levels and trend, and what is open in it. */
import type { BookSnapshot } from '../../../schemas/book-snapshot.ts';
import type { LevelSet } from '../../../schemas/level-set.ts';
import { INTERVAL_MS } from '../../../schemas/primitives.ts';
import { moveText, timeText } from '../../texts.ts';
import { barsOf, completeness } from './bars.ts';
import type { Chart, ChartBar } from './chart.ts';
import type { ChartFacts } from './facts.ts';
import type { Frame } from './frame.ts';
import { decimalsOf, priceText } from './prices.ts';
import { shownLevels, shownTrends } from './signal-chart.ts';

export function marketChart({ task, frame, candles, levels, snapshot, positions }: ChartFacts): Chart {
  const bars = barsOf(candles, frame);
  const prices = bars.flatMap((bar) => [bar.high, bar.low]);
  const lastPrice = snapshot?.lastPrice ?? bars.at(-1)?.close ?? null;
  const decimals = decimalsOf(prices.length > 0 || lastPrice === null ? prices : [lastPrice]);
  const open = positions.filter(({ status }) => status === 'OPEN');
  return {
    frame,
    pair: task.pair,
    side: null,
    badge: lastPrice === null ? null : { text: priceText(lastPrice, decimals), isGood: null },
    facts: [marketLine(levels, snapshot, open.length), timeLine(bars, snapshot, frame)],
    warning: snapshot !== null && !snapshot.connected ? 'The feed is disconnected: prices may be old.' : null,
    marks: [],
    bars,
    levels: shownLevels(levels, bars, frame),
    trends: shownTrends(levels),
    trades: open.map(({ side, entry, tp, sl, since }) => ({ side, entry, tp, sl, from: since, until: null })),
    signalAt: null,
    hasSignalBar: false,
    exit: null,
    lastPrice,
    decimals,
    reason: open.map(({ side, entry }) => `${side} open at ${priceText(entry, decimals)}`).join(' · '),
    footer: completeness(bars, frame),
  };
}

function marketLine(levels: LevelSet | null, snapshot: BookSnapshot | null, open: number): string {
  const rate = snapshot?.fundingRate ?? null;
  return [
    levels === null ? 'no levels yet' : `trend ${levels.trend.toLowerCase()}`,
    rate === null ? 'funding unknown' : `funding ${rate < 0 ? '−' : ''}${Math.abs(rate * 100).toFixed(4)} %`,
    ...(open > 0 ? [`${open} open`] : []),
  ].join(' · ');
}

function timeLine(bars: readonly ChartBar[], snapshot: BookSnapshot | null, { interval, to }: Frame): string {
  const [first, last] = [bars[0], bars.at(-1)];
  const span = first && last ? (last.openTime - first.openTime) / INTERVAL_MS[interval] + 1 : 0;
  const move = first && last ? ` · ${span} bars ${moveText(last.close / first.open - 1)}` : '';
  return `${timeText(snapshot?.ts ?? to)} · ${interval}${move}`;
}
