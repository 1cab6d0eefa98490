/** The steps of the graph that make candles. */
import type { Candle } from '../../schemas/candle.ts';
import { INTERVAL_MS, type Interval, MINUTE_MS } from '../../schemas/primitives.ts';
import { type Told, told } from '../as-of.ts';
import { type Group, type Keyed, type PaneContext, register, versionsOf, windowEnd } from '../beam.ts';
import { keyCandle } from '../keyed-candle.beam.ts';
import type { ClosedMinute, MinuteBar, MinutePart } from '../market-data.ts';
import { closeMinute } from './fill.ts';
import { foldMinute } from './minute.ts';
import { rollUp } from './roll-up.ts';

export interface CloseConfig {
  /** Minutes of the fill window. */
  readonly lookback: number;
}

export interface RollUpConfig {
  /** Interval of the candles made. */
  readonly interval: Interval;
}

/** On fixed 1m windows: parts of a minute to its bar. Outputs are stamped with the last instant of their bar. */
export function* foldMinutes(group: Group<MinutePart>, context: PaneContext): Iterable<Keyed<MinuteBar>> {
  const end = windowEnd(context);
  const fold = (parts: Iterable<MinutePart>) => foldMinute(group.key, end - MINUTE_MS, parts);
  for (const value of versionsOf(group, context, fold)) yield { key: group.key, ts: end - 1, value };
}

/** On fill windows: bars of some minutes to the candle of the last one. */
export function* closeMinutes(
  group: Group<MinuteBar>,
  context: CloseConfig & PaneContext,
): Iterable<Keyed<ClosedMinute>> {
  const end = windowEnd(context);
  const close = (bars: Iterable<MinuteBar>) => closeMinute(bars, end, context.lookback);
  for (const value of versionsOf(group, context, close)) yield { key: group.key, ts: end - 1, value };
}

/** On fixed windows of `interval`: candles of the interval before, and known ones of this, to one candle. */
export function* rollUpCandles(
  group: Group<Candle & Told>,
  context: RollUpConfig & PaneContext,
): Iterable<Keyed<Candle & Told>> {
  const { interval } = context;
  const end = windowEnd(context);
  const roll = (candles: Iterable<Candle & Told>) => rollUp(candles, interval, end - INTERVAL_MS[interval]);
  for (const value of versionsOf(group, context, roll)) yield { key: group.key, ts: end - 1, value };
}

/** A closed minute without what only later steps on 1m bars need. */
export function* candlesOfMinutes(minute: Keyed<ClosedMinute>): Iterable<Keyed<Candle & Told>> {
  const { candle, knownFrom } = minute.value;
  yield { key: minute.key, ts: minute.ts, value: told(candle, knownFrom) };
}

/** A known candle on its way into the roll-up of its own interval. */
export function* keyKnownCandle(candle: Candle, config: RollUpConfig): Iterable<Keyed<Candle>> {
  if (candle.interval === config.interval) yield* keyCandle(candle);
}

register('transforms/candles/candles', {
  keyKnownCandle,
  foldMinutes,
  closeMinutes,
  rollUpCandles,
  candlesOfMinutes,
});
