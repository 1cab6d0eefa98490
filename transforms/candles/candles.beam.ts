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
  for (const { facts, knownFrom } of versionsOf(group, context)) {
    const bar = foldMinute(group.key, end - MINUTE_MS, facts);
    yield { key: group.key, ts: end - 1, value: told(bar, knownFrom) };
  }
}

/** On fill windows: bars of some minutes to the candle of the last one. */
export function* closeMinutes(
  group: Group<MinuteBar>,
  context: CloseConfig & PaneContext,
): Iterable<Keyed<ClosedMinute>> {
  const end = windowEnd(context);
  for (const { facts, knownFrom } of versionsOf(group, context)) {
    const minute = closeMinute(facts, end, context.lookback);
    if (minute) yield { key: group.key, ts: end - 1, value: told(minute, knownFrom) };
  }
}

/** On fixed windows of `interval`: candles of the interval before, and known ones of this, to one candle. */
export function* rollUpCandles(
  group: Group<Candle & Told>,
  context: RollUpConfig & PaneContext,
): Iterable<Keyed<Candle & Told>> {
  const { interval } = context;
  const end = windowEnd(context);
  for (const { facts, knownFrom } of versionsOf(group, context)) {
    const candle = rollUp(facts, interval, end - INTERVAL_MS[interval]);
    if (candle) yield { key: group.key, ts: end - 1, value: told(candle, knownFrom) };
  }
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
