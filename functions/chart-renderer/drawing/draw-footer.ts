/** Times below the bars, the reason of the signal, and what it was drawn from. */
import { scaleUtc } from 'd3-scale';
import { DAY_MS } from '../../../schemas/primitives.ts';
import type { Chart } from '../content/chart.ts';
import { fitted, wrapped } from './fit-text.ts';
import { line, type Measure, type Shape, type Text } from './shapes.ts';
import { COLOR, SIZE, WIDTH } from './theme.ts';
import type { View } from './view.ts';

const LEFT = 20;
const ROOM = WIDTH - 40;
const TIMES_Y = 1_124;
const REASON_Y = [1_164, 1_195, 1_226];
const FOOTER_Y = 1_264;
const REASON_SIZE = 25;

/** Lines and names of round times; those at the edges of the panes are left out. */
export function drawTimes({ frame }: Chart, view: View, measure: Measure): Shape[] {
  const { left, right } = view.price;
  const ticks = scaleUtc().domain([frame.from, frame.to]).ticks(5);
  return ticks.flatMap((date): Shape[] => {
    const x = view.timeX(date.getTime());
    const text = timeName(date);
    const half = measure(text, SIZE.small, 'regular') / 2;
    if (x - half < left || x + half > right) return [];
    const look = { size: SIZE.small, weight: 'regular', fill: COLOR.quiet, anchor: 'middle' } as const;
    const upTo = view.rsi.bottom;
    return [
      line([x, view.price.top], [x, upTo], { stroke: COLOR.grid, width: 1.5 }),
      { kind: 'text', x, y: TIMES_Y, text, ...look, name: `time:${date.getTime()}` },
    ];
  });
}

/** `14:30`; `Jun 3` at midnight. */
function timeName(date: Date): string {
  if (date.getTime() % DAY_MS !== 0) return date.toISOString().slice(11, 16);
  return date.toLocaleString('en-US', { month: 'short', day: 'numeric', timeZone: 'UTC' });
}

export function drawFooter({ reason, footer }: Chart, measure: Measure): Shape[] {
  const fits = (text: string) => measure(text, REASON_SIZE, 'regular') <= ROOM;
  const lines = wrapped(reason, REASON_Y.length, fits);
  const words = (text: string, y: number, size: number, fill: string, name: string): Text => ({
    kind: 'text',
    x: LEFT,
    y,
    text: fitted(text, size, ROOM, 'regular', measure),
    size,
    weight: 'regular',
    fill,
    anchor: 'start',
    name,
  });
  return [
    ...lines.map((text, i) => words(text, REASON_Y[i]!, REASON_SIZE, COLOR.text, `reason:${i}`)),
    words(footer, FOOTER_Y, SIZE.small, COLOR.quiet, 'footer'),
  ];
}
