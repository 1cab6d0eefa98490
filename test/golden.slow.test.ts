import { describe, expect, it, type TestContext } from 'vitest';
import { replayBars } from '../pipelines/replayed.fixture.ts';
import { Candle } from '../schemas/candle.ts';
import { INTERVALS } from '../schemas/primitives.ts';
import { ScalpSignal } from '../schemas/scalp-signal.ts';
import { REAL_SYMBOLS, readRealCandles } from '../transforms/real-candles.fixture.ts';
import golden from './golden.json' with { type: 'json' };
import { expectRates } from './message-rates.fixture.ts';
import { needRealData } from './real-data.ts';

/**
 * What the whole graph made of it when its rules were last looked at. Where a change of rules is meant, copy what this
 * test says it got into golden.json; where it is not, something broke.
 */
describe('30 real days of five symbols', () => {
  it('give the known candles, levels, features and signals, to the byte, as many as their costs say', async (context) => {
    const files = REAL_SYMBOLS.map((symbol) => ({
      symbol,
      path: needRealData(context, `candles/bybit-linear-${symbol.toLowerCase()}-1m-2025-05-30.parquet`),
    }));
    const { out, summary, lines } = await replayBars(files);
    const signals = lines('trade-signals-micro').map((line) => ScalpSignal.parse(JSON.parse(line)));
    const { bars, late, deadLetters, candles, levels, features, outputSha256 } = summary;
    expect(new Set(signals.map(({ id }) => id)).size).toBe(summary.signals);
    expect({
      bars,
      late,
      deadLetters,
      candles,
      levels,
      features,
      signals: summary.signals,
      byKind: countBy(signals, ({ symbol, strategy, side }) => `${symbol} ${strategy} ${side}`),
      outputSha256,
    }).toEqual(golden);
    await expectSameBars(context, lines('market-candles'));
    const topics = ['market-candles', 'market-levels', 'market-features', 'trade-signals-micro'] as const;
    expectRates(out, topics, REAL_SYMBOLS.length * 30);
  });
});

/** Longer bars against those that SQL makes of the same minutes, but for the last of each symbol, which is cut off. */
async function expectSameBars(context: Pick<TestContext, 'skip'>, lines: readonly string[]): Promise<void> {
  const ours = Map.groupBy(
    lines.map((line) => Candle.parse(JSON.parse(line))),
    ({ symbol, interval }) => `${symbol} ${interval}`,
  );
  const numbers = ({ openTime, open, high, low, close, volume }: Candle) => [
    openTime,
    open,
    high,
    low,
    close,
    volume,
  ];
  for (const symbol of REAL_SYMBOLS) {
    for (const interval of INTERVALS) {
      const theirs = (await readRealCandles(context, symbol, interval)).slice(0, -1);
      const found = ours.get(`${symbol} ${interval}`)!.slice(0, theirs.length);
      expect(found.map(numbers)).toEqual(theirs.map(numbers));
    }
  }
}

/** Counts by name, names in order. */
function countBy<T>(all: readonly T[], nameOf: (one: T) => string): Record<string, number> {
  const counts = new Map<string, number>();
  for (const one of all) counts.set(nameOf(one), (counts.get(nameOf(one)) ?? 0) + 1);
  return Object.fromEntries([...counts].toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
