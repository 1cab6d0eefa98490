/** Feed health of each symbol, and the ledger of spans where trades may be missing. */
import { h, type JSX } from 'preact';
import type { App } from '../app.ts';
import { age, dateTime, duration, fixed, number, short, words } from '../format.ts';
import type { FeedHealth, Gap } from '../wire.ts';
import { empty, failed, head, loading, num, section, wideTable } from './parts.ts';

export function feedView(app: App): JSX.Element {
  const { feed, market } = app;
  if (feed === null) return loading('the feed');
  if ('problem' in feed) return failed(feed.problem, () => app.refresh());
  const health = market && market.health.length > 0 ? market.health : feed.value.health;
  const refusals = Object.entries(market?.status.refusals ?? {});
  return h(
    'div',
    { class: 'view' },
    section('Feed health', healthTable(health)),
    section('Gap ledger', gapTable(feed.value.gaps)),
    refusals.length > 0 &&
      section(
        'Refusals',
        h(
          'ul',
          { class: 'counts' },
          refusals.map(([name, count]) =>
            h('li', { key: name }, words(name.toLowerCase()), ' ', h('b', null, count)),
          ),
        ),
      ),
    section('Notices', notices(app)),
  );
}

function healthTable(health: readonly FeedHealth[]): JSX.Element {
  if (health.length === 0) return empty('No feed is followed');
  const rows = health.map((of) => {
    const state = stateOf(of);
    return h(
      'tr',
      { key: `${of.venue} ${of.symbol}` },
      h('th', { scope: 'row' }, of.pair),
      h('td', { class: 'quiet' }, of.venue),
      h('td', { class: state === 'healthy' ? 'rising' : 'doubt' }, state),
      num(fixed(of.rate, 1)),
      num(age(of.lastTradeAgeMs)),
      num(of.lagMs === null ? '–' : duration(Math.max(0, of.lagMs))),
      num(
        of.outOfSyncMs === 0 ? 'in sync' : duration(of.outOfSyncMs),
        of.outOfSyncMs === 0 ? 'quiet' : 'doubt',
      ),
      num(of.resyncs, of.resyncs > 0 ? '' : 'quiet'),
      num(of.openGaps, of.openGaps > 0 ? 'doubt' : 'quiet'),
      num(of.lostGaps, of.lostGaps > 0 ? 'falling' : 'quiet'),
      num(short(of.recoveredTrades), 'quiet'),
      num(short(of.publishedTrades), 'quiet'),
    );
  });
  const names = head(
    'Pair',
    'Venue',
    'State',
    '#Trades/s',
    '#Age',
    '#Lag',
    '#Book',
    '#Resyncs',
    '#Gaps open',
    '#Gaps lost',
    '#Recovered',
    '#Published',
  );
  return wideTable('Feed health', names, rows);
}

function stateOf({ isHalted, connected, stale }: FeedHealth): string {
  if (isHalted) return 'halted';
  if (!connected) return 'disconnected';
  return stale.length > 0 ? `stale: ${stale.join(', ')}` : 'healthy';
}

function gapTable(gaps: readonly Gap[]): JSX.Element {
  if (gaps.length === 0) return empty('No gap', 'Every trade there was has been seen.');
  const rows = gaps.map((gap) => {
    const length = gap.to === null ? null : Date.parse(gap.to) - Date.parse(gap.from);
    return h(
      'tr',
      { key: `${gap.venue} ${gap.symbol} ${gap.from} ${gap.kind}` },
      h('th', { scope: 'row' }, gap.symbol),
      h('td', { class: 'quiet' }, gap.venue),
      h('td', null, `${dateTime(gap.from)}:${gap.from.slice(17, 19)}`),
      num(length === null ? 'goes on' : duration(length)),
      h('td', { class: gap.resolved ? 'rising' : 'doubt' }, gap.resolved ? 'whole again' : words(gap.kind)),
      num(number(gap.tradesRecovered)),
      h('td', { class: 'quiet cause' }, gap.cause),
    );
  });
  return wideTable(
    'Gap ledger',
    head('Symbol', 'Venue', 'From, UTC', '#Length', 'State', '#Recovered', 'Cause'),
    rows,
  );
}

function notices({ market }: App): JSX.Element {
  const all = market?.notices ?? [];
  if (all.length === 0) return empty('No notice', 'What the stack wants to tell you comes here.');
  const items = all.map(({ ts, text }) =>
    h('li', { key: `${ts} ${text}` }, h('time', { class: 'quiet' }, dateTime(ts)), ' ', text),
  );
  return h('ul', { class: 'notices' }, items);
}
