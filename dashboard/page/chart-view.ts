/** The chart and its table over the state of the page. */
import { render } from 'preact';
import type { App } from './app.ts';
import type { ChartBar } from './chart/bars.ts';
import { PriceChart } from './chart/price-chart.ts';
import { barTime, seconds } from './chart/times.ts';
import type { Zone } from './chart/zones.ts';
import { barTable } from './panels/bar-table.ts';
import { chartHead } from './panels/chart-head.ts';
import { empty, failed, loading } from './panels/parts.ts';
import type { Series } from './series.ts';
import type { ClosedPosition, Interval, OpenPosition, SignalItem } from './wire.ts';

const NONE: readonly OpenPosition[] = [];
const NO_BARS: readonly ChartBar[] = [];

export interface ChartHosts {
  readonly head: HTMLElement;
  readonly canvas: HTMLElement;
  readonly table: HTMLElement;
  readonly note: HTMLElement;
}

export class ChartView {
  asTable = false;
  readonly chart: PriceChart;
  readonly #app: App;
  readonly #hosts: ChartHosts;
  readonly #zones = memo(zonesOf);
  #pointed: number | null = null;

  constructor(app: App, hosts: ChartHosts, changed: () => void) {
    this.#app = app;
    this.#hosts = hosts;
    // It scrolls, so the keyboard must get there.
    hosts.table.tabIndex = 0;
    this.chart = new PriceChart(hosts.canvas, {
      onPoint: (openTime) => {
        this.#pointed = openTime;
        changed();
      },
      onSignal: (signal) => app.go({ signal }),
      onStart: () => void app.series?.loadOlder().then(changed, () => {}),
    });
  }

  draw(): void {
    const { head, canvas, table, note } = this.#hosts;
    const { series, market } = this.#app;
    // One that forms is known before those it follows.
    const bars = series === null || series.state === 'loading' ? NO_BARS : series.bars.list;
    const decimals = series ? (market?.decimals(series.pair) ?? 2) : 2;
    render(chartHead(this.#app, this.#pointedBar(bars)), head);
    render(this.#note(series, bars), note);
    canvas.hidden = this.asTable;
    table.hidden = !this.asTable;
    if (this.asTable) render(barTable(bars, decimals), table);
    else if (series) this.#drawChart(series, bars, decimals);
  }

  #drawChart(series: Series, bars: readonly ChartBar[], decimals: number): void {
    const { pair, interval, features, signals, levels, closed } = series;
    const positions = this.#app.market?.row(pair)?.positions ?? NONE;
    const zones = this.#zones(positions, closed, signals, interval);
    const { source } = this.#app.place;
    const key = `${source} ${pair} ${interval}`;
    this.chart.draw({ key, decimals, interval, bars, features, signals, levels, positions, zones });
    const newest = bars.at(-1);
    const said = {
      bars: bars.length,
      newest: newest?.openTime ?? '',
      close: newest?.close ?? '',
      signals: signals.length,
      levels: levels?.levels.length ?? 0,
      positions: positions.length,
    };
    const { dataset } = this.#hosts.canvas;
    for (const [name, value] of Object.entries({ source, pair, interval, ...said }))
      dataset[name] = String(value);
    const label = `Chart of ${pair}: ${bars.length} bars of ${interval}, ${signals.length} signals. Key t shows them as a table.`;
    this.#hosts.canvas.setAttribute('aria-label', label);
  }

  #pointedBar(bars: readonly ChartBar[]): ChartBar | null {
    return bars.find(({ openTime }) => seconds(openTime) === this.#pointed) ?? null;
  }

  #note(series: Series | null, bars: readonly ChartBar[]) {
    if (series === null || series.state === 'loading') return loading('bars');
    if (series.state !== 'ready') return failed(series.state.problem, () => void this.#app.start());
    return bars.length > 0
      ? null
      : empty('No bars yet', 'The first one closes after a minute of market time.');
  }
}

function zonesOf(
  open: readonly OpenPosition[],
  closed: readonly ClosedPosition[],
  signals: readonly SignalItem[],
  interval: Interval,
): readonly Zone[] {
  const plans = new Map(signals.map((signal) => [signal.id, signal]));
  const opened = open
    .filter(({ status }) => status === 'OPEN')
    .map(({ since, entry, tp, sl }) => ({ from: barTime(since, interval), to: null, entry, tp, sl }));
  const over = closed.flatMap(({ signalId, outcome: { entry, exit } }) => {
    const plan = plans.get(signalId);
    if (plan === undefined || entry?.price == null || exit === null) return [];
    const { tp, sl } = plan;
    return [
      { from: barTime(entry.ts, interval), to: barTime(exit.ts, interval), entry: entry.price, tp, sl },
    ];
  });
  return [...over, ...opened];
}

/** The same object for the same arguments, so that nothing is drawn anew for nothing. */
function memo<A extends readonly unknown[], T>(make: (...args: A) => T): (...args: A) => T {
  let last: { args: A; made: T } | undefined;
  return (...args) => {
    if (!last?.args.every((arg, i) => arg === args[i])) last = { args, made: make(...args) };
    return last.made;
  };
}
