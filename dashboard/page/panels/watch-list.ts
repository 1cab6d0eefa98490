/** The watch list: a row per pair. */
import { h, type JSX } from 'preact';
import type { App } from '../app.ts';
import { age, fixed, percent } from '../format.ts';
import { changeOf, type Row } from '../market.ts';
import { hashOf } from '../route.ts';
import { arrow, empty, head, loading, num, pairName, tone } from './parts.ts';

/** A healthy feed is younger. Unit: market ms. */
const OLD_MS = 30_000;

export interface Search {
  readonly text: string;
  readonly onInput: (text: string) => void;
}

export function rowsOf(app: App, search: string): readonly Row[] {
  const wanted = search.trim().toUpperCase();
  return (app.market?.rows ?? []).filter(({ pair }) => pair.includes(wanted));
}

export function watchList(app: App, { text, onInput }: Search): JSX.Element[] {
  const rows = rowsOf(app, text);
  const search = h('input', {
    type: 'search',
    id: 'search',
    placeholder: 'Search pairs',
    'aria-label': 'Search pairs',
    value: text,
    autocomplete: 'off',
    spellcheck: false,
    onInput: (event: Event) => onInput((event.target as HTMLInputElement).value),
  });
  const table = h(
    'table',
    { class: 'pairs' },
    h('caption', { class: 'unseen' }, 'Pairs'),
    head('Pair', '#Price', '#24 h', 'Bias', 'Signal', '#P/L', '#Feed', '#Cov.'),
    h(
      'tbody',
      null,
      rows.map((row) => line(app, row)),
    ),
  );
  const none =
    app.market === null ? loading('pairs') : empty('No pair is named like this', 'Esc clears the search.');
  return [
    h('div', { class: 'search' }, search),
    rows.length > 0 ? h('div', { class: 'scroll' }, table) : none,
  ];
}

function line(app: App, row: Row): JSX.Element {
  const isChosen = row.pair === app.pair;
  const change = changeOf(row);
  return h(
    'tr',
    { key: row.pair, 'data-pair': row.pair, class: isChosen ? 'chosen' : '' },
    h('th', { scope: 'row' }, name(app, row, isChosen)),
    price(row),
    num(percent(change), tone(change)),
    bias(row, app.market?.status.marketTime ?? ''),
    signal(app, row),
    profit(row),
    num(age(row.feedAgeMs), isOld(row) ? 'doubt' : 'quiet'),
    num(share(row.coverage), row.coverage !== null && row.coverage < 1 ? 'doubt' : 'quiet'),
  );
}

function isOld({ connected, feedAgeMs }: Row): boolean {
  return feedAgeMs !== null && (!connected || feedAgeMs > OLD_MS);
}

/** Rounded down: what is not whole is never 100. */
function share(coverage: number | null): string {
  return coverage === null ? '–' : String(Math.floor(coverage * 100));
}

/** One stop of the tabulator for the whole list; arrows go on from there. */
function name({ place }: App, { pair }: Row, isChosen: boolean): JSX.Element {
  return h(
    'a',
    {
      href: hashOf({ ...place, pair }),
      tabIndex: isChosen ? 0 : -1,
      'aria-current': isChosen ? 'true' : undefined,
    },
    pairName(pair),
  );
}

/** Another key makes it another element, which flashes anew. */
function price({ lastPrice, decimals, move }: Row): JSX.Element {
  const flash = move === null ? '' : `went-${move}`;
  return h('td', { class: 'num' }, h('span', { key: lastPrice, class: flash }, fixed(lastPrice, decimals)));
}

function bias({ bias }: Row, now: string): JSX.Element {
  const side = bias !== null && bias.expires_at > now ? bias.bias : null;
  if (side === null) return h('td', { class: 'quiet' }, '–');
  const confidence = Math.round(side === 'LONG' ? bias!.confidence.long : bias!.confidence.short);
  const className = side === 'LONG' ? 'rising' : 'falling';
  return h('td', { class: className, title: `Bias ${side}, ${confidence} of 100` }, arrow(side), confidence);
}

function signal({ market, place }: App, { lastSignal }: Row): JSX.Element {
  if (lastSignal === null || market === null) return h('td', { class: 'quiet' }, '–');
  const { id, side, timestamp, pair } = lastSignal;
  const ago = age(Math.max(0, Date.parse(market.status.marketTime) - Date.parse(timestamp)));
  const href = hashOf({ ...place, pair, signal: id });
  const className = side === 'LONG' ? 'rising' : 'falling';
  return h(
    'td',
    null,
    h('a', { class: className, href, tabIndex: -1, 'aria-label': `${side}, ${ago} ago` }, arrow(side), ago),
  );
}

/** Of the open positions, as a share of their entry. */
function profit({ positions, lastPrice }: Row): JSX.Element {
  const open = positions.filter(({ status }) => status === 'OPEN');
  if (open.length === 0 || lastPrice === null) {
    return num(positions.length > 0 ? '…' : '', 'quiet');
  }
  const shares = open.map(({ side, entry }) => (lastPrice / entry - 1) * (side === 'LONG' ? 1 : -1));
  const mean = shares.reduce((a, b) => a + b) / shares.length;
  return num(percent(mean), `position ${tone(mean)}`);
}
