/** The font of all charts, from its package: pictures are the same on every machine, whatever fonts that has. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import opentype from 'opentype.js';
import type { Measure, Weight } from '../drawing/shapes.ts';

export const FONT_FAMILY = 'IBM Plex Sans Condensed';
export const FONT_WEIGHTS: Readonly<Record<Weight, number>> = { regular: 500, bold: 700 };

const FILES: Readonly<Record<Weight, string>> = {
  regular: fileURLToPath(
    import.meta.resolve(
      '@expo-google-fonts/ibm-plex-sans-condensed/500Medium/IBMPlexSansCondensed_500Medium.ttf',
    ),
  ),
  bold: fileURLToPath(
    import.meta.resolve(
      '@expo-google-fonts/ibm-plex-sans-condensed/700Bold/IBMPlexSansCondensed_700Bold.ttf',
    ),
  ),
};

export const FONT_FILES: readonly string[] = Object.values(FILES);

/** Widths by character, without kerning, which the renderer is told to leave out, too. */
export function openMeasure(): Measure {
  const fonts = { regular: readFont(FILES.regular), bold: readFont(FILES.bold) };
  const advances: Record<Weight, Map<string, number>> = { regular: new Map(), bold: new Map() };
  const advance = (character: string, weight: Weight) => {
    const known = advances[weight].get(character);
    if (known !== undefined) return known;
    const font = fonts[weight];
    const share = (font.charToGlyph(character).advanceWidth ?? 0) / font.unitsPerEm;
    advances[weight].set(character, share);
    return share;
  };
  return (text, size, weight) => {
    let width = 0;
    for (const character of text) width += advance(character, weight);
    return width * size;
  };
}

function readFont(file: string): opentype.Font {
  const bytes = readFileSync(file);
  return opentype.parse(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
}
