/** A chart as a picture of shapes: everything gets its place. */
import type { Chart } from '../content/chart.ts';
import { drawCandles, drawDoubts, drawPanes, drawRsi, drawVolume } from './draw-bars.ts';
import { drawFooter, drawTimes } from './draw-footer.ts';
import { drawHeader } from './draw-header.ts';
import { drawMarks, drawMoments } from './draw-marks.ts';
import * as prices from './draw-prices.ts';
import type { Measure, Scene, Shape } from './shapes.ts';
import { COLOR, HEIGHT, SIZE, WIDTH } from './theme.ts';
import { type View, viewOf } from './view.ts';

export function draw(chart: Chart, measure: Measure): Scene {
  const labels = prices.labelsOf(chart);
  const view = viewOf(chart, prices.gutterOf(labels, measure));
  const y = view.priceY;
  const shapes: Shape[] = [
    ...drawPanes(view),
    ...drawTimes(chart, view, measure),
    ...drawDoubts(chart, view),
    ...(y === null ? [] : prices.drawZones(chart, view, y)),
    ...drawVolume(chart, view),
    ...drawRsi(chart, view),
    ...(y === null ? [] : prices.drawLevels(chart, view, y)),
    ...(y === null ? [] : prices.drawTrends(chart, view, y)),
    ...drawCandles(chart, view),
    ...drawMoments(chart, view, y),
    ...(y === null ? [] : prices.drawTradeLines(chart, view, y)),
    ...(y === null ? [] : drawMarks(chart, view, y)),
    ...(y === null ? [] : prices.drawFarLevels(chart, view, y)),
    ...(y === null ? [] : prices.drawLabels(chart, labels, view, y, measure)),
    ...(chart.bars.length === 0 ? [nothingKnown(view)] : []),
    ...drawHeader(chart, measure),
    ...drawFooter(chart, measure),
  ];
  return { width: WIDTH, height: HEIGHT, background: COLOR.background, shapes };
}

function nothingKnown({ price: { left, right, top, bottom } }: View): Shape {
  const look = { size: SIZE.fact, weight: 'bold', fill: COLOR.doubt, anchor: 'middle' } as const;
  const at = { x: (left + right) / 2, y: (top + bottom) / 2 };
  return { kind: 'text', ...at, text: 'No bars known for this time', ...look, name: 'nothing' };
}
