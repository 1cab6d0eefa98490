/** Starts the page: state, panels, keys; draws once a frame, whatever happened in it. */
import { type ComponentChildren, render } from 'preact';
import { App } from './app.ts';
import { ChartView } from './chart-view.ts';
import { followDay } from './day.ts';
import { startKeys } from './keys.ts';
import { News } from './news.ts';
import { bar } from './panels/bar.ts';
import { feedView } from './panels/feed.ts';
import { help } from './panels/help.ts';
import { inspector } from './panels/inspector.ts';
import { login } from './panels/login.ts';
import { positionsView } from './panels/positions.ts';
import { replaysView } from './panels/replays.ts';
import { signalList } from './panels/signals.ts';
import { statusLine } from './panels/status.ts';
import { rowsOf, watchList } from './panels/watch-list.ts';
import { INTERVALS, type View } from './route.ts';
import { startTheme, toggleTheme } from './theme.ts';

const host = (id: string): HTMLElement => document.querySelector<HTMLElement>(`#${id}`)!;
const put = (id: string, content: ComponentChildren) => render(content, host(id));

let search = '';
let isPlanned = false;

const news = new News(host('news'));
startTheme(() => chart.chart.repaint());
const app = new App({ changed, onSignal: (signal) => news.tell(signal) });
const hosts = {
  head: host('chart-head'),
  canvas: host('chart'),
  table: host('bars'),
  note: host('chart-note'),
};
const chart = new ChartView(app, hosts, changed);
const dialog = host('help') as HTMLDialogElement;

const VIEWS: Readonly<Record<Exclude<View, 'chart'>, (app: App) => ComponentChildren>> = {
  positions: positionsView,
  feed: feedView,
  replays: replaysView,
};

function changed(): void {
  if (isPlanned) return;
  isPlanned = true;
  requestAnimationFrame(() => {
    isPlanned = false;
    draw();
  });
}

function draw(): void {
  const { view, signal } = app.place;
  document.body.dataset.view = app.locked ? 'locked' : view;
  put('bar', bar(app, { onTheme: switchTheme, onHelp: showHelp }));
  if (app.locked) {
    put('panel', login(app));
    return;
  }
  put('watch', watchList(app, { text: search, onInput: find }));
  put('status', statusLine(app));
  put('inspector', signal === null ? null : inspector(app));
  put('signals', signalList(app));
  if (view === 'chart') chart.draw();
  put('panel', view === 'chart' ? null : VIEWS[view](app));
}

function find(text: string): void {
  search = text;
  changed();
}

function switchTheme(): void {
  toggleTheme();
  chart.chart.repaint();
  changed();
}

function showHelp(): void {
  put(
    'help',
    help(() => dialog.close()),
  );
  dialog.showModal();
}

function movePair(step: number): void {
  const rows = rowsOf(app, search);
  const at = rows.findIndex(({ pair }) => pair === app.pair);
  const next = rows[Math.min(rows.length - 1, Math.max(0, at + step))];
  if (next) app.go({ pair: next.pair });
}

function moveSignal(step: number): void {
  const signals = app.market?.signals ?? [];
  const at = signals.findIndex(({ id }) => id === app.place.signal);
  const next = signals[Math.min(signals.length - 1, Math.max(0, at + step))];
  if (next) app.go({ signal: next.id, pair: next.pair });
}

/** The innermost thing that is open. */
function close(): void {
  if (search !== '') {
    find('');
    host('watch').querySelector<HTMLElement>('[aria-current]')?.focus();
  } else if (document.activeElement?.id === 'search') host('main').focus();
  else app.go({ signal: null });
}

startKeys({
  j: () => movePair(1),
  k: () => movePair(-1),
  '[': () => moveSignal(1),
  ']': () => moveSignal(-1),
  ArrowLeft: () => chart.chart.scroll(-5),
  ArrowRight: () => chart.chart.scroll(5),
  End: () => chart.chart.showNewest(),
  c: () => app.go({ view: 'chart' }),
  p: () => app.go({ view: 'positions' }),
  f: () => app.go({ view: 'feed' }),
  r: () => app.go({ view: 'replays' }),
  t: () => {
    chart.asTable = !chart.asTable;
    changed();
  },
  d: switchTheme,
  '/': () => host('search').focus(),
  '?': showHelp,
  Escape: close,
  ...Object.fromEntries(INTERVALS.map((interval, i) => [String(i + 1), () => app.go({ interval })])),
});

changed();
void app.start();
followDay(app, changed);
// Text on a canvas is not drawn anew by itself when its font arrives.
void document.fonts.ready.then(() => chart.chart.repaint());
