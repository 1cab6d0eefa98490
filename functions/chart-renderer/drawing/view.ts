/** Where things stand: panes, and the scales from time and price to pixels. */
import { type ScaleLinear, scaleLinear } from 'd3-scale';
import { INTERVAL_MS } from '../../../schemas/primitives.ts';
import type { Chart } from '../content/chart.ts';
import { WIDTH } from './theme.ts';

export interface Pane {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

export interface View {
  readonly price: Pane;
  readonly volume: Pane;
  readonly rsi: Pane;
  /** Middle of the place of a bar, by its open time. */
  readonly barX: (openTime: number) => number;
  /** Of an instant. */
  readonly timeX: (ms: number) => number;
  /** Width of a bar's place. */
  readonly place: number;
  /** Null where no price is known at all. */
  readonly priceY: ScaleLinear<number, number> | null;
  readonly volumeY: ScaleLinear<number, number>;
  readonly rsiY: ScaleLinear<number, number>;
}

const MARGIN = 16;
const TOPS = { price: 226, volume: 866, rsi: 984 } as const;
const BOTTOMS = { price: 854, volume: 972, rsi: 1096 } as const;
/** Beyond the prices that must be seen, levels are shown as far as this share of their span. */
const REACH = 0.35;
/** Room above and below. */
const AIR = 0.07;
/** A market that stands still is shown as if it spanned this share of its price. */
const LEAST_SPAN = 0.002;

/** @param gutter Width of the price labels at the right. */
export function viewOf(chart: Chart, gutter: number): View {
  const { from, to, interval } = chart.frame;
  const pane = (name: keyof typeof TOPS): Pane => ({
    left: MARGIN,
    right: WIDTH - MARGIN - gutter,
    top: TOPS[name],
    bottom: BOTTOMS[name],
  });
  const [price, volume, rsi] = [pane('price'), pane('volume'), pane('rsi')];
  const time = scaleLinear([from, to], [price.left, price.right]);
  const length = INTERVAL_MS[interval];
  const span = priceSpan(chart);
  const most = Math.max(...chart.bars.map((bar) => bar.volume), 0);
  return {
    price,
    volume,
    rsi,
    barX: (openTime) => time(openTime + length / 2),
    timeX: (ms) => time(Math.min(Math.max(ms, from), to)),
    place: time(from + length) - time(from),
    priceY: span && scaleLinear(span, [price.bottom, price.top]),
    volumeY: scaleLinear([0, most > 0 ? most : 1], [volume.bottom, volume.top + 30]),
    rsiY: scaleLinear([0, 100], [rsi.bottom - 6, rsi.top + 6]),
  };
}

export function isWithin(price: number, scale: ScaleLinear<number, number>): boolean {
  const [low = 0, high = 0] = scale.domain();
  return price >= low && price <= high;
}

/** From lowest to highest price of the pane. */
function priceSpan({ bars, trades, exit, levels, lastPrice }: Chart): [number, number] | null {
  const musts = [
    ...bars.flatMap((bar) => [bar.low, bar.high]),
    ...trades.flatMap(({ entry, tp, sl }) => [entry, tp, sl]),
    ...[exit?.price ?? null, lastPrice].filter((price) => price !== null),
  ];
  if (musts.length === 0) return null;
  const [lowest, highest] = [Math.min(...musts), Math.max(...musts)];
  const reach = REACH * Math.max(highest - lowest, LEAST_SPAN * highest);
  const near = levels.map(({ price }) => price).filter((p) => p >= lowest - reach && p <= highest + reach);
  const [low, high] = [Math.min(lowest, ...near), Math.max(highest, ...near)];
  const air = AIR * Math.max(high - low, LEAST_SPAN * high);
  return [low - air, high + air];
}
