import { describe, expect, it } from 'vitest';
import type { FeatureRow } from '../../schemas/feature-row.ts';
import { DEFAULT_PARAMS, SignalParams } from '../../schemas/params.ts';
import { champion } from './champion.ts';
import { level, levelSet, line, NO_CHECKS, row, THREE_CHECKS, TWO_CHECKS } from './rows.fixture.ts';
import { srExhaustion } from './sr-exhaustion.ts';

const around = (trend: 'UP' | 'DOWN' | 'RANGING' = 'RANGING') =>
  levelSet([level('SUPPORT', 99), level('RESISTANCE', 101)], {
    trend,
    trendlineLow: trend === 'RANGING' ? null : line(),
  });
const atSupport = (known: Partial<FeatureRow> = {}) => row({ low: 99, close: 99.5, ...known });
const atResistance = (known: Partial<FeatureRow> = {}) => row({ high: 101, close: 100.5, ...known });
const sides = (ideas: readonly { side: string }[]) => ideas.map((idea) => idea.side);

describe('sr-exhaustion', () => {
  const sr = (bar: FeatureRow, set = around() as ReturnType<typeof around> | null) =>
    sides(srExhaustion(bar, set, DEFAULT_PARAMS));

  it('goes LONG at support and SHORT at resistance on two checks', () => {
    expect(sr(atSupport({ checksLong: TWO_CHECKS }))).toEqual(['LONG']);
    expect(sr(atResistance({ checksShort: TWO_CHECKS }))).toEqual(['SHORT']);
  });

  it.each([
    ['one check', { checksLong: { ...NO_CHECKS, rsi_extreme: true } }, []],
    ['a book flip alone', { checksLong: { ...NO_CHECKS, order_book_flip: true } }, []],
    [
      'a book flip that confirms',
      { checksLong: { ...NO_CHECKS, rsi_extreme: true, order_book_flip: true } },
      ['LONG'],
    ],
    ['checks of the other side', { checksShort: TWO_CHECKS }, []],
    ['a voided bar', { checksLong: THREE_CHECKS, voided: true }, []],
    ['no tag', { checksLong: THREE_CHECKS, low: 99.5 }, []],
    [
      'all unknown but the checks',
      { checksLong: TWO_CHECKS, rsi7: null, volumeRatio: null, atr: null },
      ['LONG'],
    ],
  ] as const)('on %s: %j', (_what, known, expected) => {
    expect(sr(atSupport(known as Partial<FeatureRow>))).toEqual(expected);
  });

  it('needs levels', () => {
    expect(sr(atSupport({ checksLong: THREE_CHECKS }), null)).toEqual([]);
    expect(sr(atSupport({ checksLong: THREE_CHECKS }), levelSet([]))).toEqual([]);
  });

  it.each([
    ['DOWN', TWO_CHECKS, [], ['SHORT']],
    ['DOWN', THREE_CHECKS, ['LONG'], ['SHORT']],
    ['UP', TWO_CHECKS, ['LONG'], []],
    ['UP', THREE_CHECKS, ['LONG'], ['SHORT']],
    ['RANGING', TWO_CHECKS, ['LONG'], ['SHORT']],
  ] as const)('in trend %s with %j: %j at support, %j at resistance', (trend, checks, long, short) => {
    expect(sr(atSupport({ checksLong: checks }), around(trend))).toEqual(long);
    expect(sr(atResistance({ checksShort: checks }), around(trend))).toEqual(short);
  });

  it('does not mind a falling trend without a valid line', () => {
    const set = { ...around('DOWN'), trendlineLow: null };
    expect(sr(atSupport({ checksLong: TWO_CHECKS }), set)).toEqual(['LONG']);
  });

  it('takes its needs from the parameters', () => {
    const strict = SignalParams.parse({ srExhaustion: { minChecks: 3, minChecksAgainstTrend: 4 } });
    const three = atSupport({ checksLong: THREE_CHECKS });
    expect(sides(srExhaustion(atSupport({ checksLong: TWO_CHECKS }), around(), strict))).toEqual([]);
    expect(sides(srExhaustion(three, around(), strict))).toEqual(['LONG']);
    expect(sides(srExhaustion(three, around('DOWN'), strict))).toEqual([]);
  });

  it('says in words and numbers why', () => {
    const checks = { ...TWO_CHECKS, order_book_flip: true };
    const bar = atSupport({
      checksLong: checks,
      low: 99.0495,
      rsi7: 17.26,
      volumeRatio: 0.408,
      bookImbalance60s: -0.31,
      bookImbalance10s: 0.4,
    });
    const [idea] = srExhaustion(bar, around(), DEFAULT_PARAMS);
    expect(idea?.reason).toBe(
      'LONG BTCUSDT: low 99.0495 tagged support 99 (4 touches, strength 0.50) and the close held it; ' +
        '3 of 4 exhaustion checks (2 needed): volume 0.41 × EMA20, RSI-7 17.3, book flipped from -0.31 to 0.40; ' +
        'trend RANGING.',
    );
    expect(idea?.confidence).toBe(0.625);
    expect(idea?.conditions).toEqual({
      level_price: 99,
      level_strength: 0.5,
      level_touches: 4,
      touch_distance: expect.closeTo(0.0005, 10),
      close_beyond: expect.closeTo(-0.5 / 99, 10),
      checks_held: 3,
      checks_needed: 2,
      volume_ratio: 0.408,
      rsi7: 17.26,
      book_imbalance_60s: -0.31,
      book_imbalance_10s: 0.4,
      trend_stance: 'RANGING',
    });
  });
});

describe('champion', () => {
  const champ = (known: Partial<FeatureRow>, set = around() as ReturnType<typeof around> | null) =>
    champion(row(known), set, DEFAULT_PARAMS);

  it.each([
    ['BULLISH', 2.5, ['LONG']],
    ['BEARISH', 2.5, ['SHORT']],
    ['BULLISH', 2.499, []],
    ['BULLISH', null, []],
    [null, 9, []],
  ] as const)('on %s divergence and volume spike %s: %j', (divergence, volumeSpike, expected) => {
    expect(sides(champ({ divergence, volumeSpike }))).toEqual(expected);
  });

  it('is not voided by its own spike and needs no levels', () => {
    expect(sides(champ({ divergence: 'BULLISH', volumeSpike: 3, voided: true }, null))).toEqual(['LONG']);
  });

  it.each([
    ['at its limit while ranging', 2.5, 100, around(), 0.35],
    ['twice that', 5, 100, around(), 0.6],
    ['more than twice', 50, 100, around(), 0.6],
    ['with a tagged level', 5, 99, around(), 0.75],
    ['with the trend', 5, 100, around('UP'), 0.7],
    ['against the trend', 5, 100, around('DOWN'), 0.5],
    ['without levels', 5, 100, null, 0.6],
  ])('has the confidence of a spike %s', (_what, volumeSpike, low, set, expected) => {
    expect(champ({ divergence: 'BULLISH', volumeSpike, low }, set)[0]?.confidence).toBe(expected);
  });

  it('that asks for no spike takes any volume as full evidence', () => {
    const params = SignalParams.parse({ champion: { volumeSpike: 0 } });
    const any = row({ divergence: 'BULLISH', volumeSpike: 0 });
    expect(champion(any, null, params)[0]?.confidence).toBe(0.6);
    const one = SignalParams.parse({ champion: { volumeSpike: 1 } });
    expect(champion({ ...any, volumeSpike: 1 }, null, one)[0]?.confidence).toBe(0.35);
  });

  it('says in words and numbers why', () => {
    const [idea] = champ({ divergence: 'BEARISH', volumeSpike: 3.204, rsi14: 68.44, trend: null }, null);
    expect(idea?.reason).toBe(
      'SHORT BTCUSDT: price made a higher high than in the 14 bars before while RSI-14 stayed lower at 68.4, ' +
        'on 3.20 × the mean volume of 20 bars; trend unknown.',
    );
    expect(idea?.conditions).toEqual({
      divergence: 'BEARISH',
      divergence_bars: 14,
      rsi14: 68.44,
      volume_spike: 3.204,
      volume_spike_needed: 2.5,
      level_price: null,
      level_strength: null,
      trend_stance: 'RANGING',
    });
  });
});
