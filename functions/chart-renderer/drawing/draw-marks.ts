/** Signs at bars: what was seen, where it was entered, how it ended. */
import type { ScaleLinear } from 'd3-scale';
import type { Chart, ChartBar, ChartMark } from '../content/chart.ts';
import { exitColor } from './draw-prices.ts';
import { line, type Shape } from './shapes.ts';
import { COLOR } from './theme.ts';
import type { Pane, View } from './view.ts';

type PriceY = ScaleLinear<number, number>;

const RADIUS = 15;
/** From a bar to the letter at it. */
const OFFSET = 26;
/** From one letter to the next. */
const STEP = 2.3 * RADIUS;

/** A letter in a disc, as in the header. */
export function disc(letter: string, x: number, y: number, isBright: boolean, name: string): Shape[] {
  const fill = isBright ? COLOR.onBright : COLOR.quiet;
  const look = { size: 22, weight: 'bold', fill, anchor: 'middle' } as const;
  const ground = { fill: isBright ? COLOR.mark : COLOR.grid, stroke: COLOR.background };
  return [
    { kind: 'circle', x, y, radius: RADIUS, ...ground, name },
    { kind: 'text', x, y: y + 8, text: letter, ...look },
  ];
}

export function drawMarks(chart: Chart, view: View, y: PriceY): Shape[] {
  const held = chart.marks.filter((mark) => mark.holds && mark.bars.length > 0);
  const byTime = new Map(chart.bars.map((bar) => [bar.openTime, bar]));
  const inPrice = held.filter((mark) => mark.pane === 'price');
  return [
    ...priceMarks(inPrice, chart, byTime, view, y),
    ...held.flatMap((mark) => paneMark(mark, byTime, view)),
  ];
}

/** Outside of the bars, on the side that they rejected; several in a row away from them. */
function priceMarks(
  marks: readonly ChartMark[],
  { side }: Chart,
  byTime: ReadonlyMap<number, ChartBar>,
  view: View,
  y: PriceY,
): Shape[] {
  const out = side === 'SHORT' ? -1 : 1;
  const tipsOf = ({ bars }: ChartMark) =>
    bars
      .flatMap((openTime) => byTime.get(openTime) ?? [])
      .map((bar) => [view.barX(bar.openTime), y(out < 0 ? bar.high : bar.low) + out * 6] as const);
  const furthest = out * Math.max(...marks.flatMap(tipsOf).map(([, tip]) => out * tip));
  const edge = out < 0 ? view.price.top : view.price.bottom;
  return marks.flatMap((mark, i) => {
    const tips = tipsOf(mark);
    const x = tips.at(-1)?.[0];
    if (x === undefined) return [];
    const wanted = furthest + out * (OFFSET + i * STEP);
    const limit = edge - out * (RADIUS + 2 + (marks.length - 1 - i) * STEP);
    const at = out * Math.min(out * wanted, out * limit);
    const stems = tips.map((tip) => line(tip, [x, at], { stroke: COLOR.mark, width: 2.5 }));
    return [...stems, ...disc(mark.letter, x, at, true, nameOf(mark))];
  });
}

function paneMark(mark: ChartMark, byTime: ReadonlyMap<number, ChartBar>, view: View): Shape[] {
  const bar = byTime.get(mark.bars.at(-1)!);
  if (bar === undefined || mark.pane === 'price') return [];
  const x = view.barX(bar.openTime);
  if (mark.pane === 'volume') {
    const at = inside(view.volume, view.volumeY(bar.volume) - OFFSET);
    return disc(mark.letter, x, at, true, nameOf(mark));
  }
  const tip = view.rsiY(bar.rsi ?? 50);
  const at = inside(view.rsi, tip + (tip > view.rsiY(50) ? -1 : 1) * OFFSET);
  return [
    line([x, tip], [x, at], { stroke: COLOR.mark, width: 2.5 }),
    ...disc(mark.letter, x, at, true, nameOf(mark)),
  ];
}

function nameOf({ letter, bars }: ChartMark): string {
  return `mark:${letter}:${bars.at(-1)}`;
}

function inside({ top, bottom }: Pane, at: number): number {
  return Math.min(Math.max(at, top + RADIUS + 2), bottom - RADIUS - 2);
}

/** The instant of the signal, through all panes, and where the position was left. */
export function drawMoments({ signalAt, exit, trades }: Chart, view: View, y: PriceY | null): Shape[] {
  const through = (ms: number, stroke: string, name: string) =>
    line([view.timeX(ms), view.price.top], [view.timeX(ms), view.rsi.bottom], {
      stroke,
      width: 2,
      dash: [4, 6],
      opacity: 0.8,
      name,
    });
  const shapes = signalAt === null ? [] : [through(signalAt, COLOR.entry, 'signal')];
  if (exit === null) return shapes;
  const color = exitColor(exit.isWin);
  shapes.push(through(exit.at, color, 'exit-time'));
  const [trade] = trades;
  if (exit.price === null || y === null || trade === undefined) return shapes;
  const [x, at] = [view.timeX(exit.at), y(exit.price)];
  const way = { stroke: color, width: 3, dash: [10, 6] };
  return [
    ...shapes,
    line([view.timeX(trade.from), y(trade.entry)], [x, at], { ...way, name: 'way' }),
    { kind: 'circle', x, y: at, radius: 11, fill: color, stroke: COLOR.background, name: 'exit' },
  ];
}
