/** Curves over time as SVG that stretches with the page; its labels are text beside it, which does not. Pure. */
import { scaleLinear } from 'd3-scale';
import { html, type Markup } from '../markup.ts';

export interface Curve {
  /** Told to who cannot see it. */
  readonly title: string;
  readonly className: string;
  /** [ms since the epoch, value], by time; a value holds until the next. */
  readonly points: readonly (readonly [number, number])[];
  readonly fromMs: number;
  readonly toMs: number;
  /** What the area is drawn from. */
  readonly base: number;
  readonly format: (value: number) => string;
}

const WIDTH = 1000;
const HEIGHT = 300;
/** Of the price axis, both ends included. */
const STEPS = 4;
const DATES = 5;

export function curveOf({ title, className, points, fromMs, toMs, base, format }: Curve): Markup {
  const ticks = ticksOf([base, ...points.map(([, value]) => value)]);
  const [low, high] = [ticks[0]!, ticks.at(-1)!];
  const x = scaleLinear([fromMs, Math.max(toMs, fromMs + 1)], [0, WIDTH]).clamp(true);
  const y = scaleLinear([low, high], [HEIGHT, 0]);
  const line = stepsOf(points.map(([ms, value]) => [x(ms), y(value)] as const));
  const end = points.length === 0 ? '' : `H${short(x(toMs))}`;
  const first = points[0];
  const area = first
    ? `M${short(x(first[0]))} ${short(y(base))}L${line.slice(1)}${end}V${short(y(base))}Z`
    : '';
  return html`<figure class="curve ${className}">
<figcaption>${title}</figcaption>
<div class="plot"><svg viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label="${title}">
${ticks.map((tick) => html`<path class="grid" d="M0 ${short(y(tick))}H${WIDTH}"/>`)}
<path class="base" d="M0 ${short(y(base))}H${WIDTH}"/><path class="area" d="${area}"/><path class="line" d="${line}${end}"/>
</svg><ol class="values">${ticks.toReversed().map((tick) => html`<li>${format(tick)}</li>`)}</ol></div>
<ol class="dates">${datesOf(fromMs, toMs).map((date) => html`<li>${date}</li>`)}</ol>
</figure>`;
}

/** Of even distance, so that labels need no positions; the first and the last hold all values. */
function ticksOf(values: readonly number[]): number[] {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const span = high > low ? high - low : Math.max(Math.abs(high) * 0.01, 1e-9);
  const scale = scaleLinear()
    .domain([high - span, high])
    .nice(STEPS);
  const inner = scale.ticks(STEPS);
  return inner.length > 1 ? inner : scale.domain();
}

function stepsOf(points: readonly (readonly [number, number])[]): string {
  return points
    .map(([x, y], i) => (i === 0 ? `M${short(x)} ${short(y)}` : `H${short(x)}V${short(y)}`))
    .join('');
}

function datesOf(fromMs: number, toMs: number): string[] {
  return Array.from({ length: DATES }, (_, i) => {
    const iso = new Date(fromMs + ((toMs - fromMs) * i) / (DATES - 1)).toISOString();
    return toMs - fromMs > 3 * 86_400_000 ? iso.slice(5, 10) : iso.slice(5, 16).replace('T', ' ');
  });
}

/** A tenth of a thousandth of the width is seen by nobody. */
export function short(value: number): string {
  return String(Math.round(value * 10) / 10);
}
