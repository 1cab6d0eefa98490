/** The newest signals of all pairs, each with what became of it. */
import { h, type JSX } from 'preact';
import type { App } from '../app.ts';
import { letters } from '../chart/marks.ts';
import { fixed, signed, time, words } from '../format.ts';
import { hashOf } from '../route.ts';
import type { Outcome, SignalItem } from '../wire.ts';
import { arrow, empty, loading, pairName, tone } from './parts.ts';

const MOST = 60;

export function signalList(app: App): JSX.Element {
  if (app.market === null) return loading('signals');
  const { signals } = app.market;
  if (signals.length === 0) {
    return empty('No signal yet', 'One fires where price tags a level and two exhaustion checks hold.');
  }
  const chosen = app.place.signal ?? signals[0]!.id;
  const items = signals.slice(0, MOST).map((signal) => item(app, signal, signal.id === chosen));
  return h('ol', { class: 'signals' }, items);
}

function item({ place, market }: App, signal: SignalItem, isStop: boolean): JSX.Element {
  const { id, pair, side, entry, timestamp } = signal;
  return h(
    'li',
    { key: id, 'data-signal': id },
    h(
      'a',
      {
        href: hashOf({ ...place, pair, signal: id }),
        'aria-current': id === place.signal ? 'true' : undefined,
        tabIndex: isStop ? 0 : -1,
      },
      h('time', { class: 'quiet' }, time(timestamp).slice(0, 5)),
      arrow(side),
      h('strong', null, pairName(pair)),
      h('span', { class: 'num' }, fixed(entry, market?.decimals(pair) ?? 2)),
      h(
        'span',
        { class: 'letters', title: 'Exhaustion checks that held' },
        letters(signal.exhaustion_checks),
      ),
      outcomeOf(signal.outcomes),
    ),
  );
}

/** Of the book that did most about it. */
function outcomeOf(outcomes: readonly Outcome[]): JSX.Element {
  const rank = { CLOSED: 3, OPEN: 2, ACCEPTED: 1, REFUSED: 0 };
  const [first] = outcomes.toSorted((a, b) => rank[b.state] - rank[a.state]);
  if (first === undefined) return h('span', { class: 'outcome quiet' }, '…');
  if (first.exit) {
    const { how, pnl } = first.exit;
    return h('span', { class: `outcome ${tone(pnl)}` }, `${how} ${signed(pnl, 2)}`);
  }
  if (first.refusal) return h('span', { class: 'outcome quiet' }, words(first.refusal));
  return h('span', { class: 'outcome entry' }, words(first.state));
}
