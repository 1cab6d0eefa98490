/** Candles of one interval into one of the next. */
import type { Candle } from '../../schemas/candle.ts';
import { INTERVAL_MS, INTERVALS, type Interval } from '../../schemas/primitives.ts';
import { untold } from '../as-of.ts';
import { latestBars, revisionOf } from '../latest.ts';
import { decimalSum } from './exact.ts';
import { newCandle, withRevision } from './new-candle.ts';
import { bestOf } from './revision.ts';

/**
 * The candle `[openTime, openTime + interval)`; null where nothing is known of it.
 * @param candles In any order and number of revisions: of the interval before, which are rolled up, and of this one,
 *   which someone else made: the better of the two counts, complete first, then the higher revision.
 */
export function rollUp(candles: Iterable<Candle>, interval: Interval, openTime: number): Candle | null {
  const all = [...candles].map((candle) => untold(candle));
  const part = INTERVALS[INTERVALS.indexOf(interval) - 1];
  const parts = latestBars(
    all.filter((candle) => candle.interval === part),
    openTime,
    openTime + INTERVAL_MS[interval],
  );
  const known = bestOf(
    differentOf(all.filter((candle) => candle.interval === interval && candle.openTime === openTime)),
  );
  const rolled =
    part === undefined || parts.length === 0 ? null : rollUpParts(parts, part, interval, openTime);
  if (!rolled || !known) return rolled ?? known;
  return isBetter(known, rolled)
    ? withRevision(known, Math.max(known.revision, rolled.revision + 1))
    : rolled;
}

function differentOf(candles: readonly Candle[]): Candle[] {
  return [...new Map(candles.map((candle) => [JSON.stringify(candle), candle])).values()];
}

function isBetter(known: Candle, rolled: Candle): boolean {
  if (known.complete !== rolled.complete) return known.complete;
  return known.revision > rolled.revision;
}

/** @param parts At least one, one revision each, oldest first. */
function rollUpParts(parts: readonly Candle[], part: Interval, interval: Interval, openTime: number): Candle {
  const newest = parts.at(-1)!;
  const traded = parts.filter((candle) => !candle.filled);
  const expected = INTERVAL_MS[interval] / INTERVAL_MS[part];
  // Whole seconds add up exactly; shares do not.
  const partSeconds = INTERVAL_MS[part] / 1000;
  const healthy = parts.reduce((sum, { coverage }) => sum + Math.round(coverage * partSeconds), 0);
  return newCandle({
    venue: newest.venue,
    symbol: newest.symbol,
    interval,
    openTime,
    // Where nothing was traded, the newest price stands for all.
    open: (traded[0] ?? newest).open,
    high: traded.length > 0 ? Math.max(...traded.map(({ high }) => high)) : newest.close,
    low: traded.length > 0 ? Math.min(...traded.map(({ low }) => low)) : newest.close,
    close: (traded.at(-1) ?? newest).close,
    volume: decimalSum(traded.map(({ volume }) => volume)),
    turnover: sumOrNull(traded.map(({ turnover }) => turnover)),
    buyVolume: sumOrNull(traded.map(({ buyVolume }) => buyVolume)),
    trades: sumOrNull(traded.map(({ trades }) => trades)),
    coverage: healthy / (partSeconds * expected),
    filled: traded.length === 0,
    complete: parts.length === expected && parts.every(({ complete }) => complete),
    revision: revisionOf(parts),
  });
}

/** Null where any term is unknown. */
function sumOrNull(terms: readonly (number | null)[]): number | null {
  const known = terms.filter((term) => term !== null);
  return known.length === terms.length ? decimalSum(known) : null;
}
