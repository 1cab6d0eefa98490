/** Lines on the chart: levels, and the trend lines where they are valid. */
import {
  type IChartApi,
  type IPriceLine,
  type ISeriesApi,
  LineSeries,
  LineStyle,
  type UTCTimestamp,
} from 'lightweight-charts';
import type { LevelSet, OpenPosition } from '../wire.ts';
import { seconds } from './times.ts';

const HOUR_S = 3_600;
/** More of them hide the bars. */
const MOST_LEVELS = 8;

export interface LineColors {
  readonly support: string;
  readonly resistance: string;
  readonly trend: string;
  readonly entry: string;
  readonly tp: string;
  readonly sl: string;
}

export class Lines {
  readonly #chart: IChartApi;
  readonly #bars: ISeriesApi<'Candlestick'>;
  #prices: IPriceLine[] = [];
  #trends: ISeriesApi<'Line'>[] = [];

  constructor(chart: IChartApi, bars: ISeriesApi<'Candlestick'>) {
    this.#chart = chart;
    this.#bars = bars;
  }

  drawPrices(levels: LevelSet | null, positions: readonly OpenPosition[], colors: LineColors): void {
    for (const line of this.#prices) this.#bars.removePriceLine(line);
    const ofLevels = (levels?.levels ?? [])
      .slice(0, MOST_LEVELS)
      .map(({ price, role, touches, flipped }) => ({
        price,
        title: `${role === 'SUPPORT' ? 'S' : 'R'} ×${touches}${flipped ? ' flipped' : ''}`,
        color: role === 'SUPPORT' ? colors.support : colors.resistance,
        lineStyle: LineStyle.Solid,
      }));
    const ofPositions = positions.flatMap(({ entry, tp, sl, side }) => [
      { price: entry, title: side, color: colors.entry, lineStyle: LineStyle.Dotted },
      { price: tp, title: 'TP', color: colors.tp, lineStyle: LineStyle.Dashed },
      { price: sl, title: 'SL', color: colors.sl, lineStyle: LineStyle.Dashed },
    ]);
    this.#prices = [...ofLevels, ...ofPositions].map((line) =>
      this.#bars.createPriceLine({ ...line, lineWidth: 1, axisLabelVisible: true }),
    );
  }

  /** From the first to the last of these bars. */
  drawTrends(levels: LevelSet | null, times: readonly UTCTimestamp[], { trend: color }: LineColors): void {
    for (const series of this.#trends) this.#chart.removeSeries(series);
    const lines = [levels?.trendlineHigh, levels?.trendlineLow].filter((line) => line != null);
    const ends = [times[0], times.at(-1)].filter((time) => time !== undefined);
    this.#trends = lines.map(({ slope, intercept, anchor }) => {
      const series = this.#chart.addSeries(LineSeries, {
        color,
        lineWidth: 2,
        lineStyle: LineStyle.LargeDashed,
        crosshairMarkerVisible: false,
        priceLineVisible: false,
        lastValueVisible: false,
        // Far from the bars it must not press them flat.
        autoscaleInfoProvider: () => null,
      });
      const valueAt = (time: number) => intercept + (slope * (time - seconds(anchor))) / HOUR_S;
      series.setData([...new Set(ends)].map((time) => ({ time, value: valueAt(time) })));
      return series;
    });
  }
}
