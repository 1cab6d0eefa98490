/** The ladder of bars: each interval is made of the one before it, and of candles of its own that are already known. */
import '../transforms/sdk.beam.ts';
import { P, type PCollection } from 'apache-beam/pvalue';
import type { Candle } from '../schemas/candle.ts';
import { INTERVALS, type Interval } from '../schemas/primitives.ts';
import { groupInto, type Keyed, step, withPane } from '../transforms/beam.ts';
import { keyKnownCandle, rollUpCandles } from '../transforms/candles/candles.beam.ts';
import type { Windows } from '../transforms/windows.ts';

export type Candles = Record<Interval, PCollection<Keyed<Candle>>>;

export function rollUps(
  minutes: PCollection<Keyed<Candle>>,
  known: readonly PCollection<Candle>[],
  windows: Windows,
): Candles {
  const candles: Partial<Candles> = { '1m': minutes };
  let finer = minutes;
  for (const interval of INTERVALS.slice(1)) {
    const own = known.map((candles, i) =>
      candles.apply(step(`TakeKnown ${interval} ${i + 1}`, keyKnownCandle, { interval })),
    );
    finer = P([finer, ...own])
      .apply(groupInto<Candle>(`GroupInto ${interval}`, windows.bar(interval)))
      .apply(step(`RollUp ${interval}`, rollUpCandles, withPane({ interval })));
    candles[interval] = finer;
  }
  return candles as Candles;
}
