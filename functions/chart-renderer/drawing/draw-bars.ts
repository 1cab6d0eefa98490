/** Candles, volume and RSI; bars that cannot be trusted, and places without one, are hatched. */
import { INTERVAL_MS } from '../../../schemas/primitives.ts';
import type { Chart, ChartBar } from '../content/chart.ts';
import { amountText } from '../content/prices.ts';
import { line, type Shape } from './shapes.ts';
import { COLOR, SIZE } from './theme.ts';
import type { Pane, View } from './view.ts';

const RSI_LINES = [80, 20] as const;

export function drawPanes({ price, volume, rsi }: View): Shape[] {
  return [price, volume, rsi].map(({ left, right, top, bottom }) => ({
    kind: 'rect',
    x: left,
    y: top,
    width: right - left,
    height: bottom - top,
    fill: COLOR.pane,
    radius: 8,
  }));
}

/** Behind the bars: what is missing, and what is not whole. */
export function drawDoubts({ bars, frame }: Chart, view: View): Shape[] {
  const length = INTERVAL_MS[frame.interval];
  const known = new Map(bars.map((bar) => [bar.openTime, bar]));
  const shapes: Shape[] = [];
  for (let at = frame.from; at + length <= frame.dataTo; at += length) {
    const bar = known.get(at);
    const name = bar === undefined ? 'missing' : bar.isComplete ? null : 'incomplete';
    if (name === null) continue;
    const fill = bar === undefined ? COLOR.quiet : COLOR.doubt;
    for (const pane of [view.price, view.volume, view.rsi]) {
      shapes.push(column(pane, view, at, fill, `${name}:${at}`));
    }
  }
  return shapes;
}

function column({ top, bottom }: Pane, view: View, at: number, fill: string, name: string): Shape {
  const x = view.barX(at) - view.place / 2;
  return {
    kind: 'rect',
    x,
    y: top,
    width: view.place,
    height: bottom - top,
    fill,
    opacity: fill === COLOR.doubt ? 0.3 : 0.13,
    name,
  };
}

export function drawCandles({ bars }: Chart, view: View): Shape[] {
  const y = view.priceY;
  return y === null ? [] : bars.flatMap((bar) => candle(bar, view, y));
}

function candle(bar: ChartBar, view: View, y: (price: number) => number): Shape[] {
  const { openTime, open, high, low, close, isFilled } = bar;
  const x = view.barX(openTime);
  const width = bodyWidth(view);
  const color = isFilled ? COLOR.quiet : colorOf(bar);
  const [top, bottom] = [y(Math.max(open, close)), y(Math.min(open, close))];
  const height = Math.max(bottom - top, 2);
  return [
    line([x, y(high)], [x, y(low)], { stroke: color, width: 1.6, name: `wick:${openTime}` }),
    {
      kind: 'rect',
      x: x - width / 2,
      y: (top + bottom - height) / 2,
      width,
      height,
      fill: color,
      name: `candle:${openTime}`,
    },
  ];
}

export function drawVolume({ bars }: Chart, view: View): Shape[] {
  const { volume, volumeY: y } = view;
  const width = bodyWidth(view);
  const most = Math.max(...bars.map((bar) => bar.volume), 0);
  return [
    ...bars.map(
      (bar): Shape => ({
        kind: 'rect',
        x: view.barX(bar.openTime) - width / 2,
        y: y(bar.volume),
        width,
        height: volume.bottom - y(bar.volume),
        fill: colorOf(bar),
        opacity: 0.75,
        name: `volume:${bar.openTime}`,
      }),
    ),
    beside('Volume', volume, volume.top + 40),
    beside(`≤ ${amountText(most)}`, volume, volume.top + 70),
  ];
}

export function drawRsi({ bars, frame }: Chart, view: View): Shape[] {
  const { rsi, rsiY: y } = view;
  const strengths = bars.flatMap((bar) => (bar.rsi === null ? [] : [bar.rsi]));
  const last = strengths.at(-1);
  return [
    ...RSI_LINES.flatMap((value): Shape[] => [
      line([rsi.left, y(value)], [rsi.right, y(value)], {
        stroke: COLOR.quiet,
        width: 1.5,
        dash: [6, 6],
        opacity: 0.7,
        name: `rsi-line:${value}`,
      }),
      beside(String(value), rsi, y(value) + 8),
    ]),
    ...runs(bars, INTERVAL_MS[frame.interval]).map(
      (run): Shape => ({
        kind: 'polyline',
        points: run.map(({ openTime, rsi: value }) => [view.barX(openTime), y(value!)]),
        stroke: COLOR.trend,
        width: 2.5,
        name: 'rsi',
      }),
    ),
    beside(`RSI-7 ${last === undefined ? '–' : last.toFixed(1)}`, rsi, y(50) + 8),
  ];
}

/** Bars with RSI that follow each other; a hole is not drawn over. */
function runs(bars: readonly ChartBar[], length: number): ChartBar[][] {
  const found: ChartBar[][] = [];
  for (const bar of bars) {
    if (bar.rsi === null) continue;
    const run = found.at(-1);
    if (run?.at(-1)?.openTime === bar.openTime - length) run.push(bar);
    else found.push([bar]);
  }
  return found.filter((run) => run.length > 1);
}

export function bodyWidth({ place }: View): number {
  return Math.max(2, place * 0.68);
}

function colorOf({ open, close }: ChartBar): string {
  return close >= open ? COLOR.rising : COLOR.falling;
}

function beside(text: string, { right }: Pane, y: number): Shape {
  const look = { size: SIZE.small, weight: 'regular', fill: COLOR.quiet, anchor: 'start' } as const;
  return { kind: 'text', x: right + 12, y, text, ...look };
}
