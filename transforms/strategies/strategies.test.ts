import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type FeatureRow, SUPPRESSIONS } from '../../schemas/feature-row.ts';
import { DEFAULT_PARAMS, SignalParams } from '../../schemas/params.ts';
import { MINUTE_MS } from '../../schemas/primitives.ts';
import { ScalpSignal } from '../../schemas/scalp-signal.ts';
import { START, shuffled } from '../features/minutes.fixture.ts';
import { canonicalJson, inputsHash, paramsHash } from './hashes.ts';
import { level, levelSet, line, randomMeeting, row, THREE_CHECKS, TWO_CHECKS } from './rows.fixture.ts';
import { decideSignals } from './strategies.beam.ts';
import { modelDecisions } from './strategies.model.ts';
import { decide } from './strategies.ts';

const CLOSE = START + MINUTE_MS;
const levels = levelSet(
  [
    level('SUPPORT', 99, { strength: 0.6 }),
    level('SUPPORT', 99.9, { strength: 0.4 }),
    level('RESISTANCE', 103),
    level('RESISTANCE', 101),
  ],
  { trend: 'UP', trendlineLow: line({ slope: 6, intercept: 98, r2: 0.8 }) },
);
const atSupport = row({ low: 99, close: 99.5, checksLong: TWO_CHECKS });
const atBoth = row({ low: 99, high: 101, checksLong: THREE_CHECKS, checksShort: THREE_CHECKS });
const bullish = { divergence: 'BULLISH', volumeSpike: 3 } as const;
const idsOf = (signals: readonly ScalpSignal[]) => signals.map(({ strategy, side }) => `${strategy} ${side}`);

describe('a signal', () => {
  const [signal] = decide(atSupport, levels, DEFAULT_PARAMS);

  it('says what to trade, until when, and from what it was computed', () => {
    expect(signal).toMatchObject({
      id: `sr-exhaustion:default:BTCUSDT:LONG:${CLOSE}`,
      type: 'SCALP',
      strategy: 'sr-exhaustion',
      variant: 'default',
      venue: 'bybit',
      symbol: 'BTCUSDT',
      pair: 'BTCUSDT',
      side: 'LONG',
      entry: 99.5,
      tp: 99.9975,
      sl: 99.0025,
      support: [99.9, 99],
      resistance: [101, 103],
      trend: { slope: 6, intercept: 98.1, r2: 0.8 },
      timestamp: CLOSE,
      expires_at: CLOSE + 300_000,
      confidence: 0.63,
      exhaustion_checks: TWO_CHECKS,
      atr: 1,
      leverage: 10,
      params_hash: paramsHash(DEFAULT_PARAMS),
      inputs_hash: inputsHash(atSupport, levels),
    });
    expect(signal?.entry_conditions_met).toMatchObject({
      checks_held: 2,
      high_atr: false,
      tp_distance: 0.005,
      expected_costs: expect.closeTo(0.0018, 12),
    });
  });

  it('survives its wire form', () => {
    expect(z.decode(ScalpSignal.strict(), z.encode(ScalpSignal.strict(), signal!))).toEqual(signal);
  });

  it('has a wider stop and less leverage while volatility is high, and says when nobody knew', () => {
    const [high] = decide({ ...atSupport, atr: 2.1, atrBaseline: 1 }, levels, DEFAULT_PARAMS);
    expect(high).toMatchObject({ tp: 99.9975, sl: 98.75375, leverage: 5, atr: 2.1 });
    expect(high?.entry_conditions_met.high_atr).toBe(true);
    const [unknown] = decide({ ...atSupport, atr: 2.1, atrBaseline: null }, levels, DEFAULT_PARAMS);
    expect(unknown).toMatchObject({ sl: 99.0025, leverage: 10 });
    expect(unknown?.entry_conditions_met.high_atr).toBeNull();
  });

  it('leaves without levels where its strategy needs none', () => {
    const [alone] = decide(row(bullish), null, DEFAULT_PARAMS);
    expect(alone).toMatchObject({ strategy: 'champion', support: [], resistance: [], trend: null });
  });
});

describe('no signal leaves', () => {
  it.each(SUPPRESSIONS)('on a bar suppressed as %s', (reason) => {
    const bar = { ...atSupport, ...bullish, suppressions: [reason] };
    expect(decide(bar, levels, DEFAULT_PARAMS)).toEqual([]);
    expect(decide({ ...bar, suppressions: [] }, levels, DEFAULT_PARAMS)).toHaveLength(2);
  });

  it.each([
    [0.0018, 1],
    [0.00179, 0],
  ])('unless TP pays the costs: at %d there are %d', (takeProfit, count) => {
    const params = SignalParams.parse({ risk: { takeProfit } });
    expect(decide(atSupport, levels, params)).toHaveLength(count);
  });

  it('of a strategy that wants both sides; another one may still speak', () => {
    expect(decide(atBoth, levels, DEFAULT_PARAMS)).toEqual([]);
    expect(idsOf(decide({ ...atBoth, ...bullish }, levels, DEFAULT_PARAMS))).toEqual(['champion LONG']);
  });
});

describe('on random meetings of bars and levels', () => {
  const seeds = fc.integer({ min: 1, max: 2 ** 31 });

  it('the decisions are those of the oracle, and fit their schema', () => {
    const seen = new Map<string, number>();
    fc.assert(
      fc.property(seeds, (seed) => {
        const { row: bar, levels: set } = randomMeeting(seed);
        const signals = decide(bar, set, DEFAULT_PARAMS);
        const got = signals.map((s) =>
          [s.strategy, s.side, s.strategy === 'champion' ? [] : s.entry_conditions_met.level_price]
            .flat()
            .join(' '),
        );
        expect(got).toEqual(modelDecisions(bar, set));
        for (const s of signals) {
          z.encode(ScalpSignal.strict(), s);
          const kind = `${s.strategy} ${s.side}`;
          seen.set(kind, (seen.get(kind) ?? 0) + 1);
          expect(Math.sign(s.tp - s.entry)).toBe(s.side === 'LONG' ? 1 : -1);
          expect(Math.sign(s.entry - s.sl)).toBe(s.side === 'LONG' ? 1 : -1);
        }
      }),
      { seed: 1, numRuns: 8_000 },
    );
    for (const kind of ['sr-exhaustion LONG', 'sr-exhaustion SHORT', 'champion LONG', 'champion SHORT']) {
      expect(seen.get(kind) ?? 0, kind).toBeGreaterThan(100);
    }
  });

  it('the order of levels changes no decision', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const { row: bar, levels: set } = randomMeeting(seed);
        const mixed = set && { ...set, levels: shuffled(set.levels, seed) };
        const plain = (signals: ScalpSignal[]) => signals.map(({ inputs_hash: _, ...rest }) => rest);
        expect(plain(decide(bar, mixed, DEFAULT_PARAMS))).toEqual(plain(decide(bar, set, DEFAULT_PARAMS)));
      }),
      { seed: 2, numRuns: 500 },
    );
  });
});

describe('hashes', () => {
  it('are the same for the same content in another order of keys', () => {
    const turned = Object.fromEntries(Object.entries(DEFAULT_PARAMS).toReversed()) as SignalParams;
    expect(paramsHash(turned)).toBe(paramsHash(DEFAULT_PARAMS));
    const turnedRow = Object.fromEntries(Object.entries(atSupport).toReversed()) as FeatureRow;
    expect(inputsHash(turnedRow, levels)).toBe(inputsHash(atSupport, levels));
    expect(inputsHash(atSupport, levels)).toMatch(/^[0-9a-f]{16}$/);
  });

  it('change with any parameter, row or level', () => {
    const other = SignalParams.parse({ risk: { takeProfit: 0.006 } });
    expect(paramsHash(other)).not.toBe(paramsHash(DEFAULT_PARAMS));
    const hashes = [
      inputsHash(atSupport, levels),
      inputsHash({ ...atSupport, rsi7: 19 }, levels),
      inputsHash(atSupport, { ...levels, levels: [] }),
      inputsHash(atSupport, null),
    ];
    expect(new Set(hashes).size).toBe(4);
  });

  it('are taken of JSON with sorted keys', () => {
    expect(canonicalJson({ b: [{ d: 1, c: null }], a: 'x' })).toBe('{"a":"x","b":[{"c":null,"d":1}]}');
  });
});

describe('in the graph', () => {
  const joined = { row: atSupport, levels, onTime: true };
  const decided = (emitAfterMs: number, onTime = true) =>
    idsOf([...decideSignals({ ...joined, onTime }, { params: DEFAULT_PARAMS, emitAfterMs })]);

  it('signals leave on time, for bars that close after the start', () => {
    expect(decided(CLOSE - 1)).toEqual(['sr-exhaustion LONG']);
    expect(decided(CLOSE)).toEqual([]);
    expect(decided(0, false)).toEqual([]);
  });
});
