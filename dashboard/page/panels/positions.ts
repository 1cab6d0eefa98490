/** Positions: equity of each book, what is open, and what is over. */
import { h, type JSX } from 'preact';
import type { App } from '../app.ts';
import { dateTime, fixed, number, partsOf, signed, time } from '../format.ts';
import { hashOf } from '../route.ts';
import type { BookState, ClosedPosition, OpenPosition, SwingState } from '../wire.ts';
import { equityCurve } from './equity.ts';
import { amount, empty, failed, head, loading, num, section, sideTag, wideTable } from './parts.ts';

export function positionsView(app: App): JSX.Element {
  const { market, positions, equity } = app;
  if (market === null || positions === null) return loading('positions');
  if ('problem' in positions) return failed(positions.problem, () => app.refresh());
  const open = market.books.flatMap((book) => book.positions);
  const [, quote] = partsOf(app.pair ?? '');
  const points = equity !== null && 'value' in equity ? equity.value.points : [];
  return h(
    'div',
    { class: 'view' },
    h(
      'div',
      { class: 'cards' },
      market.books.map((book) => card(book, quote)),
    ),
    market.books.map(({ book }) =>
      equityCurve(
        book,
        points.filter((point) => point.book === book),
      ),
    ),
    section('Open', openTable(app, open)),
    market.swings.length > 0 && section('Swings', swingTable(app, market.swings)),
    section('Closed', closedTable(app, positions.value.closed)),
  );
}

function card({ book, equity, day, paused, positions }: BookState, quote: string): JSX.Element {
  const state = day.halted ? 'halted for today' : paused ? 'paused' : 'trading';
  return h(
    'section',
    { key: book, class: 'card', 'aria-label': `Book ${book}` },
    h('h3', null, book),
    h('p', { class: 'figure' }, fixed(equity, 2), h('small', { class: 'quiet' }, ` ${quote}`)),
    h('p', null, 'Today ', amount(day.realised), ` · ${day.entries} entries · ${positions.length} open`),
    h('p', { class: state === 'trading' ? 'quiet' : 'doubt' }, state),
  );
}

function pairLink({ place }: App, pair: string, signal: string): JSX.Element {
  return h('a', { href: hashOf({ ...place, view: 'chart', pair, signal }) }, pair);
}

function openTable(app: App, positions: readonly OpenPosition[]): JSX.Element {
  if (positions.length === 0) return empty('Nothing is open');
  const rows = positions.map((position) => {
    const { signalId, book, pair, side, status, since } = position;
    const decimals = app.market?.decimals(pair) ?? 2;
    const price = (value: number | null) => num(fixed(value, decimals));
    return h(
      'tr',
      { key: `${signalId} ${book}` },
      h('th', { scope: 'row' }, pairLink(app, pair, signalId)),
      h('td', null, sideTag(side)),
      ...[
        position.entry,
        app.market?.row(pair)?.lastPrice ?? position.lastPrice,
        position.tp,
        position.sl,
      ].map(price),
      num(number(position.size)),
      num(`${position.leverage}×`),
      num(amount(unrealised(app, position))),
      h('td', { class: 'quiet' }, status === 'OPEN' ? time(since).slice(0, 5) : 'waits'),
      h('td', { class: 'quiet' }, book),
    );
  });
  const names = head(
    'Pair',
    'Side',
    '#Entry',
    '#Last',
    '#TP',
    '#SL',
    '#Size',
    '#Lev.',
    '#P/L',
    'Since, UTC',
    'Book',
  );
  return wideTable('Open positions', names, rows);
}

/** At the last price, before fees. Unit: quote. */
function unrealised(
  { market }: App,
  { pair, side, entry, size, status, unrealised }: OpenPosition,
): number | null {
  const last = market?.row(pair)?.lastPrice;
  if (status !== 'OPEN' || last == null) return unrealised;
  return (last - entry) * size * (side === 'LONG' ? 1 : -1);
}

function swingTable(app: App, swings: readonly SwingState[]): JSX.Element {
  const rows = swings.map(({ signal, until }) => {
    const { id, pair, side, entry, tp, sl } = signal;
    const prices = [entry, tp, sl].map((price) => num(fixed(price, app.market?.decimals(pair) ?? 2)));
    const cells = [h('th', { scope: 'row' }, pair), h('td', null, sideTag(side)), ...prices];
    return h('tr', { key: id }, ...cells, h('td', { class: 'quiet' }, dateTime(until)));
  });
  return wideTable('Swing positions', head('Pair', 'Side', '#Entry', '#TP', '#SL', 'Until, UTC'), rows);
}

function closedTable(app: App, closed: readonly ClosedPosition[]): JSX.Element {
  if (closed.length === 0) return empty('No position has been closed yet');
  const rows = closed.map(({ signalId, pair, side, outcome }) => {
    const { entry, exit, book } = outcome;
    const decimals = app.market?.decimals(pair) ?? 2;
    return h(
      'tr',
      { key: `${signalId} ${book}` },
      h('th', { scope: 'row' }, pairLink(app, pair, signalId)),
      h('td', null, sideTag(side)),
      num(fixed(entry?.price, decimals)),
      num(fixed(exit?.price, decimals)),
      h('td', null, exit?.how ?? '–'),
      num(amount(exit?.pnl)),
      h('td', { class: 'quiet' }, exit ? dateTime(exit.ts) : '–'),
      h('td', { class: 'quiet' }, book),
    );
  });
  const total = closed.reduce((sum, { outcome }) => sum + (outcome.exit?.pnl ?? 0), 0);
  const names = head('Pair', 'Side', '#Entry', '#Exit', 'How', '#P/L', 'When, UTC', 'Book');
  return h('div', null, wideTable(`Closed positions: ${signed(total, 2)}`, names, rows));
}
