import { RSI } from 'technicalindicators';
import { describe, expect, it } from 'vitest';
import type { ChartTask } from '../../../schemas/chart-task.ts';
import { candle } from '../../../transforms/candle.fixture.ts';
import { level, levelSet, line } from '../../../transforms/strategies/rows.fixture.ts';
import { LOOKBACK } from '../../../transforms/windows.ts';
import { moneyText, moveText } from '../../texts.ts';
import * as f from '../chart.fixture.ts';
import { realMarket } from '../real-signals.fixture.ts';
import { chartOf } from './chart-of.ts';
import { RSI_BARS, signalFrame } from './frame.ts';
import * as prices from './prices.ts';
import { visitsOf } from './visits.ts';

const { AT, MINUTE } = f;
const HOUR = 60 * MINUTE;
const bars = f.walk({ bars: 400 });
const later = f.walk({ bars: 90, end: AT + 90 * MINUTE });

describe('the frame of a signal', () => {
  const minutes = (task: Partial<ChartTask>) => {
    const frame = signalFrame(f.task(task))!;
    const of = (ms: number) => (ms - AT) / MINUTE;
    return [frame.interval, of(frame.from), of(frame.dataTo), of(frame.to)];
  };
  const exit = (after: number) => f.exitOf({ ts: AT + after });

  it('shows 90 bars up to it and leaves room after it', () => {
    expect(minutes({ scalp: f.scalp() })).toEqual(['1m', -90, 0, 24]);
    expect(minutes({ swing: f.swing({ timestamp: AT - 10 * MINUTE }) })).toEqual(['15m', -1360, -10, 350]);
  });

  it('goes on to eight bars after the exit', () => {
    expect(minutes({ scalp: f.scalp(), exit: exit(7 * MINUTE + 13_000) })).toEqual(['1m', -90, 16, 16]);
    expect(minutes({ scalp: f.scalp(), exit: exit(HOUR) })).toEqual(['1m', -60, 68, 68]);
  });

  it('takes longer bars for a position that was held long', () => {
    expect(minutes({ scalp: f.scalp(), exit: exit(3 * HOUR) })[0]).toBe('5m');
    expect(minutes({ swing: f.swing(), exit: exit(30 * HOUR) })[0]).toBe('1h');
    expect(minutes({ swing: f.swing(), exit: exit(9_000 * HOUR) })[0]).toBe('4h');
  });

  it('expects no bar that has not closed yet', () => {
    const task = f.task({ scalp: f.scalp(), exit: exit(7 * MINUTE) });
    const { to, dataTo } = signalFrame(task, AT + 9.5 * MINUTE)!;
    expect([to, dataTo]).toEqual([AT + 15 * MINUTE, AT + 9 * MINUTE]);
  });

  it('never ends before the signal, whatever the exit says', () => {
    expect(minutes({ scalp: f.scalp(), exit: exit(-HOUR) })).toEqual(['1m', -90, 8, 8]);
  });
});

describe('the chart of a signal', () => {
  const chart = (known: Parameters<typeof f.scalp>[0] = {}, rest: Partial<ChartTask> = {}) =>
    chartOf(f.factsOf({ task: f.task({ scalp: f.scalp(known), ...rest }), candles: [...bars, ...later] }));

  it('shows no bar of later', () => {
    const { bars: shown } = chart();
    expect(shown).toHaveLength(90);
    expect(shown.at(-1)!.openTime).toBe(AT - MINUTE);
  });

  it('shows bars until eight after the exit', () => {
    const { bars: shown } = chart({}, { exit: f.exitOf({ ts: AT + 22 * MINUTE }) });
    expect(shown.at(-1)!.openTime).toBe(AT + 29 * MINUTE);
  });

  it('has its levels, whatever others are known since', () => {
    const task = f.task({ scalp: f.scalp({ support: [104_100], resistance: [104_500] }) });
    const touches = { price: 104_100, role: 'SUPPORT', touches: 4 };
    const set = (asOf: number) =>
      levelSet([level('SUPPORT', 104_100), level('SUPPORT', 103_000)], { asOf, trendlineLow: line() });
    const at = (asOf: number) => chartOf(f.factsOf({ task, candles: bars, levels: set(asOf) }));
    expect(at(AT).levels).toMatchObject([touches, { price: 104_500, touches: null }]);
    expect(at(AT + 1).levels).toMatchObject([{ ...touches, touches: null }, { price: 104_500 }]);
    expect(at(AT).trends).toEqual([]);
  });

  it('of a swing has levels and trends as they were known, and none of later', () => {
    const task = f.task({ swing: f.swing() });
    const set = (asOf: number) => levelSet([level('SUPPORT', 104_000)], { asOf, trendlineLow: line() });
    const at = (asOf: number) => chartOf(f.factsOf({ task, candles: [], levels: set(asOf) }));
    expect(at(AT).levels).toMatchObject([{ price: 104_000, touches: 4 }]);
    expect(at(AT).trends).toMatchObject([{ slope: 1, intercept: 100 }]);
    expect(at(AT + 1)).toMatchObject({ levels: [], trends: [] });
  });

  it('says what it is and how it ended', () => {
    const { facts, badge } = chart({ variant: 'b' }, { exit: f.exitOf({ price: 104_771.25 }) });
    expect(facts).toEqual([
      'sr-exhaustion · b · confidence 72 % · 10×',
      '2025-06-03 14:25 UTC · 1m · TP +0.50 % · SL −0.50 %',
    ]);
    expect(badge).toEqual({ text: 'TP +0.50 % · net +217.39', isGood: true });
    const short = chart({ side: 'SHORT' }, { exit: f.exitOf({ side: 'SHORT', exit: 'SL', pnl: -1_234.5 }) });
    expect(short.badge).toEqual({ text: 'SL −0.50 % · net −1,234.50', isGood: false });
    expect(short.facts[1]).toContain('TP +0.50 % · SL −0.50 %');
  });

  it('shows where a swing ended, though nothing was bought for it', () => {
    const nothing = { price: null, size: null, fees: null, funding: null, pnl: null };
    const numbers = { entry: 104_250, price: 106_335 };
    const exit = f.exitOf({ ...nothing, signalId: f.swing().id, numbers });
    const ended = chartOf(f.factsOf({ task: f.task({ swing: f.swing(), exit }), candles: [] }));
    expect(ended).toMatchObject({ badge: { text: 'TP +2.00 %', isGood: null }, exit: { price: 106_335 } });
  });

  it('tells bars that are missing, incomplete or without a trade', () => {
    const told = (candles: typeof bars) =>
      chartOf(f.factsOf({ task: f.task({ scalp: f.scalp() }), candles })).footer;
    expect(told(bars)).toMatch(/^#[0-9a-f]{8} · 90 bars, complete$/);
    expect(told(bars.slice(-3))).toMatch(/ · 3 of 90 bars known$/);
    const odd = bars.map((bar, i) => ({ ...bar, complete: i !== 390, filled: i === 391 }));
    expect(told(odd)).toMatch(/ · 90 bars, 1 incomplete, 1 without trades$/);
    expect(told([])).toMatch(/ · 0 of 90 bars known$/);
  });
});

describe('marks', () => {
  const rejecting = { open: 100.8, high: 101, low: 100, close: 100.9 };
  const plain = { open: 100.2, high: 101, low: 100, close: 100.9 };
  const at = (n: number, shape: typeof plain) =>
    candle({ interval: '1m', openTime: AT - n * MINUTE, ...shape });
  const marks = (candles: readonly ReturnType<typeof at>[], known: Parameters<typeof f.scalp>[0] = {}) =>
    chartOf(f.factsOf({ task: f.task({ scalp: f.scalp(known) }), candles })).marks;

  it('stand at the bars that held the checks', () => {
    const [volume, wicks, rsi, book] = marks([
      at(4, plain),
      at(3, rejecting),
      at(2, plain),
      at(1, rejecting),
    ]);
    expect(volume).toMatchObject({ text: 'Volume 0.52×', holds: true, bars: [AT - MINUTE] });
    expect(wicks).toMatchObject({ holds: true, bars: [AT - 3 * MINUTE, AT - MINUTE] });
    expect(rsi).toMatchObject({ text: 'RSI 14.2', holds: true, bars: [AT - MINUTE] });
    expect(book).toMatchObject({ text: 'Book flip', holds: false });
  });

  it('stand nowhere where the signal’s own bar is not known', () => {
    expect(marks([at(4, plain), at(3, rejecting)]).flatMap((mark) => mark.bars)).toEqual([]);
  });

  it('of the champion are its divergence and its spike', () => {
    const conditions = { volume_spike: 3.14 };
    const none = { volume_drop: false, double_wick: false, rsi_extreme: false, order_book_flip: false };
    const champion = {
      strategy: 'champion' as const,
      exhaustion_checks: none,
      entry_conditions_met: conditions,
    };
    expect(marks(bars, champion).map(({ letter, text }) => [letter, text])).toEqual([
      ['D', 'RSI divergence'],
      ['S', 'Spike 3.1×'],
    ]);
  });
});

describe('RSI', () => {
  it('looks back as far as the strategies do', () => expect(RSI_BARS).toBe(LOOKBACK.features));

  it('is that of another library', () => {
    const { bars: shown } = chartOf(
      f.factsOf({ task: f.task({ scalp: f.scalp() }), candles: bars.slice(-180) }),
    );
    const reference = RSI.calculate({ period: 7, values: bars.slice(-180).map(({ close }) => close) });
    // It rounds to two decimals.
    for (const [i, bar] of shown.entries()) expect(bar.rsi).toBeCloseTo(reference.slice(-90)[i]!, 2);
  });

  it('is null in warm-up and where price never moved', () => {
    const task = f.task({ scalp: f.scalp() });
    const rsi = (candles: typeof bars) => chartOf(f.factsOf({ task, candles })).bars.map((bar) => bar.rsi);
    expect(rsi(bars.slice(-8)).map((value) => value === null)).toEqual([...Array(7).fill(true), false]);
    expect(rsi(bars.slice(-20).map((bar) => ({ ...bar, close: 5 }))).every((value) => value === null)).toBe(
      true,
    );
  });
});

it('on real candles shows what the strategies saw', { timeout: 60_000 }, async (context) => {
  const { candles, signals } = await realMarket(context, 'SOLUSDT', 12, 12);
  expect(signals.length).toBeGreaterThan(3);
  for (const { signal, features, levels } of signals) {
    const chart = chartOf(f.factsOf({ task: f.task({ scalp: signal }), candles, levels }));
    expect(chart.bars.at(-1)).toMatchObject({ close: signal.entry, rsi: features.rsi7 });
    const held = Object.values(signal.exhaustion_checks).filter(Boolean).length;
    const checks = chart.marks.filter(({ letter, holds }) => holds && 'VWRB'.includes(letter));
    expect(checks).toHaveLength(held);
    for (const mark of checks) expect(mark.bars.length).toBe(mark.letter === 'W' ? 2 : 1);
    expect(chart.levels.every(({ touches }) => touches !== null && touches >= 3)).toBe(true);
  }
});

describe('the chart of a market', () => {
  const market = (known: Partial<Parameters<typeof chartOf>[0]> = {}) =>
    chartOf(f.factsOf({ task: f.task(), candles: bars, ...known }));

  it('shows the newest bars, levels, lines and what is open', () => {
    const levels = levelSet([level('SUPPORT', 104_000)], { trendlineHigh: line(), trend: 'UP' });
    const chart = market({ snapshot: f.snapshot({ fundingRate: -0.00012 }), levels });
    expect(chart.bars).toHaveLength(114);
    expect(chart).toMatchObject({
      side: null,
      lastPrice: 104_250,
      badge: { text: '104,250.0' },
      warning: null,
    });
    expect(chart.facts[0]).toBe('trend up · funding −0.0120 %');
    expect(chart.trends).toHaveLength(1);
  });

  it('says what is not known', () => {
    expect(market().facts[0]).toBe('no levels yet · funding unknown');
    expect(market({ snapshot: f.snapshot({ connected: false }) }).warning).toContain('disconnected');
    expect(market({ candles: [] })).toMatchObject({ bars: [], badge: null, lastPrice: null });
  });
});

describe('prices', () => {
  it.each([
    [[104_250.1, 104_251], '104,250.1'],
    [[2_512.34, 2_513], '2,512.34'],
    [[0.00001234, 0.0000123], '0.00001234'],
    [[1e-7, 2e-7], '0.0000001'],
    [[100_000], '100,000'],
    [[1 / 3], '0.33333333'],
  ])('of %j have the decimals they need', (known, text) => {
    expect(prices.priceText(known[0]!, prices.decimalsOf(known))).toBe(text);
  });

  it('tell moves and money with their sign', () => {
    expect([moveText(0.005), moveText(-0.0051), moneyText(-0.004)]).toEqual(['+0.50 %', '−0.51 %', '−0.00']);
  });
});

describe('visits', () => {
  const bar = (n: number, low: number, close = low) => ({
    openTime: n,
    open: close,
    high: close,
    low,
    close,
    volume: 1,
    isFilled: false,
    isComplete: true,
    rsi: null,
  });

  it('are runs of bars near the level, each at its nearest bar', () => {
    // 0.25 % of 100 in 15m.
    const lows = [101, 100.2, 100.1, 100.2, 101, 100.25, 100.26, 99.8];
    expect(
      visitsOf(
        lows.map((low, i) => bar(i, low)),
        100,
        'SUPPORT',
        '15m',
      ),
    ).toEqual([2, 5]);
  });

  it('end where a bar closes beyond', () => {
    expect(visitsOf([bar(0, 100), bar(1, 99.9, 99.84)], 100, 'SUPPORT', '15m')).toEqual([0]);
  });

  it('must be nearer on shorter bars, by the root of time', () => {
    // 0.25 % / √15 = 0.0645 %.
    expect(visitsOf([bar(0, 100.064), bar(1, 101), bar(2, 100.065)], 100, 'SUPPORT', '1m')).toEqual([0]);
  });
});
