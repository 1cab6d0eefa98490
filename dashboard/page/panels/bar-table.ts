/** The newest bars as a table: what the chart draws, for those who would rather read, or cannot see it. */
import { h, type JSX } from 'preact';
import { type ChartBar, isForming } from '../chart/bars.ts';
import { dateTime, fixed, short } from '../format.ts';
import { empty, head, num } from './parts.ts';

const MOST = 240;

/** Newest first. */
export function barTable(bars: readonly ChartBar[], decimals: number): JSX.Element {
  if (bars.length === 0) return empty('No bars yet', 'The first one closes after a minute of market time.');
  const rows = bars
    .slice(-MOST)
    .reverse()
    .map((bar) => line(bar, decimals));
  return h(
    'table',
    { class: 'rows' },
    h('caption', { class: 'unseen' }, 'Bars, newest first'),
    head('Open time', '#Open', '#High', '#Low', '#Close', '#Volume', 'State'),
    h('tbody', null, rows),
  );
}

function line(bar: ChartBar, decimals: number): JSX.Element {
  const { openTime, open, high, low, close, volume, revision } = bar;
  const prices = [open, high, low, close].map((price, i) =>
    h('td', { key: i, class: 'num' }, fixed(price, decimals)),
  );
  return h(
    'tr',
    { key: openTime, 'data-open-time': openTime, 'data-revision': revision },
    h('th', { scope: 'row' }, dateTime(openTime)),
    prices,
    num(short(volume)),
    h('td', { class: bar.complete ? 'quiet' : 'doubt' }, stateOf(bar)),
  );
}

function stateOf(bar: ChartBar): string {
  if (isForming(bar)) return 'forming';
  return bar.complete ? (bar.filled ? 'no trades' : 'complete') : 'incomplete';
}
