/** Lines at prices with their labels: levels, trend, entry, TP and SL with what may be won and lost. */
import type { ScaleLinear } from 'd3-scale';
import { HOUR_MS } from '../../../schemas/primitives.ts';
import type { Chart, ChartLevel, ChartTrend } from '../content/chart.ts';
import { priceText } from '../content/prices.ts';
import { placeLabels } from './place-labels.ts';
import { line, type Measure, type Shape } from './shapes.ts';
import { COLOR, SIZE } from './theme.ts';
import { isWithin, type View } from './view.ts';

type PriceY = ScaleLinear<number, number>;

export interface PriceLabel {
  readonly text: string;
  readonly price: number;
  readonly color: string;
  /** Filled with its colour. */
  readonly isBold: boolean;
  readonly weight: number;
}

export const LABEL = { height: 38, gap: 4, pad: 8 } as const;
/** Longer labels are cut by the edge: bars need their room. */
const MOST_GUTTER = 400;

/** All labels that the chart wants at its right, in no order. */
export function labelsOf(chart: Chart): PriceLabel[] {
  const { decimals, levels, trades, exit, lastPrice } = chart;
  const bold = (name: string, price: number, color: string, weight: number): PriceLabel => ({
    text: `${name}${priceText(price, decimals)}`,
    price,
    color,
    isBold: true,
    weight,
  });
  return unique([
    ...trades.flatMap(({ entry, tp, sl }) => [
      bold('TP ', tp, COLOR.tp, 100),
      bold('SL ', sl, COLOR.sl, 100),
      bold('Entry ', entry, COLOR.entry, 101),
    ]),
    ...(exit === null || exit.price === null ? [] : [bold('Exit ', exit.price, exitColor(exit.isWin), 99)]),
    ...(lastPrice === null ? [] : [bold('', lastPrice, COLOR.text, 102)]),
    ...levels.map((level, i) => ({
      text: levelText(level, decimals),
      price: level.price,
      color: levelColor(level),
      isBold: false,
      weight: 50 - i,
    })),
  ]);
}

export function exitColor(isWin: boolean | null): string {
  return isWin === null ? COLOR.text : isWin ? COLOR.tp : COLOR.sl;
}

/** Several positions may have the same price. */
function unique(labels: readonly PriceLabel[]): PriceLabel[] {
  return [...new Map(labels.map((label) => [`${label.text} ${label.color}`, label])).values()];
}

function levelText({ price, role, touches }: ChartLevel, decimals: number): string {
  const count = touches === null ? '' : ` ×${touches}`;
  return `${role === 'SUPPORT' ? 'S' : 'R'} ${priceText(price, decimals)}${count}`;
}

function levelColor({ role }: ChartLevel): string {
  return role === 'SUPPORT' ? COLOR.support : COLOR.resistance;
}

export function gutterOf(labels: readonly PriceLabel[], measure: Measure): number {
  const widths = labels.map(({ text, isBold }) => measure(text, SIZE.label, isBold ? 'bold' : 'regular'));
  const wanted = widths.map((width) => width + 2 * LABEL.pad + 18);
  return Math.min(MOST_GUTTER, Math.max(140, ...wanted));
}

export function drawZones({ trades, frame }: Chart, view: View, y: PriceY): Shape[] {
  return trades.flatMap(({ entry, tp, sl, from, until }) => {
    const x = view.timeX(from);
    const width = view.timeX(until ?? frame.to) - x;
    const zone = (price: number, fill: string, name: string): Shape => {
      const [top, bottom] = [y(Math.max(price, entry)), y(Math.min(price, entry))];
      return { kind: 'rect', x, y: top, width, height: bottom - top, fill, opacity: 0.17, name };
    };
    return [zone(tp, COLOR.tp, 'reward'), zone(sl, COLOR.sl, 'risk')];
  });
}

/** Each with a ring where a visit came nearest. */
export function drawLevels({ levels }: Chart, view: View, y: PriceY): Shape[] {
  return levels.flatMap((level): Shape[] => {
    if (!isWithin(level.price, y)) return [];
    const stroke = levelColor(level);
    const at = y(level.price);
    const { left, right } = view.price;
    const name = `level:${level.price}`;
    const rings = level.visits.map((openTime): Shape => {
      const look = { radius: 6, fill: COLOR.pane, stroke, name: `touch:${level.price}:${openTime}` };
      return { kind: 'circle', x: view.barX(openTime), y: at, ...look };
    });
    return [line([left, at], [right, at], { stroke, width: 2, opacity: 0.85, name }), ...rings];
  });
}

export function drawTrends({ trends, frame }: Chart, view: View, y: PriceY): Shape[] {
  return trends.flatMap((trend) => {
    const span = visibleSpan(trend, y, frame.from, frame.to);
    if (span === null) return [];
    const [from, to] = span.map((ms) => [view.timeX(ms), y(trendAt(trend, ms))] as const);
    return [line(from!, to!, { stroke: COLOR.trend, width: 3, dash: [14, 8], name: 'trend' })];
  });
}

function trendAt({ intercept, slope, anchor }: ChartTrend, ms: number): number {
  return intercept + (slope * (ms - anchor)) / HOUR_MS;
}

/** When the line runs through the pane; null where it never does. */
function visibleSpan(trend: ChartTrend, y: PriceY, from: number, to: number): [number, number] | null {
  if (trend.slope === 0) return isWithin(trend.intercept, y) ? [from, to] : null;
  const crossings = y
    .domain()
    .map((price) => trend.anchor + ((price - trend.intercept) / trend.slope) * HOUR_MS);
  const [first, last] = [Math.max(from, Math.min(...crossings)), Math.min(to, Math.max(...crossings))];
  return first < last ? [first, last] : null;
}

export function drawTradeLines({ trades }: Chart, view: View, y: PriceY): Shape[] {
  return trades.flatMap(({ entry, tp, sl, from }) => {
    const at = (price: number, stroke: string, name: string) =>
      line([view.timeX(from), y(price)], [view.price.right, y(price)], { stroke, width: 3, name });
    return [at(tp, COLOR.tp, 'tp'), at(sl, COLOR.sl, 'sl'), at(entry, COLOR.entry, 'entry')];
  });
}

/** Labels at the right, each joined to its price. Ticks of the axis stand where they leave room. */
export function drawLabels(
  chart: Chart,
  labels: readonly PriceLabel[],
  view: View,
  y: PriceY,
  measure: Measure,
): Shape[] {
  const { right, top, bottom } = view.price;
  const shown = labels.filter(({ price }) => isWithin(price, y));
  const wanted = shown.map((label) => ({ ...label, y: y(label.price) }));
  const step = LABEL.height + LABEL.gap;
  const placed = placeLabels(wanted, step, { top, bottom });
  const isFree = (at: number) => placed.every((label) => Math.abs(label.y - at) >= LABEL.height);
  const isInside = (at: number) => at - top >= LABEL.height / 2 && bottom - at >= LABEL.height / 2;
  const ticks = y.ticks(7).filter((price) => isFree(y(price)) && isInside(y(price)));
  return [
    ...ticks.map((price): Shape => {
      const look = { size: SIZE.small, weight: 'regular', fill: COLOR.quiet, anchor: 'start' } as const;
      const at = { x: right + 18 + LABEL.pad, y: y(price) + 8 };
      return { kind: 'text', ...at, text: priceText(price, chart.decimals), ...look, name: 'tick' };
    }),
    ...placed.flatMap(({ label, y: at }) => labelShapes(label, at, right, measure)),
  ];
}

function labelShapes(
  label: PriceLabel & { readonly y: number },
  at: number,
  right: number,
  measure: Measure,
): Shape[] {
  const { text, color, isBold } = label;
  const weight = isBold ? 'bold' : 'regular';
  const width = measure(text, SIZE.label, weight) + 2 * LABEL.pad;
  const box = { x: right + 18, y: at - LABEL.height / 2, width, height: LABEL.height, radius: 6 };
  const fill = isBold ? color : COLOR.background;
  const words = { x: box.x + LABEL.pad, y: at + 9, text, size: SIZE.label, weight } as const;
  return [
    line([right, label.y], [box.x, at], { stroke: color, width: 2 }),
    { kind: 'rect', ...box, fill, stroke: isBold ? undefined : color, name: `label:${text}` },
    { kind: 'text', ...words, fill: isBold ? COLOR.onBright : color, anchor: 'start' },
  ];
}

/** Levels that no scale could show beside the bars. */
export function drawFarLevels({ levels, decimals }: Chart, view: View, y: PriceY): Shape[] {
  const { left, top, bottom } = view.price;
  const far = (isAbove: boolean) => {
    const edge = y.domain()[isAbove ? 1 : 0]!;
    const beyond = levels.filter(({ price }) => (isAbove ? price > edge : price < edge));
    beyond.sort((a, b) => Math.abs(a.price - edge) - Math.abs(b.price - edge));
    return beyond.map(({ price }) => priceText(price, decimals));
  };
  const told = (isAbove: boolean, at: number): Shape[] => {
    const [first, second, ...others] = far(isAbove);
    if (first === undefined) return [];
    const more = others.length > 0 ? ` +${others.length}` : '';
    const text = `${isAbove ? '↑' : '↓'} ${first}${second === undefined ? '' : ` · ${second}`}${more}`;
    const look = { size: SIZE.small, weight: 'regular', fill: COLOR.quiet, anchor: 'start' } as const;
    return [{ kind: 'text', x: left + 10, y: at, text, ...look, name: 'far' }];
  };
  return [...told(true, top + 28), ...told(false, bottom - 12)];
}
