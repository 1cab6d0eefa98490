/** What the graph must know before its first trade: closed candles from history, and from the exchange where history has holes. */
import type { CandleQuery, History } from '../connectors/history/port.ts';
import type { Candle } from '../schemas/candle.ts';
import type { SignalParams } from '../schemas/params.ts';
import { floorTo, INTERVAL_MS, type Interval, MINUTE_MS, type Venue } from '../schemas/primitives.ts';
import { LOOKBACK } from '../transforms/windows.ts';

/** Minutes before the start that are still told of: see `resumption`. */
const RESUMED_MINUTES = 30;

/** Bars of each interval that some window still looks at from the start on, or from where an earlier run is resumed. */
const BARS_NEEDED: Record<Interval, number> = {
  '1m': LOOKBACK.features + RESUMED_MINUTES,
  '5m': 4,
  // The ATR of the first day of the baseline looks back, too.
  '15m': (LOOKBACK.atrDays + 1) * 96 + LOOKBACK.levels,
  '1h': LOOKBACK.trend + 1,
  '4h': 1,
};

/** Closed bars of one symbol from the exchange; see bybit/rest.ts. */
export type FetchKlines = (query: {
  readonly symbol: string;
  readonly interval: Interval;
  readonly fromMs: number;
  readonly toMs: number;
}) => Promise<readonly Candle[]>;

export interface WarmStartOptions {
  readonly venue: Venue;
  readonly symbols: readonly string[];
  /** Bars closing at or before it are taken. Unit: ms since the epoch. */
  readonly startMs: number;
  /** Bars of our own; left out where none are kept. */
  readonly history?: Pick<History, 'candles'> | undefined;
  readonly fetchKlines: FetchKlines;
}

/** Candles by interval, then symbol, then open time. @throws UpstreamError where neither source answers. */
export async function warmCandles(options: WarmStartOptions): Promise<Candle[]> {
  const { venue, symbols, history } = options;
  const candles: Candle[] = [];
  const intervals = Object.entries(BARS_NEEDED) as [Interval, number][];
  for (const [interval, bars] of intervals) {
    const toMs = floorTo(options.startMs, INTERVAL_MS[interval]);
    const span = { interval, fromMs: toMs - bars * INTERVAL_MS[interval], toMs };
    const known = (await history?.candles({ ...span, venue, symbols })) ?? [];
    for (const symbol of symbols) {
      candles.push(
        ...(await completed(
          known.filter((c) => c.symbol === symbol),
          { ...span, symbols: [symbol] },
          options,
        )),
      );
    }
  }
  return candles;
}

/** Bars we made ourselves are kept where they are complete: they know more than the exchange's. */
async function completed(
  own: readonly Candle[],
  span: Omit<CandleQuery, 'venue'>,
  options: WarmStartOptions,
): Promise<Candle[]> {
  const { interval, fromMs, toMs, symbols } = span;
  const byOpen = new Map(own.filter((candle) => candle.complete).map((candle) => [candle.openTime, candle]));
  if (byOpen.size < (toMs - fromMs) / INTERVAL_MS[interval]) {
    for (const candle of await options.fetchKlines({ symbol: symbols[0] ?? '', interval, fromMs, toMs })) {
      if (!byOpen.has(candle.openTime)) byOpen.set(candle.openTime, candle);
    }
  }
  return [...byOpen.values()].sort((a, b) => a.openTime - b.openTime);
}

/** Where a graph takes up what an earlier run left: see `SignalOptions`. Unit: ms since the epoch. */
export interface Resumption {
  readonly emitAfterMs: number;
  readonly publishAfterMs: number;
}

/**
 * Our own newest minute is published once more, with all that closed with it: the run before may have ended between
 * one topic and the next, and whoever has a record drops its copy. So is all from the first minute on that history
 * lacks among those whose messages are still there: it may have been about to write it. From there on everything is
 * published, and signals that are not yet too old to be entered.
 *
 * Where nothing of ours is known, nothing before the start is published; but where the bus may have messages of an
 * earlier run that came to nothing (`isResuming`), the last half hour is.
 */
export function resumption(
  history: readonly Candle[],
  startMs: number,
  { risk, market }: Pick<SignalParams, 'risk' | 'market'>,
  { isResuming = false }: { readonly isResuming?: boolean } = {},
): Resumption {
  const own = new Map<string, Set<number>>();
  for (const { symbol, interval, trades, openTime } of history) {
    // An exchange's own bars come without a number of trades.
    if (interval !== '1m' || trades === null) continue;
    own.set(symbol, (own.get(symbol) ?? new Set()).add(openTime));
  }
  const unknownMs = isResuming ? startMs - RESUMED_MINUTES * MINUTE_MS : startMs;
  const ends = [...own.values()].map((minutes) => endOf(minutes, market.allowedLatenessMs));
  const publishAfterMs = ends.length === 0 ? unknownMs : Math.min(startMs, ...ends);
  return { publishAfterMs, emitAfterMs: Math.max(publishAfterMs, startMs - risk.expiresAfterMs) };
}

/** The first minute missing among those of the last `spanMs`, else the newest. */
function endOf(minutes: ReadonlySet<number>, spanMs: number): number {
  const newest = Math.max(...minutes);
  const recent = [...minutes].filter((openTime) => openTime >= newest - spanMs);
  let end = Math.min(...recent);
  while (end < newest && minutes.has(end)) end += MINUTE_MS;
  return end;
}
