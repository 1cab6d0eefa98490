/** Above the chart: the pair with its price and bias, the interval, and the bar under the pointer. */
import { h, type JSX } from 'preact';
import type { App } from '../app.ts';
import { type ChartBar, isForming } from '../chart/bars.ts';
import { fixed, percent, short, time } from '../format.ts';
import { changeOf } from '../market.ts';
import { hashOf, INTERVALS } from '../route.ts';
import type { Series } from '../series.ts';
import { tone } from './parts.ts';

export function chartHead(app: App, pointed: ChartBar | null): JSX.Element[] {
  const { market, pair, place } = app;
  const row = pair === null ? undefined : market?.row(pair);
  const change = changeOf(row);
  const intervals = INTERVALS.map((interval, i) => {
    const current = interval === place.interval ? 'true' : undefined;
    const href = hashOf({ ...place, interval });
    return h('a', { key: interval, href, 'aria-current': current, title: `Key ${i + 1}` }, interval);
  });
  return [
    h(
      'div',
      { class: 'head-quote' },
      h('h2', null, pair ?? '…'),
      h('span', { class: 'price' }, fixed(row?.lastPrice, row?.decimals ?? 2)),
      h('span', { class: tone(change), title: 'Since a day ago' }, percent(change)),
    ),
    h('nav', { class: 'intervals', 'aria-label': 'Length of a bar' }, intervals),
    legend(pointed ?? app.series?.bars.list.at(-1) ?? null, row?.decimals ?? 2),
    ...noLevels(app.series),
  ];
}

/** Why there is no line to be seen. */
function noLevels(series: Series | null): JSX.Element[] {
  if (series?.state !== 'ready') return [];
  const { levels } = series;
  if (levels !== null && levels.levels.length > 0) return [];
  const why =
    levels === null
      ? 'No levels yet: they are read when a bar of 15m closes.'
      : `No level stands: none was visited often enough in the last ${levels.candles} bars of 15m.`;
  return [h('p', { key: 'levels', class: 'legend quiet', 'data-levels': 'none' }, why)];
}

function legend(bar: ChartBar | null, decimals: number): JSX.Element {
  if (bar === null) return h('p', { class: 'legend' });
  const { open, high, low, close } = bar;
  const prices = Object.entries({ O: open, H: high, L: low, C: close }).flatMap(([name, price]) => [
    h('span', { key: name, class: 'quiet' }, name),
    h('span', { key: `${name} price`, class: tone(close - open) }, fixed(price, decimals)),
  ]);
  return h(
    'p',
    { class: 'legend' },
    h('span', { class: 'quiet' }, `${time(bar.openTime).slice(0, 5)} UTC`),
    prices,
    h('span', { class: 'quiet' }, 'V'),
    h('span', null, short(bar.volume)),
    h('span', { class: bar.complete ? 'wholeness quiet' : 'doubt' }, wholeness(bar)),
  );
}

function wholeness(bar: ChartBar): string {
  if (isForming(bar)) return 'forming';
  if (!bar.complete) return `incomplete, ${Math.floor(bar.coverage * 100)} % covered`;
  return bar.filled ? 'no trades' : '';
}
