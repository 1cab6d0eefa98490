/** How the chart looks: the colours of the theme, and what each bar tells by its own. */
import {
  type CandlestickData,
  type ChartOptions,
  ColorType,
  CrosshairMode,
  type DeepPartial,
  type HistogramData,
  type UTCTimestamp,
} from 'lightweight-charts';
import { color } from '../theme.ts';
import type { ChartBar } from './bars.ts';
import type { LineColors } from './lines.ts';
import type { MarkColors } from './marks.ts';
import { seconds } from './times.ts';

export interface Palette extends LineColors, MarkColors {
  readonly rising: string;
  readonly falling: string;
  readonly filled: string;
  readonly doubt: string;
}

/** Colours of the theme as it is now. */
export function palette(): Palette {
  const names = [
    'rising',
    'falling',
    'filled',
    'doubt',
    'support',
    'resistance',
    'trend',
    'entry',
    'tp',
    'sl',
  ] as const;
  const own = Object.fromEntries(names.map((name) => [name, color(name)])) as Record<
    (typeof names)[number],
    string
  >;
  return { ...own, LONG: own.rising, SHORT: own.falling, refused: color('quiet'), exhaustion: color('mark') };
}

export function chartOptions(): DeepPartial<ChartOptions> {
  const line = color('line');
  const [quiet, raised] = [color('quiet'), color('raised')];
  return {
    // As the rest of the page, and safe from languages that a browser names in a way of its own.
    localization: { locale: 'en-GB' },
    layout: {
      background: { type: ColorType.Solid, color: color('pane') },
      textColor: quiet,
      fontFamily: color('font'),
      fontSize: 12,
      panes: { separatorColor: line, separatorHoverColor: raised, enableResize: true },
      // It brings a style of its own, which our policy refuses; the help says whose library this is.
      attributionLogo: false,
    },
    grid: { vertLines: { color: line }, horzLines: { color: line } },
    crosshair: {
      mode: CrosshairMode.Normal,
      vertLine: { color: quiet, labelBackgroundColor: raised },
      horzLine: { color: quiet, labelBackgroundColor: raised },
    },
    rightPriceScale: { borderColor: line, entireTextOnly: true },
    timeScale: { borderColor: line, timeVisible: true, secondsVisible: false, rightOffset: 8 },
    kineticScroll: { touch: !isStill(), mouse: false },
  };
}

function isStill(): boolean {
  return matchMedia('(prefers-reduced-motion: reduce)').matches;
}

/** A bar that misses trades is hollow, one without trades is grey: neither looks like a whole one. */
export function candle(bar: ChartBar, { filled, doubt }: Palette): CandlestickData<UTCTimestamp> {
  const { open, high, low, close } = bar;
  const point = { time: seconds(bar.openTime), open, high, low, close };
  if (!bar.complete) return { ...point, color: 'transparent', borderColor: doubt, wickColor: doubt };
  if (bar.filled) return { ...point, color: filled, borderColor: filled, wickColor: filled };
  return point;
}

export function volume(bar: ChartBar, { rising, falling, doubt }: Palette): HistogramData<UTCTimestamp> {
  const tone = !bar.complete ? doubt : bar.close >= bar.open ? rising : falling;
  return { time: seconds(bar.openTime), value: bar.volume, color: `${tone}99` };
}
