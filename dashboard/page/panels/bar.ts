/** The bar at the top: what is looked at, the views, connection and time, theme and help. */
import { h, type JSX } from 'preact';
import type { App } from '../app.ts';
import { time } from '../format.ts';
import { hashOf, VIEWS, type View } from '../route.ts';
import type { LinkState } from '../stream.ts';
import { theme } from '../theme.ts';

const TITLES: Readonly<Record<View, string>> = {
  chart: 'Chart',
  positions: 'Positions',
  feed: 'Feed',
  replays: 'Replays',
};

const ORIGINS = { live: 'Live', simulated: 'Simulated', replay: 'Replay' } as const;

export interface BarActions {
  readonly onTheme: () => void;
  readonly onHelp: () => void;
}

export function bar(app: App, { onTheme, onHelp }: BarActions): JSX.Element[] {
  const { place, market } = app;
  return [
    h(
      'h1',
      { class: 'brand' },
      h('img', { src: 'icon.svg', alt: '', width: 18, height: 18 }),
      h('span', null, 'Crypto Signal Tracker'),
    ),
    !app.locked && h('nav', { 'aria-label': 'Views' }, links(app)),
    h('div', { class: 'stretch' }),
    place.source === 'replay' &&
      h(
        'a',
        { class: 'pill replay', href: hashOf({ ...place, source: 'live', signal: null }) },
        'Replay · back to the market',
      ),
    !app.locked && link(app),
    h(
      'time',
      { class: 'clock', title: 'Market time, UTC' },
      market ? `${time(market.status.marketTime)} UTC` : '',
    ),
    themeButton(onTheme),
    h(
      'button',
      { type: 'button', class: 'icon', onClick: onHelp, 'aria-label': 'Help and keys', title: 'Help (?)' },
      '?',
    ),
  ].filter((node) => node !== false);
}

function links({ place }: App): JSX.Element[] {
  return VIEWS.map((view) =>
    h(
      'a',
      {
        key: view,
        href: hashOf({ ...place, view }),
        'aria-current': view === place.view ? 'page' : undefined,
      },
      TITLES[view],
    ),
  );
}

function themeButton(onTheme: () => void): JSX.Element {
  return h(
    'button',
    {
      type: 'button',
      class: 'icon',
      onClick: onTheme,
      'aria-label': `Theme: ${theme()}. Switch`,
      title: 'Theme (d)',
    },
    h('i', { class: `lamp ${theme()}` }),
  );
}

/** Whether the page hears of what happens, and the stack of the exchange. */
function link(app: App): JSX.Element {
  const state = linkOf(app);
  const words = {
    live: app.market ? ORIGINS[app.market.origin.kind] : 'Live',
    connecting: 'Connecting …',
    reconnecting: 'Reconnecting …',
    exchange: 'Exchange away',
    warming: 'Warming up …',
  };
  const title = state === 'warming' ? 'The graph reads the past before it takes the first trade.' : undefined;
  return h('span', { class: `pill link ${state}`, role: 'status', 'data-link': state, title }, words[state]);
}

function linkOf({ link, market }: App): LinkState | 'exchange' | 'warming' {
  if (link !== 'live' || market === null) return link;
  const { status, origin } = market;
  if (!status.connected) return 'exchange';
  // A replay is played by itself, without a graph.
  return status.lagMs === null && origin.kind !== 'replay' ? 'warming' : link;
}
