/** Title, result and facts above the bars; the checks, which are the legend of the marks. */
import type { Chart } from '../content/chart.ts';
import { disc } from './draw-marks.ts';
import { exitColor } from './draw-prices.ts';
import { fitted, sizeThatFits } from './fit-text.ts';
import type { Measure, Shape } from './shapes.ts';
import { COLOR, SIZE, WIDTH } from './theme.ts';

const LEFT = 20;
const RIGHT = WIDTH - 20;
const TITLE_Y = 66;
const FACTS_Y = [118, 158];
const LEGEND_Y = 196;

export function drawHeader(chart: Chart, measure: Measure): Shape[] {
  return [
    ...title(chart, measure),
    ...chart.facts.flatMap((fact, i): Shape[] => {
      const size = sizeThatFits(fact, SIZE.fact, RIGHT - LEFT, 'regular', measure);
      const fill = i === 0 ? COLOR.text : COLOR.quiet;
      const text = fitted(fact, size, RIGHT - LEFT, 'regular', measure);
      const at = { x: LEFT, y: FACTS_Y[i]!, size, weight: 'regular', anchor: 'start' } as const;
      return [{ kind: 'text', ...at, text, fill, name: `fact:${i}` }];
    }),
    ...(chart.warning === null ? legend(chart, measure) : [warning(chart.warning)]),
  ];
}

function title({ pair, side, badge }: Chart, measure: Measure): Shape[] {
  const badgeWidth = badge === null ? 0 : measure(badge.text, BADGE.size, 'bold') + 2 * BADGE.pad;
  const pillWidth = side === null ? 0 : measure(side, PILL.size, 'bold') + 2 * PILL.pad;
  const room = RIGHT - LEFT - badgeWidth - pillWidth - 40;
  const size = sizeThatFits(pair, SIZE.title, room, 'bold', measure);
  const text = fitted(pair, size, room, 'bold', measure);
  const after = LEFT + measure(text, size, 'bold') + 18;
  const look = { size, weight: 'bold', fill: COLOR.text, anchor: 'start', name: 'pair' } as const;
  return [
    { kind: 'text', x: LEFT, y: TITLE_Y, text, ...look },
    ...(side === null
      ? []
      : pill(after, side, pillWidth, PILL.size, side === 'LONG' ? COLOR.tp : COLOR.sl, 'side')),
    ...(badge === null
      ? []
      : pill(RIGHT - badgeWidth, badge.text, badgeWidth, BADGE.size, exitColor(badge.isGood), 'badge')),
  ];
}

const PILL = { size: 36, pad: 14 } as const;
const BADGE = { size: 34, pad: 16 } as const;

function pill(x: number, text: string, width: number, size: number, fill: string, name: string): Shape[] {
  const words = { size, weight: 'bold', fill: COLOR.onBright, anchor: 'middle' } as const;
  return [
    { kind: 'rect', x, y: 20, width, height: 56, fill, radius: 10, name },
    { kind: 'text', x: x + width / 2, y: 61, text, ...words },
  ];
}

/** Checks that held are bright, the others faint. */
function legend({ marks }: Chart, measure: Measure): Shape[] {
  let x = LEFT;
  return marks.flatMap(({ letter, text, holds }) => {
    const at = x;
    x += 42 + measure(text, SIZE.label, 'regular') + 30;
    const fill = holds ? COLOR.text : COLOR.quiet;
    const look = { size: SIZE.label, weight: 'regular', fill, anchor: 'start' } as const;
    return [
      ...disc(letter, at + 15, LEGEND_Y - 9, holds, `legend:${letter}`),
      { kind: 'text' as const, x: at + 38, y: LEGEND_Y, text, ...look },
    ];
  });
}

function warning(text: string): Shape {
  const look = { size: SIZE.label, weight: 'bold', fill: COLOR.doubt, anchor: 'start' } as const;
  return { kind: 'text', x: LEFT, y: LEGEND_Y, text, ...look, name: 'warning' };
}
