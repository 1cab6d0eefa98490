/** Equity of one book over time, with its drawdown from the highest so far. */
import { h, type JSX } from 'preact';
import { dateTime, fixed, percent } from '../format.ts';
import type { EquityPoint } from '../wire.ts';
import { empty, section, tone } from './parts.ts';

/** Of the drawing; it is stretched to the width there is. */
const WIDTH = 1_000;
const HEIGHT = 200;
const DEPTH = 60;
/** So that a line at the edge is not cut. */
const MARGIN = 4;

export function equityCurve(book: string, points: readonly EquityPoint[]): JSX.Element {
  if (points.length < 2) {
    return section(`Equity of ${book}`, empty('No curve yet', 'It grows with each closed position.'));
  }
  const values = points.map(({ equity }) => equity);
  const drops = drawdowns(values);
  const deepest = Math.min(...drops);
  const label = `Equity from ${fixed(values[0], 2)} to ${fixed(values.at(-1), 2)}, deepest drawdown ${percent(deepest)}`;
  const y = scale(Math.min(...values), Math.max(...values), HEIGHT);
  const depth = scale(deepest, 0, DEPTH);
  const x = timesOf(points);
  return section(
    `Equity of ${book}`,
    h(
      'figure',
      { class: 'equity' },
      h(
        'svg',
        {
          viewBox: `0 0 ${WIDTH} ${HEIGHT + DEPTH}`,
          preserveAspectRatio: 'none',
          role: 'img',
          'aria-label': label,
        },
        h('path', { class: 'curve', d: steps(x, values.map(y)) }),
        deepest < 0 &&
          h('path', {
            class: 'drawdown',
            d: `${steps(
              x,
              drops.map((drop) => HEIGHT + depth(drop)),
            )}V${HEIGHT + MARGIN}H0Z`,
          }),
      ),
      h(
        'figcaption',
        null,
        h('span', null, dateTime(points[0]!.ts)),
        h('span', null, `${fixed(Math.min(...values), 2)} – ${fixed(Math.max(...values), 2)}`),
        h('span', { class: tone(deepest) }, `Drawdown ${percent(deepest)}`),
        h('span', null, dateTime(points.at(-1)!.ts)),
      ),
    ),
  );
}

/** Of each value from the highest up to it, as a share. */
export function drawdowns(values: readonly number[]): number[] {
  let peak = Number.NEGATIVE_INFINITY;
  return values.map((value) => {
    peak = Math.max(peak, value);
    return value / peak - 1;
  });
}

/** From the top of the drawing down. */
function scale(min: number, max: number, height: number): (value: number) => number {
  const room = height - 2 * MARGIN;
  return (value) => MARGIN + (max === min ? room / 2 : (1 - (value - min) / (max - min)) * room);
}

function timesOf(points: readonly EquityPoint[]): number[] {
  const times = points.map(({ ts }) => Date.parse(ts));
  const [first, last] = [times[0]!, times.at(-1)!];
  return times.map((time) => ((time - first) / Math.max(1, last - first)) * WIDTH);
}

/** Equity stays as it is until the next exit. */
function steps(x: readonly number[], y: readonly number[]): string {
  return x.map((at, i) => (i === 0 ? `M${at} ${y[i]}` : `H${at.toFixed(1)}V${y[i]!.toFixed(1)}`)).join('');
}
