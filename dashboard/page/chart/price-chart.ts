/** The chart of one pair: bars with volume and RSI below, and on them levels, trend lines, signals and positions. */
import {
  CandlestickSeries,
  createChart,
  createSeriesMarkers,
  createTextWatermark,
  HistogramSeries,
  type IChartApi,
  type ISeriesApi,
  type ISeriesMarkersPluginApi,
  type ITextWatermarkPluginApi,
  LineSeries,
  LineStyle,
  type Time,
} from 'lightweight-charts';
import { rsi } from '../../../transforms/indicators/rsi.ts';
import { fixed } from '../format.ts';
import { color } from '../theme.ts';
import type { FeaturePoint, Interval, LevelSet, OpenPosition, SignalItem } from '../wire.ts';
import { type ChartBar, changesOf } from './bars.ts';
import { Lines } from './lines.ts';
import { candle, chartOptions, type Palette, palette, volume } from './look.ts';
import { marksOf } from './marks.ts';
import { seconds } from './times.ts';
import { type Zone, Zones } from './zones.ts';

export const RSI_PERIOD = 7;
const RSI_EXTREMES = [20, 80];
/** From the top. */
const PANES = [
  { title: '', share: 0.7 },
  { title: 'Volume', share: 0.14 },
  { title: `RSI-${RSI_PERIOD}`, share: 0.16 },
];
/** A title begins at the very border of its pane. */
const TITLE_GAP = { text: ' ', fontSize: 4, lineHeight: 4 };
const VISIBLE_BARS = 110;
const FREE_BARS = 8;
/** Bars left of the screen at which older ones are asked for. */
const NEAR_START = 20;

/** What is drawn. Each part is drawn anew only where it is another object than before. */
export interface Drawing {
  /** Of pair and interval: another one starts at its newest bars. */
  readonly key: string;
  readonly decimals: number;
  readonly interval: Interval;
  readonly bars: readonly ChartBar[];
  readonly features: readonly FeaturePoint[];
  readonly signals: readonly SignalItem[];
  readonly levels: LevelSet | null;
  readonly positions: readonly OpenPosition[];
  readonly zones: readonly Zone[];
}

export interface ChartEvents {
  /** Open of the bar under the pointer in s; null: none is. */
  readonly onPoint: (openTime: number | null) => void;
  readonly onSignal: (id: string) => void;
  /** The oldest bars are nearly in sight. */
  readonly onStart: () => void;
}

export class PriceChart {
  readonly #chart: IChartApi;
  readonly #candles: ISeriesApi<'Candlestick'>;
  readonly #volume: ISeriesApi<'Histogram'>;
  readonly #rsi: ISeriesApi<'Line'>;
  readonly #marks: ISeriesMarkersPluginApi<Time>;
  readonly #titles: readonly ITextWatermarkPluginApi<Time>[];
  readonly #zones = new Zones();
  readonly #lines: Lines;
  #palette: Palette = palette();
  #drawn: Drawing | null = null;

  constructor(host: HTMLElement, events: ChartEvents) {
    this.#chart = createChart(host, { ...chartOptions(), autoSize: true });
    const quiet = { priceLineVisible: false, lastValueVisible: false };
    this.#candles = this.#chart.addSeries(CandlestickSeries, {});
    this.#volume = this.#chart.addSeries(HistogramSeries, { ...quiet, priceFormat: { type: 'volume' } }, 1);
    const whole = { type: 'price', precision: 0, minMove: 1 } as const;
    this.#rsi = this.#chart.addSeries(LineSeries, { ...quiet, lineWidth: 1, priceFormat: whole }, 2);
    this.#volume.priceScale().applyOptions({ scaleMargins: { top: 0.22, bottom: 0 } });
    this.#rsi.priceScale().applyOptions({ scaleMargins: { top: 0.06, bottom: 0.06 } });
    this.#titles = this.#chart.panes().map((pane, i) => {
      pane.setStretchFactor(PANES[i]!.share);
      return createTextWatermark(pane, { horzAlign: 'left', vertAlign: 'top' });
    });
    this.#marks = createSeriesMarkers(this.#candles, []);
    this.#candles.attachPrimitive(this.#zones);
    this.#lines = new Lines(this.#chart, this.#candles);
    this.#listen(events);
    this.#dress();
  }

  draw(next: Drawing): void {
    const last = this.#drawn?.key === next.key ? this.#drawn : null;
    this.#drawn = next;
    const differs = (...names: (keyof Drawing)[]) => names.some((name) => last?.[name] !== next[name]);
    if (differs('decimals')) this.#setDecimals(next.decimals);
    if (differs('bars')) this.#drawBars(last?.bars ?? [], next.bars);
    if (differs('signals', 'features')) {
      this.#marks.setMarkers(marksOf(next.signals, next.features, next.interval, this.#palette));
    }
    if (differs('levels', 'positions')) this.#lines.drawPrices(next.levels, next.positions, this.#palette);
    if (differs('levels') || last?.bars.length !== next.bars.length) {
      const times = next.bars.map(({ openTime }) => seconds(openTime));
      this.#lines.drawTrends(next.levels, times, this.#palette);
    }
    if (differs('zones')) this.#zones.set(next.zones, this.#palette);
    if (last === null) this.showNewest();
  }

  /** Draws all anew in the colours of the theme as it is now. */
  repaint(): void {
    this.#palette = palette();
    this.#chart.applyOptions(chartOptions());
    this.#dress();
    const drawn = this.#drawn;
    if (drawn === null) return;
    const range = this.#chart.timeScale().getVisibleLogicalRange();
    this.#drawn = null;
    this.draw(drawn);
    if (range !== null) this.#chart.timeScale().setVisibleLogicalRange(range);
  }

  showNewest(): void {
    const count = this.#drawn?.bars.length ?? 0;
    this.#chart.timeScale().setVisibleLogicalRange({ from: count - VISIBLE_BARS, to: count + FREE_BARS });
  }

  /** Towards the past where negative. */
  scroll(bars: number): void {
    const scale = this.#chart.timeScale();
    scale.scrollToPosition(scale.scrollPosition() + bars, false);
  }

  #listen({ onPoint, onSignal, onStart }: ChartEvents): void {
    this.#chart.subscribeCrosshairMove(({ time }) => onPoint(typeof time === 'number' ? time : null));
    this.#chart.subscribeClick(({ hoveredInfo, hoveredObjectId }) => {
      const id = hoveredInfo?.objectId ?? hoveredObjectId;
      if (typeof id === 'string') onSignal(id);
    });
    this.#chart.timeScale().subscribeVisibleLogicalRangeChange((range) => {
      if (range !== null && range.from < NEAR_START && this.#drawn?.bars.length) onStart();
    });
  }

  #dress(): void {
    const { rising, falling, trend, filled, refused: quiet } = this.#palette;
    const [upColor, downColor] = [rising, falling];
    this.#candles.applyOptions({
      upColor,
      downColor,
      wickUpColor: upColor,
      wickDownColor: downColor,
      borderUpColor: upColor,
      borderDownColor: downColor,
    });
    this.#rsi.applyOptions({
      color: trend,
      autoscaleInfoProvider: () => ({ priceRange: { minValue: 0, maxValue: 100 } }),
    });
    this.#titles.forEach((watermark, i) => {
      const line = {
        text: PANES[i]!.title,
        color: quiet,
        fontSize: 11,
        fontFamily: color('font'),
      };
      watermark.applyOptions({ lines: [TITLE_GAP, line] });
    });
    for (const line of this.#rsi.priceLines()) this.#rsi.removePriceLine(line);
    for (const price of RSI_EXTREMES) {
      this.#rsi.createPriceLine({
        price,
        color: filled,
        lineWidth: 1,
        lineStyle: LineStyle.Dashed,
        axisLabelColor: color('pane'),
        axisLabelTextColor: quiet,
      });
    }
  }

  #setDecimals(precision: number): void {
    const formatter = (price: number) => fixed(price, precision);
    this.#candles.applyOptions({ priceFormat: { type: 'custom', formatter, minMove: 10 ** -precision } });
  }

  #drawBars(drawn: readonly ChartBar[], bars: readonly ChartBar[]): void {
    const strengths = rsi(
      bars.map(({ close }) => close),
      RSI_PERIOD,
    );
    const strength = (i: number) => {
      const time = seconds(bars[i]!.openTime);
      return i < RSI_PERIOD ? { time } : { time, value: strengths[i]! };
    };
    const changes = changesOf(drawn, bars);
    if (changes === null) {
      this.#candles.setData(bars.map((bar) => candle(bar, this.#palette)));
      this.#volume.setData(bars.map((bar) => volume(bar, this.#palette)));
      this.#rsi.setData(bars.map((_, i) => strength(i)));
      return;
    }
    let newest = drawn.at(-1)!.openTime;
    for (const bar of changes) {
      const isOld = bar.openTime < newest;
      if (!isOld) newest = bar.openTime;
      this.#candles.update(candle(bar, this.#palette), isOld);
      this.#volume.update(volume(bar, this.#palette), isOld);
    }
    for (let i = bars.indexOf(changes[0]!); i >= 0 && i < bars.length; i++) {
      this.#rsi.update(strength(i), bars[i]!.openTime < newest);
    }
  }
}
