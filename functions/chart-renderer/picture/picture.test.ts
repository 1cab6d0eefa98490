import { renderAsync } from '@resvg/resvg-js';
import { PNG } from 'pngjs';
import { describe, expect, it } from 'vitest';
import * as f from '../chart.fixture.ts';
import { chartOf } from '../content/chart-of.ts';
import { draw } from '../drawing/draw.ts';
import type { Polyline, Scene, Shape } from '../drawing/shapes.ts';
import { COLOR } from '../drawing/theme.ts';
import { FONT_FILES, openMeasure } from './font.ts';
import { textsOf, withTexts } from './png-texts.ts';
import { renderPng } from './render.ts';
import { escapeXml, svgOf } from './svg.ts';

const signal = f.scalp({ support: [104_100], trend: { slope: 120, intercept: 104_150, r2: 0.8 } });
const task = f.task({ scalp: signal });
const chart = chartOf(f.factsOf({ task, candles: f.walk({ bars: 300 }) }));
const measure = openMeasure();

/** By a reader of its own: chunks of a PNG file as they stand. */
function chunksOf(png: Buffer): { type: string; data: Buffer }[] {
  const chunks: { type: string; data: Buffer }[] = [];
  for (let at = 8; at < png.length; ) {
    const length = png.readUInt32BE(at);
    chunks.push({
      type: png.toString('latin1', at + 4, at + 8),
      data: png.subarray(at + 8, at + 8 + length),
    });
    at += 12 + length;
  }
  return chunks;
}

describe('a picture', () => {
  it('is the same bytes each time', async () => {
    const [a, b] = [await renderPng(chart, task), await renderPng(chart, task)];
    expect(a.equals(b)).toBe(true);
  });

  it('holds task, signal and pair, where any reader finds them', async () => {
    const png = await renderPng(chart, { ...task, pair: 'BTCUSDT' });
    // The specification: keyword, five zero bytes for what is not used, text in UTF-8.
    const text = (keyword: string, value: string) => `${keyword}\0\0\0\0\0${value}`;
    const [header, ...rest] = chunksOf(png);
    expect(header!.type).toBe('IHDR');
    expect(rest.filter(({ type }) => type === 'iTXt').map(({ data }) => data.toString())).toEqual([
      text('Software', 'crypto-signal-tracker'),
      text('Task', 'task-1'),
      text('Signal', signal.id),
      text('Pair', 'BTCUSDT'),
    ]);
    expect(textsOf(png)).toMatchObject({ Task: 'task-1', Signal: signal.id, Pair: 'BTCUSDT' });
  });

  it('is a sound file of the size that Telegram leaves alone', async () => {
    // pngjs checks every CRC.
    const { width, height } = PNG.sync.read(await renderPng(chart, task));
    expect([width, height]).toEqual([1_024, 1_280]);
  });

  it('has the colours of its lines where they stand', async () => {
    const { shapes } = draw(chart, measure);
    const { data, width } = PNG.sync.read(await renderPng(chart, task));
    for (const [name, color] of [
      ['tp', COLOR.tp],
      ['sl', COLOR.sl],
      ['entry', COLOR.entry],
    ] as const) {
      const { points } = shapes.find((shape) => shape.name === name) as Polyline;
      const [x, y] = [Math.round(points[1]![0] - 20), Math.floor(points[1]![1])];
      const at = (y * width + x) * 4;
      expect(`#${data.subarray(at, at + 3).toString('hex')}`, name).toBe(color);
    }
  });

  it('survives what lies far outside of it', async () => {
    const line: Shape = {
      kind: 'polyline',
      points: [
        [-9_999, 0],
        [-9_999, 50],
      ],
      stroke: '#ffffff',
      width: 2,
      opacity: 0.8,
    };
    const box: Shape = {
      kind: 'rect',
      x: 9_999,
      y: 9_999,
      width: 9,
      height: 9,
      fill: '#ffffff',
      opacity: 0.5,
    };
    const scene = { width: 100, height: 100, background: '#000000', shapes: [line, box] };
    const { pixels } = await renderAsync(svgOf(scene), { font: { loadSystemFonts: false } });
    expect(pixels.subarray(0, 4)).toEqual(Buffer.from([0, 0, 0, 255]));
  });

  it.each([
    { sl: 1e308 },
    { tp: 1e308, entry: 1e307, sl: 1e-320 },
    { support: [1e300], trend: { slope: 1e308, intercept: -1e308, r2: 1 } },
    { signal_reason: 'x'.repeat(100_000), variant: '<'.repeat(100_000) },
  ])('comes of any signal', async (known) => {
    const odd = f.task({ scalp: f.scalp(known) });
    const drawn = chartOf(f.factsOf({ task: odd, candles: f.walk({ bars: 300 }) }));
    expect(PNG.sync.read(await renderPng(drawn, odd)).width).toBe(1_024);
  });

  it('needs no font of the machine', async () => {
    const text = (words: string): Scene => {
      const look = { x: 10, y: 50, size: 40, weight: 'bold', fill: '#ffffff', anchor: 'start' } as const;
      const shapes: Shape[] = [{ kind: 'text', text: words, ...look }];
      return { width: 600, height: 80, background: '#000000', shapes };
    };
    const inked = async (words: string) => {
      const font = { loadSystemFonts: false, fontFiles: [...FONT_FILES] };
      const { pixels } = await renderAsync(svgOf(text(words)), { font });
      const columns = new Set<number>();
      for (let i = 0; i < pixels.length; i += 4) if (pixels[i]! > 128) columns.add((i / 4) % 600);
      return Math.max(...columns) - Math.min(...columns);
    };
    // The same letter at both ends, so that its margins do not count.
    for (const words of ['104,250.0', 'LONG AVTOUSDT −0.50 % ×7']) {
      const width = (await inked(`I${words}I`)) - (await inked('II'));
      expect(Math.abs(width - measure(words, 40, 'bold'))).toBeLessThan(2);
    }
  });
});

describe('an SVG', () => {
  it('refers to nothing outside', () => {
    const svg = svgOf(draw(chart, measure));
    expect(svg.replace('xmlns="http://www.w3.org/2000/svg"', '')).not.toMatch(
      /http|href|url\(|@import|<image|<script/,
    );
  });

  it('takes texts of others for texts', async () => {
    const hostile = '</text><script>alert(1)</script><image href="http://x"/>&"\'\u0000\u0007\ud800';
    const pair = `${hostile}BTC`.slice(0, 64);
    const evil = f.task({ id: hostile, scalp: f.scalp({ pair, signal_reason: hostile, variant: hostile }) });
    const drawn = chartOf(f.factsOf({ task: evil, candles: [] }));
    const svg = svgOf(draw(drawn, measure));
    expect(svg).not.toMatch(/<script|<image/);
    expect(svg.match(/<text/g)?.length).toBe(svg.match(/<\/text>/g)?.length);
    expect(textsOf(await renderPng(drawn, evil)).Pair).toBe(pair.toWellFormed());
  });

  it('escapes what XML means something by, and drops what it does not know', () => {
    expect(escapeXml('<a & "b">\u0000\ud800é')).toBe('&lt;a &amp; &quot;b&quot;&gt; \ufffdé');
  });
});

describe('texts of a PNG', () => {
  const png = new PNG({ width: 1, height: 1 });
  const file = PNG.sync.write(png);

  it('come back as they went in', () => {
    expect(textsOf(withTexts(file, { A: 'ä → 😀', B: '' }))).toEqual({ A: 'ä → 😀', B: '' });
    expect(textsOf(file)).toEqual({});
  });

  it('are not looked for in other files', () => {
    expect(() => textsOf(Buffer.from('GIF89a..........'))).toThrow('Expected a PNG file');
  });
});
