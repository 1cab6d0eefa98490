/** Texts of any length in the room there is. */
import type { Measure, Weight } from './shapes.ts';

/** Below this share of its size a text is cut instead of shrunk. */
const SMALLEST = 0.6;

export function sizeThatFits(
  text: string,
  size: number,
  room: number,
  weight: Weight,
  measure: Measure,
): number {
  const width = measure(text, size, weight);
  return width <= room ? size : size * Math.max(SMALLEST, room / width);
}

/** The text, or as much of its beginning as fits with `…`. */
export function fitted(text: string, size: number, room: number, weight: Weight, measure: Measure): string {
  if (measure(text, size, weight) <= room + 0.01) return text;
  let left = room - measure('…', size, weight);
  let kept = '';
  for (const character of text) {
    left -= measure(character, size, weight);
    if (left < 0) break;
    kept += character;
  }
  return `${kept.trimEnd()}…`;
}

/** Broken between words into at most so many lines; the last one is cut. */
export function wrapped(text: string, lines: number, fits: (line: string) => boolean): string[] {
  const words = text.split(/\s+/).filter((word) => word !== '');
  const out: string[] = [];
  for (const [i, word] of words.entries()) {
    const last = out.at(-1);
    if (last !== undefined && fits(`${last} ${word}`)) out[out.length - 1] = `${last} ${word}`;
    else if (out.length === lines) return [...out.slice(0, -1), [last, ...words.slice(i)].join(' ')];
    else out.push(word);
  }
  return out;
}
