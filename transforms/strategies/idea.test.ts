import { describe, expect, it } from 'vitest';
import type { Level } from '../../schemas/level-set.ts';
import { DEFAULT_PARAMS } from '../../schemas/params.ts';
import { bearingLine, confidenceOf, stanceOf, taggedLevel } from './idea.ts';
import { level, levelSet, line, row } from './rows.fixture.ts';

const tag = (side: 'LONG' | 'SHORT', bar: Parameters<typeof row>[0], ...levels: Level[]) =>
  taggedLevel(row(bar), levelSet(levels), side, DEFAULT_PARAMS.levels)?.price ?? null;

describe('a LONG tags a support at 100', () => {
  const support = level('SUPPORT', 100);
  it.each([
    ['low on it', 100, 100.3, 100],
    ['low exactly 0.25 % above', 100.25, 100.3, 100],
    ['low a hair further above', 100.251, 100.3, null],
    ['low exactly 0.25 % below', 99.75, 100.3, 100],
    ['low a hair further below', 99.749, 100.3, null],
    ['close exactly 0.15 % below', 99.8, 99.85, 100],
    ['close a hair further below', 99.8, 99.849, null],
  ])('with its %s', (_what, low, close, expected) => {
    expect(tag('LONG', { low, close }, support)).toBe(expected);
  });

  it('but no resistance, and not with its high', () => {
    expect(tag('LONG', { low: 100, close: 100 }, level('RESISTANCE', 100))).toBeNull();
    expect(tag('LONG', { low: 90, high: 100, close: 100 }, support)).toBeNull();
  });
});

describe('a SHORT tags a resistance at 100', () => {
  const resistance = level('RESISTANCE', 100);
  it.each([
    ['high on it', 100, 99.7, 100],
    ['high exactly 0.25 % below', 99.75, 99.7, 100],
    ['high a hair further below', 99.749, 99.7, null],
    ['high exactly 0.25 % above', 100.25, 99.7, 100],
    ['high a hair further above', 100.251, 99.7, null],
    ['close exactly 0.15 % above', 100.2, 100.15, 100],
    ['close a hair further above', 100.2, 100.151, null],
  ])('with its %s', (_what, high, close, expected) => {
    expect(tag('SHORT', { high, close }, resistance)).toBe(expected);
  });

  it('but no support', () => {
    expect(tag('SHORT', { high: 100, close: 100 }, level('SUPPORT', 100))).toBeNull();
  });
});

describe('of several tagged levels', () => {
  it('the strongest counts, then the nearest, then the lower', () => {
    const bar = { low: 100, close: 100.2 };
    const near = level('SUPPORT', 100.05, { strength: 0.4 });
    const far = level('SUPPORT', 99.9, { strength: 0.6 });
    const equal = level('SUPPORT', 99.95, { strength: 0.4 });
    const out = level('SUPPORT', 95, { strength: 1 });
    expect(tag('LONG', bar, out, near, far)).toBe(99.9);
    expect(tag('LONG', bar, level('SUPPORT', 100.2, { strength: 0.4 }), near)).toBe(100.05);
    expect(
      tag('LONG', bar, level('SUPPORT', 100.1, { strength: 0.4 }), level('SUPPORT', 99.9, { strength: 0.4 })),
    ).toBe(99.9);
    expect(tag('LONG', bar, equal, far, near)).toBe(99.9);
  });

  it('none is known without a set', () => {
    expect(taggedLevel(row(), null, 'LONG', DEFAULT_PARAMS.levels)).toBeNull();
  });
});

describe('the trend', () => {
  const [low, high] = [line({ slope: 1 }), line({ slope: 2 })];
  it.each([
    ['UP', 'WITH', 'AGAINST'],
    ['DOWN', 'AGAINST', 'WITH'],
    ['RANGING', 'RANGING', 'RANGING'],
  ] as const)('%s is %s for LONG and %s for SHORT', (trend, long, short) => {
    const set = levelSet([], { trend, trendlineLow: low });
    expect([stanceOf(set, 'LONG'), stanceOf(set, 'SHORT')]).toEqual([long, short]);
  });

  it('is none without a valid line or a set', () => {
    expect(stanceOf(levelSet([], { trend: 'DOWN' }), 'LONG')).toBe('RANGING');
    expect(stanceOf(null, 'LONG')).toBe('RANGING');
    expect(bearingLine(null, 'LONG')).toBeNull();
  });

  it('bears by the line under a LONG and over a SHORT, else by the other, and by none while ranging', () => {
    const both = levelSet([], { trend: 'UP', trendlineLow: low, trendlineHigh: high });
    expect([bearingLine(both, 'LONG'), bearingLine(both, 'SHORT')]).toEqual([low, high]);
    const onlyHigh = levelSet([], { trend: 'UP', trendlineHigh: high });
    expect(bearingLine(onlyHigh, 'LONG')).toBe(high);
    const onlyLow = levelSet([], { trend: 'DOWN', trendlineLow: low });
    expect(bearingLine(onlyLow, 'SHORT')).toBe(low);
    expect(bearingLine({ ...both, trend: 'RANGING' }, 'LONG')).toBeNull();
  });
});

it.each([
  [1, 1, 'WITH', 1],
  [0, null, 'AGAINST', 0],
  [0.5, 0.5, 'RANGING', 0.5],
  [0.75, 0.3, 'AGAINST', 0.465],
  [1 / 3, null, 'WITH', 0.3667],
] as const)('confidence of evidence %d, level %s, trend %s is %d', (evidence, strength, stance, expected) => {
  const at = strength === null ? null : level('SUPPORT', 100, { strength });
  expect(confidenceOf(evidence, at, stance)).toBe(expected);
});
