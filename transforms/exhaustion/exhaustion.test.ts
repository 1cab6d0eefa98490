import { describe, expect, it } from 'vitest';
import { DEFAULT_PARAMS } from '../../schemas/params.ts';
import { countChecks, doubleWick, exhaustionChecks, isVoided, rsiExtreme, volumeDrop } from './exhaustion.ts';

const params = DEFAULT_PARAMS.exhaustion;

/** open, high, low, close. */
type Ohlc = readonly [number, number, number, number];
const bars = (...rows: Ohlc[]) => rows.map(([open, high, low, close]) => ({ open, high, low, close }));
/** The same bars upside down around 100: what rejects lows now rejects highs. */
const mirrored = (...rows: Ohlc[]) =>
  bars(...rows.map(([o, h, l, c]): Ohlc => [200 - o, 200 - l, 200 - h, 200 - c]));

describe('volume_drop', () => {
  it.each([
    [74.99, 100, true],
    [75, 100, false],
    [75.01, 100, false],
    [0, 100, true],
    [0.75 * 0.1, 0.1, false],
    [0, 0, false],
    [1, null, false],
  ])('volume %d against EMA %s: %s', (volume, ema, holds) => {
    expect(volumeDrop(volume, ema, params)).toBe(holds);
  });
});

describe('a bar is voided', () => {
  it.each([
    [150.01, 100, true],
    [150, 100, false],
    [149.99, 100, false],
    [1, 0, true],
    [0, 0, false],
    [1_000, null, false],
  ])('by volume %d against EMA %s: %s', (volume, ema, holds) => {
    expect(isVoided(volume, ema, params)).toBe(holds);
  });
});

describe('rsi_extreme', () => {
  it.each([
    [19.99, true, false],
    [20, false, false],
    [50, false, false],
    [80, false, false],
    [80.01, false, true],
    [null, false, false],
  ])('RSI-7 %s: LONG %s, SHORT %s', (rsi7, long, short) => {
    expect(rsiExtreme(rsi7, 'LONG', params)).toBe(long);
    expect(rsiExtreme(rsi7, 'SHORT', params)).toBe(short);
  });
});

describe('double_wick', () => {
  /** Range 1, lower wick 0.7 and 0.8, same low. */
  const REJECTS: Ohlc = [100.7, 101, 100, 100.9];
  const REJECTS_TOO: Ohlc = [100.9, 101, 100, 100.8];
  const PLAIN: Ohlc = [100.1, 101, 100, 100.9];
  const NO_RANGE: Ohlc = [100, 100, 100, 100];

  const cases: [string, Ohlc[], boolean][] = [
    ['two adjacent bars', [PLAIN, REJECTS, REJECTS_TOO], true],
    ['first and last of three', [REJECTS, PLAIN, REJECTS_TOO], true],
    ['the first two of three', [REJECTS, REJECTS_TOO, PLAIN], true],
    ['two bars in all', [REJECTS, REJECTS_TOO], true],
    ['a fourth bar back, which is not looked at', [REJECTS, PLAIN, PLAIN, REJECTS_TOO], false],
    ['one bar alone', [PLAIN, PLAIN, REJECTS], false],
    ['a bar without range, which rejects nothing', [NO_RANGE, NO_RANGE, REJECTS], false],
    ['wicks of exactly 60 %', [PLAIN, [100.6, 101, 100, 100.6], [101, 101, 100, 100.6]], true],
    ['a wick a hair under 60 %', [PLAIN, [100.599, 101, 100, 100.6], [101, 101, 100, 100.6]], false],
    ['lows exactly 0.05 % apart', [REJECTS, PLAIN, [99.99, 100, 99.95, 100]], true],
    ['lows a hair more apart', [REJECTS, PLAIN, [99.99, 100, 99.949, 100]], false],
    [
      'three rejections of which only the outer two are near',
      [REJECTS, [99.9, 100, 99, 99.8], REJECTS],
      true,
    ],
    ['three rejections, none near another', [REJECTS, [99.9, 100, 99, 99.8], [98.9, 99, 98, 98.8]], false],
    ['nothing', [], false],
  ];
  it.each(cases)('LONG on %s', (_what, rows, holds) => {
    expect(doubleWick(bars(...rows), 'LONG', params)).toBe(holds);
  });

  it.each(cases.filter(([what]) => !what.includes('apart')))(
    'SHORT on the mirror image of %s',
    (_what, rows, holds) => {
      expect(doubleWick(mirrored(...rows), 'SHORT', params)).toBe(holds);
    },
  );

  it('measures nearness of highs by the higher one', () => {
    const lower: Ohlc = [100, 100.95, 99.95, 100];
    expect(doubleWick(bars([100.1, 101, 100, 100.2], lower), 'SHORT', params)).toBe(true);
    expect(doubleWick(bars([100.1, 101.0015, 100, 100.2], lower), 'SHORT', params)).toBe(false);
  });

  it('does not take a wick of the other side', () => {
    expect(doubleWick(bars(REJECTS, REJECTS_TOO), 'SHORT', params)).toBe(false);
    expect(doubleWick(mirrored(REJECTS, REJECTS_TOO), 'LONG', params)).toBe(false);
  });
});

it('holds nothing of what is unknown', () => {
  const unknown = { volume: 0, volumeEma: null, bars: [], rsi7: null, bookBefore: null, bookNow: null };
  const none = { volume_drop: false, double_wick: false, rsi_extreme: false, order_book_flip: false };
  expect(exhaustionChecks(unknown, 'LONG', params)).toEqual(none);
  expect(exhaustionChecks(unknown, 'SHORT', params)).toEqual(none);
});

describe('the count of checks', () => {
  /** volume_drop, double_wick, rsi_extreme, order_book_flip → count. */
  it.each([
    [0, 0, 0, 0, 0],
    [0, 0, 0, 1, 0],
    [1, 0, 0, 0, 1],
    [0, 1, 0, 0, 1],
    [0, 0, 1, 0, 1],
    [1, 0, 0, 1, 2],
    [0, 1, 0, 1, 2],
    [0, 0, 1, 1, 2],
    [1, 1, 0, 0, 2],
    [1, 0, 1, 0, 2],
    [0, 1, 1, 0, 2],
    [1, 1, 0, 1, 3],
    [1, 0, 1, 1, 3],
    [0, 1, 1, 1, 3],
    [1, 1, 1, 0, 3],
    [1, 1, 1, 1, 4],
  ])('of drop %d, wick %d, RSI %d, flip %d is %d', (drop, wick, rsi, flip, count) => {
    expect(
      countChecks({
        volume_drop: drop === 1,
        double_wick: wick === 1,
        rsi_extreme: rsi === 1,
        order_book_flip: flip === 1,
      }),
    ).toBe(count);
  });
});
