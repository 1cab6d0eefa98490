/** The dialog of keys, marks and colours. */
import { h, type JSX } from 'preact';
import { section } from './parts.ts';

const KEYS: readonly (readonly [keys: string, what: string])[] = [
  ['j k', 'next, previous pair'],
  ['[ ]', 'older, newer signal'],
  ['1 – 5', 'bars of 1m, 5m, 15m, 1h, 4h'],
  ['← → End', 'scroll the chart, back to its newest bar'],
  ['↑ ↓', 'move in a list'],
  ['c p f r', 'chart, positions, feed, replays'],
  ['t', 'bars as a table'],
  ['d', 'dark or light'],
  ['/', 'search pairs'],
  ['Esc', 'close what is open'],
];
const MARKS: readonly (readonly [mark: string, what: string])[] = [
  ['Arrow', 'a signal, LONG or SHORT; grey: every book refused it'],
  ['VWRB', 'exhaustion: volume drop, double wick, RSI extreme, book flip'],
  ['S R ×3', 'support or resistance, visited three times'],
  ['Hollow', 'a bar that may miss trades'],
  ['Grey', 'a bar without trades'],
];

export function help(onClose: () => void): JSX.Element {
  return h(
    'div',
    { class: 'help-body' },
    h(
      'header',
      null,
      h('h2', { id: 'help-title' }, 'Keys and marks'),
      h('button', { type: 'button', class: 'icon', onClick: onClose, 'aria-label': 'Close' }, '×'),
    ),
    h(
      'div',
      { class: 'columns' },
      section('Keys', list(KEYS, 'kbd')),
      section('On the chart', list(MARKS, 'span')),
    ),
    h(
      'p',
      { class: 'quiet' },
      'Times are UTC. Charts are drawn by TradingView’s ',
      h(
        'a',
        { href: 'https://www.tradingview.com/', target: '_blank', rel: 'noopener noreferrer' },
        'Lightweight Charts™',
      ),
      ', © TradingView, Inc.',
    ),
  );
}

function list(rows: readonly (readonly [string, string])[], tag: 'kbd' | 'span'): JSX.Element {
  return h(
    'dl',
    null,
    rows.map(([name, what]) =>
      h('div', { key: name }, h('dt', null, h(tag, null, name)), h('dd', null, what)),
    ),
  );
}
