/**
 * Shapes as SVG. Texts of others are escaped; nothing outside of the picture is referred to. Opacity is that of fill or
 * stroke: as one of the element it makes a layer, and the renderer ends the process where a layer lies far outside.
 */
import type { Circle, Polyline, Rect, Scene, Shape, Text } from '../drawing/shapes.ts';
import { FONT_FAMILY, FONT_WEIGHTS } from './font.ts';

export function svgOf({ width, height, background, shapes }: Scene): string {
  const size = `width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"`;
  const backdrop = `<rect width="${width}" height="${height}" fill="${background}"/>`;
  // As an attribute the renderer does not heed it.
  const style = `font-family="${FONT_FAMILY}" style="font-kerning:none"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} ${style}>${backdrop}${shapes.map(elementOf).join('')}</svg>`;
}

function elementOf(shape: Shape): string {
  switch (shape.kind) {
    case 'rect':
      return rect(shape);
    case 'polyline':
      return polyline(shape);
    case 'circle':
      return circle(shape);
    case 'text':
      return text(shape);
  }
}

function rect({ x, y, width, height, fill, opacity, radius, stroke }: Rect): string {
  const box = attributes({ x, y, width: Math.max(0, width), height: Math.max(0, height), rx: radius });
  const look = { fill, 'fill-opacity': opacity, stroke, 'stroke-width': stroke && 2 };
  return `<rect${box}${attributes(look)}/>`;
}

function polyline({ points, stroke, width, dash, opacity }: Polyline): string {
  const path = points.map(([x, y], i) => `${i === 0 ? 'M' : 'L'}${short(x)} ${short(y)}`).join('');
  const dashes = { 'stroke-dasharray': dash?.join(' '), 'stroke-opacity': opacity };
  return `<path d="${path}" fill="none"${attributes({ stroke, 'stroke-width': width, ...dashes })}/>`;
}

function circle({ x, y, radius, fill, stroke }: Circle): string {
  return `<circle${attributes({ cx: x, cy: y, r: radius, fill, stroke, 'stroke-width': stroke && 2.5 })}/>`;
}

function text({ x, y, text: words, size, weight, fill, anchor }: Text): string {
  const look = { 'font-size': size, 'font-weight': FONT_WEIGHTS[weight], fill, 'text-anchor': anchor };
  return `<text${attributes({ x, y, ...look })}>${escapeXml(words)}</text>`;
}

function attributes(values: Readonly<Record<string, string | number | undefined>>): string {
  return Object.entries(values)
    .flatMap(([name, value]) => {
      if (value === undefined) return [];
      return ` ${name}="${typeof value === 'number' ? short(value) : value}"`;
    })
    .join('');
}

/** A hundredth of a pixel is seen by nobody. */
function short(value: number): string {
  return String(Math.round(value * 100) / 100);
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** XML knows no control characters and no halves of a pair, escaped or not. */
export function escapeXml(words: string): string {
  return words
    .toWellFormed()
    .replace(/[\p{Cc}\uFFFE\uFFFF]/gu, ' ')
    .replace(/[&<>"]/g, (character) => ENTITIES[character]!);
}
