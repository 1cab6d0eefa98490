/** Signals that the real strategies find in real candles, with what was known then. Without the data the test is skipped. */
import type { TestContext } from 'vitest';
import type { Candle } from '../../schemas/candle.ts';
import type { LevelSet } from '../../schemas/level-set.ts';
import { DEFAULT_PARAMS } from '../../schemas/params.ts';
import { DAY_MS, MINUTE_MS } from '../../schemas/primitives.ts';
import type { ScalpSignal } from '../../schemas/scalp-signal.ts';
import { type BarFeatures, barFeatures } from '../../transforms/features/features.ts';
import { joinFacts } from '../../transforms/features/join.ts';
import { modelLevelSets } from '../../transforms/levels/level-sets.model.ts';
import { type REAL_SYMBOLS, readRealCandles } from '../../transforms/real-candles.fixture.ts';
import { decide } from '../../transforms/strategies/strategies.ts';
import { LOOKBACK } from '../../transforms/windows.ts';

export interface RealSignal {
  readonly signal: ScalpSignal;
  readonly features: BarFeatures;
  readonly levels: LevelSet | null;
}

export interface RealMarket {
  /** 1m, oldest first. */
  readonly candles: readonly Candle[];
  readonly signals: readonly RealSignal[];
}

/** Of the hours from `dayFrom` days after the first candle on. */
export async function realMarket(
  context: Pick<TestContext, 'skip'>,
  symbol: (typeof REAL_SYMBOLS)[number],
  dayFrom: number,
  hours: number,
): Promise<RealMarket> {
  const candles = await readRealCandles(context, symbol, '1m');
  const slots = await readRealCandles(context, symbol, '15m');
  const sets = modelLevelSets(slots, await readRealCandles(context, symbol, '1h'));
  const first = (dayFrom * DAY_MS) / MINUTE_MS;
  const signals = candles.slice(first, first + hours * 60).flatMap((candle, i) => {
    const past = candles.slice(first + i - LOOKBACK.features, first + i);
    const minute = { candle, book: null, lastTradeTs: candle.openTime, received: 1 };
    const features = barFeatures([minute], past, candle.openTime + MINUTE_MS, DEFAULT_PARAMS);
    if (features === null) return [];
    const near = sets.filter(({ asOf }) => Math.abs(asOf - candle.openTime) < 30 * MINUTE_MS);
    const facts = [
      { kind: 'features' as const, features, toldAt: 0 },
      ...near.map((levels) => ({ kind: 'levels' as const, levels, toldAt: 0 })),
    ];
    const joined = joinFacts(facts);
    if (joined === null) return [];
    const found = decide({ ...joined.row, suppressions: [] }, joined.levels, DEFAULT_PARAMS);
    return found.map((signal) => ({ signal, features, levels: joined.levels }));
  });
  return { candles, signals };
}
