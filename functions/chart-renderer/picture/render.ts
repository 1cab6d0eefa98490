/** A chart as a PNG file. Shapes take a few ms here, their pixels are made on a thread of the library. */
import { renderAsync } from '@resvg/resvg-js';
import type { ChartTask } from '../../../schemas/chart-task.ts';
import type { Chart } from '../content/chart.ts';
import { draw } from '../drawing/draw.ts';
import type { Measure } from '../drawing/shapes.ts';
import { FONT_FAMILY, FONT_FILES, openMeasure } from './font.ts';
import { withTexts } from './png-texts.ts';
import { svgOf } from './svg.ts';

const FONT = { loadSystemFonts: false, fontFiles: [...FONT_FILES], defaultFontFamily: FONT_FAMILY };

let measure: Measure | undefined;

/** The same chart gives the same bytes. The picture holds of what it is: `Task`, `Signal` (where there is one), `Pair`. */
export async function renderPng(chart: Chart, { id, signalId, pair }: ChartTask): Promise<Buffer> {
  measure ??= openMeasure();
  const image = await renderAsync(svgOf(draw(chart, measure)), { font: FONT, logLevel: 'off' });
  const signal = signalId === null ? {} : { Signal: signalId };
  return withTexts(image.asPng(), { Software: 'crypto-signal-tracker', Task: id, ...signal, Pair: pair });
}
