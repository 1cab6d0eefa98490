import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Candle, candleId, closeTime } from '../../schemas/candle.ts';
import { MacroBias, SwingSignal } from '../../schemas/macro.ts';
import { DEFAULT_MACRO_PARAMS, MacroParams } from '../../schemas/macro-params.ts';
import { HOUR_MS, INTERVAL_MS } from '../../schemas/primitives.ts';
import { candle } from '../../transforms/candle.fixture.ts';
import { expectAsModel } from './as-model.fixture.ts';
import { SLOT_MS } from './bias.ts';
import { macroOf, macroSpans, slotAt } from './macro.ts';
import { lcg, START, trend, walk } from './market.fixture.ts';

/** As few bars as the indicators allow, so that made-up markets stay small: 54 of 4h are nine days. */
const SMALL = MacroParams.parse({ indicators: { bars: 60, minBars: 54 } });
const FIVES_NEEDED = 54 * 48;
const FIVES = FIVES_NEEDED + 288;
const END = START + FIVES * INTERVAL_MS['5m'];
const LAST_DAY = Array.from({ length: 97 }, (_, i) => END - (96 - i) * SLOT_MS);

const market = fc.record({
  seed: fc.integer({ min: 0, max: 2 ** 31 }),
  turn: fc.constantFrom(100, 400, 4_000),
});
/** Markets, the more holes the higher the share. */
const property = (numRuns: number, check: (candles: Candle[], seed: number) => void) =>
  fc.assert(
    fc.property(market, ({ seed, turn }) => check(walk(seed, FIVES, turn), seed)),
    { seed: 1, numRuns },
  );

const THIRTY_DAYS = START + 30 * 24 * HOUR_MS;

describe('a market that rises all the time', () => {
  const rising = trend(1);
  const decide = macroOf('BTCUSDT', rising, DEFAULT_MACRO_PARAMS);

  it('has 80 for LONG: cross, slope and RSI of every timeframe', () => {
    const { bias, swing } = decide(THIRTY_DAYS);
    expect(bias).toMatchObject({
      id: `BTCUSDT:${THIRTY_DAYS}`,
      bias: 'LONG',
      confidence: { long: 80, short: 0 },
      expires_at: THIRTY_DAYS + 4 * HOUR_MS,
    });
    expect(bias.reasons[0]).toMatch(/^LONG 14: 4h EMA20 \d+\.\d{3} % above EMA50$/);
    expect(bias.reasons.length).toBe(12);
    expect(swing, 'it held at the slot before').toBeNull();
  });

  it('has a swing signal where the bias engages: with the hundredth 4h bar', () => {
    const engages = START + 100 * INTERVAL_MS['4h'];
    expect(decide(engages - SLOT_MS).bias).toMatchObject({ bias: null, confidence: { long: 48, short: 0 } });
    expect(decide(engages - SLOT_MS).bias.reasons.at(-1)).toBe(
      '4h not judged: 99 complete bars in a row known, 100 needed',
    );
    const { bias, swing } = decide(engages);
    // 4,800 steps of 1 from 1,000 on; the range of a 4h bar, 50, is below 1 % of it.
    expect(swing).toEqual({
      id: `BTCUSDT:LONG:${engages}`,
      type: 'SWING',
      pair: 'BTCUSDT',
      side: 'LONG',
      entry: 5_800,
      tp: 5_858,
      sl: 5_771,
      timestamp: engages,
      expires_at: engages + HOUR_MS,
      confidence: bias.confidence,
      signal_reason: expect.stringMatching(/^LONG bias engages at 80: 4h EMA20 .* above EMA50, 1h EMA20 /),
      params_hash: expect.stringMatching(/^[0-9a-f]{16}$/),
    });
    expect(SwingSignal.encode(swing!)).toBeDefined();
    expect(MacroBias.encode(bias)).toBeDefined();
  });

  it('is a falling one upside down', () => {
    const engages = START + 100 * INTERVAL_MS['4h'];
    const { bias, swing } = macroOf('BTCUSDT', trend(-1), DEFAULT_MACRO_PARAMS)(engages);
    expect(bias).toMatchObject({ bias: 'SHORT', confidence: { long: 0, short: 80 } });
    // A 4h bar's range, 50, is 0.96 % of 5,200.
    expect(swing).toMatchObject({ side: 'SHORT', entry: 5_200, tp: 5_148, sl: 5_226 });
  });
});

describe('a market that rises', () => {
  it('has points to the hundredth', () => {
    const params = MacroParams.parse({ timeframes: { '5m': 10.01, '15m': 19.99 } });
    const candles = trend(1).filter(({ interval }) => interval !== '5m');
    // (19.99 + 30 + 40) × 0.8 = 71.992.
    expect(macroOf('BTCUSDT', candles, params)(THIRTY_DAYS).bias.confidence.long).toBe(71.99);
  });

  it('has no volume spike where nothing is traded', () => {
    const candles = trend(1).map((bar) => candle({ ...bar, volume: 0 }));
    const { confidence, reasons } = macroOf('BTCUSDT', candles, DEFAULT_MACRO_PARAMS)(THIRTY_DAYS).bias;
    expect(confidence).toEqual({ long: 80, short: 0 });
    expect(reasons.filter((reason) => reason.includes('volume'))).toEqual([]);
  });
});

it('offers a swing also where a bias changes sides at once', () => {
  const params = MacroParams.parse({
    timeframes: { '5m': 100, '15m': 0, '1h': 0, '4h': 0 },
    evidence: { cross: 0, slope: 0, rsi: 0, volume: 100, pattern: 0 },
  });
  const spikes = trend(1).map((bar) => {
    if (bar.interval !== '5m' || ![THIRTY_DAYS - SLOT_MS, THIRTY_DAYS].includes(closeTime(bar))) return bar;
    const falls = closeTime(bar) === THIRTY_DAYS;
    return candle({ ...bar, volume: 1_000, ...(falls ? { open: bar.close, close: bar.open } : {}) });
  });
  const decide = macroOf('BTCUSDT', spikes, params);
  expect(decide(THIRTY_DAYS - SLOT_MS).swing?.side).toBe('LONG');
  expect(decide(THIRTY_DAYS).swing?.side).toBe('SHORT');
});

it('has nothing to say of a market that does not move', () => {
  const flat = trend(1).map((bar) => candle({ ...bar, open: 100, high: 100, low: 100, close: 100 }));
  const { bias } = macroOf('BTCUSDT', flat, DEFAULT_MACRO_PARAMS)(THIRTY_DAYS);
  expect(bias).toMatchObject({ bias: null, confidence: { long: 0, short: 0 }, reasons: [] });
});

describe('the target of a swing', () => {
  const engages = START + 100 * INTERVAL_MS['4h'];
  const distance = (share: number) => {
    // The range of the 4h bars alone is another.
    const half = (share * 5_800) / 2;
    const candles = trend(1).map((bar) =>
      bar.interval === '4h' ? candle({ ...bar, high: bar.close + half, low: bar.close - half }) : bar,
    );
    const { tp, sl, entry } = macroOf('BTCUSDT', candles, DEFAULT_MACRO_PARAMS)(engages).swing!;
    return [tp / entry - 1, 1 - sl / entry];
  };

  it.each([
    [0.003, 0.01],
    [0.02, 0.02],
    [0.05, 0.03],
  ])('with 4h bars of a range of %d of price is %d away, the stop half as far', (range, wanted) => {
    const [target, stop] = distance(range) as [number, number];
    expect(target).toBeCloseTo(wanted, 4);
    expect(stop).toBeCloseTo(wanted / 2, 4);
  });
});

describe('what is missing', () => {
  const whole = macroOf('BTCUSDT', trend(1), DEFAULT_MACRO_PARAMS)(THIRTY_DAYS).bias;

  it.each(['5m', '15m', '1h', '4h'] as const)(
    'takes the points of %s away, whichever of its newest 100 bars it is',
    (interval) => {
      const points = whole.confidence.long - DEFAULT_MACRO_PARAMS.timeframes[interval] * 0.8;
      for (const back of [1, 50, 100]) {
        const openTime = THIRTY_DAYS - back * INTERVAL_MS[interval];
        const isIt = (bar: Candle) => bar.interval === interval && bar.openTime === openTime;
        const without = trend(1).filter((bar) => !isIt(bar));
        const incomplete = trend(1).map((bar) =>
          isIt(bar) ? candle({ ...bar, complete: false, coverage: 0.9 }) : bar,
        );
        for (const candles of [without, incomplete]) {
          const { bias } = macroOf('BTCUSDT', candles, DEFAULT_MACRO_PARAMS)(THIRTY_DAYS);
          expect(bias.confidence.long).toBeCloseTo(points, 9);
          expect(bias.reasons.at(-1)).toBe(
            `${interval} not judged: ${back - 1} complete bars in a row known, 100 needed`,
          );
        }
      }
    },
  );

  it('leaves nothing to say without any candle', () => {
    const { bias, swing } = macroOf('BTCUSDT', [], DEFAULT_MACRO_PARAMS)(START);
    expect(bias).toMatchObject({
      bias: null,
      confidence: { long: 0, short: 0 },
      expires_at: START + 4 * HOUR_MS,
    });
    expect(bias.reasons.length).toBe(4);
    expect(swing).toBeNull();
  });

  it('lowers both sides in any market', () => {
    property(20, (candles, seed) => {
      const random = lcg(seed);
      const whole = macroOf('BTCUSDT', candles, SMALL)(END).bias.confidence;
      const newest = candles.filter((bar) => closeTime(bar) > END - 54 * INTERVAL_MS[bar.interval]);
      const lost = newest[Math.floor(random() * newest.length)];
      const part = macroOf(
        'BTCUSDT',
        candles.filter((bar) => bar !== lost),
        SMALL,
      )(END).bias.confidence;
      expect(part.long).toBeLessThanOrEqual(whole.long);
      expect(part.short).toBeLessThanOrEqual(whole.short);
    });
  });
});

describe('in any market', () => {
  it('says what the naive reading of the rules says', () => {
    let biased = 0;
    property(12, (candles, seed) => {
      const random = lcg(seed);
      const share = seed % 3 === 0 ? 2e-4 : 0;
      const holed = candles.filter(() => random() >= share);
      biased += expectAsModel(holed, LAST_DAY, SMALL).filter(({ bias }) => bias.bias !== null).length;
    });
    expect(biased).toBeGreaterThan(50);
  });

  it('says the same of candles in any order, copied, and beside their former revisions', () => {
    property(8, (candles, seed) => {
      const random = lcg(seed);
      const stale = candles
        .filter(() => random() < 0.01)
        .map((bar) => ({
          ...bar,
          id: candleId({ ...bar, revision: 0 }),
          revision: 0,
          close: bar.close * 2,
          complete: false,
        }));
      const copies = candles.filter(() => random() < 0.01);
      const shuffled = [...candles, ...stale, ...copies]
        .map((bar) => ({ bar, at: random() }))
        .sort((a, b) => a.at - b.at)
        .map(({ bar }) => bar);
      const [straight, mixed] = [macroOf('BTCUSDT', candles, SMALL), macroOf('BTCUSDT', shuffled, SMALL)];
      for (const slot of LAST_DAY) expect(mixed(slot)).toEqual(straight(slot));
    });
  });

  it('says the same whatever comes after', () => {
    property(8, (candles, seed) => {
      const now = LAST_DAY[40]!;
      const then = candles.filter((bar) => closeTime(bar) <= now);
      const other = walk(seed + 1, FIVES).filter((bar) => closeTime(bar) > now);
      const decide = macroOf('BTCUSDT', candles, SMALL);
      // Later slots first: what is kept from them must not show either.
      for (const slot of LAST_DAY.toReversed()) decide(slot);
      for (const known of [then, [...then, ...other]]) {
        expect(macroOf('BTCUSDT', known, SMALL)(now)).toEqual(decide(now));
      }
    });
  });

  it('needs no candle outside its spans', () => {
    property(8, (candles) => {
      const spans = macroSpans(END, SMALL);
      const asked = candles.filter(({ interval, openTime }) => {
        const span = spans.find(({ timeframe }) => timeframe === interval)!;
        return openTime >= span.fromMs && openTime < span.toMs;
      });
      expect(asked.length).toBeLessThan(candles.length);
      expect(macroOf('BTCUSDT', asked, SMALL)(END)).toEqual(macroOf('BTCUSDT', candles, SMALL)(END));
    });
  });
});

it('looks back on as many bars as it judges by, at each slot of a life', () => {
  const spans = macroSpans(THIRTY_DAYS + SLOT_MS, DEFAULT_MACRO_PARAMS);
  const hours = spans.map(({ timeframe, fromMs, toMs }) => [
    timeframe,
    (fromMs - THIRTY_DAYS) / HOUR_MS,
    (toMs - THIRTY_DAYS) / HOUR_MS,
  ]);
  // The oldest slot is 3 h 45 min before that midnight: 200 bars that closed by then.
  expect(hours).toEqual([
    ['5m', -3.75 - 1000 / 60, 0.25],
    ['15m', -3.75 - 50, 0.25],
    ['1h', -4 - 200, 0],
    ['4h', -4 - 800, 0],
  ]);
});

describe('refuses', () => {
  it('candles of several symbols, or of another pair', () => {
    const [one, two] = [candle({}), candle({ symbol: 'ETHUSDT' })];
    expect(() => macroOf('BTCUSDT', [one, two], SMALL)).toThrow('one symbol of BTCUSDT, got bybit:ETHUSDT');
    expect(() => macroOf('BTCUSDT', [two], SMALL)).toThrow('one symbol of BTCUSDT');
  });

  it('a slot that is none', () => {
    expect(slotAt(SLOT_MS + 1)).toBe(SLOT_MS);
    expect(() => macroOf('BTCUSDT', [], SMALL)(SLOT_MS + 1)).toThrow('whole 15 minutes');
  });
});
