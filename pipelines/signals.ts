/**
 * The graph: trades in; candles, levels, features and scalp signals out. Everything else serves it.
 * Each step is one named function of `transforms/`; a `GroupInto…` step is a window of `transforms/windows.ts`.
 */
import '../transforms/sdk.beam.ts';
import { P, type PCollection, type Root } from 'apache-beam/pvalue';
import type { Candle } from '../schemas/candle.ts';
import type { LevelSet } from '../schemas/level-set.ts';
import type { SignalParams } from '../schemas/params.ts';
import { INTERVAL_MS, type Venue } from '../schemas/primitives.ts';
import { groupInto, type Keyed, step, withPane } from '../transforms/beam.ts';
import { candlesOfMinutes, closeMinutes, foldMinutes } from '../transforms/candles/candles.beam.ts';
import { decodeSnapshots, decodeTrades } from '../transforms/decode/decode.beam.ts';
import { joinMinute, readFeatures } from '../transforms/features/features.beam.ts';
import type { MinuteFact } from '../transforms/features/join.ts';
import { leadCandles } from '../transforms/lead-venue.beam.ts';
import { levelsForMinutes, marketLevels } from '../transforms/levels/levels.beam.ts';
import type { ClosedMinute, MinuteBar, MinutePart } from '../transforms/market-data.ts';
import { readPriceChecks } from '../transforms/price-check/price-check.beam.ts';
import { decideSignals } from '../transforms/strategies/strategies.beam.ts';
import { fillMinutes, windowsOf } from '../transforms/windows.ts';
import { knownCandles, readMarketData } from './inputs.ts';
import { publishCandles, publishSignals } from './outputs.ts';
import { type Candles, rollUps } from './roll-ups.ts';

export interface SignalOptions {
  /** Cloud project of topics and subscriptions; any word where there is no cloud. */
  readonly project: string;
  readonly params: SignalParams;
  /** Venue whose candles are traded on; the others only check its prices. */
  readonly leadVenue: Venue;
  /** Signals of bars that closed by then are computed, not emitted: their moment has passed. Unit: ms since the epoch. */
  readonly emitAfterMs: number;
  /** What closed by then was published by an earlier run; `emitAfterMs` where left out. Unit: ms since the epoch. */
  readonly publishAfterMs?: number;
  /** Closed candles known before the start, of any interval. */
  readonly history: readonly Candle[];
}

/** Venue whose prices the lead's are checked against. */
const OTHER_VENUE: Record<Venue, Venue> = { bybit: 'kraken', binance: 'kraken', kraken: 'bybit' };

/** Trades in, scalp signals out, everything between published. */
export function buildSignals(root: Root, options: SignalOptions): void {
  const { params, leadVenue, project, emitAfterMs, publishAfterMs = emitAfterMs } = options;
  const windows = windowsOf(params);
  const { minutes, candles } = buildCandles(root, options);

  // Bars become levels and trend, minutes features; both meet in the minute they are known in.
  const levels: PCollection<LevelSet> = P({
    m15: candles['15m'].apply(step('TakeLead15m', leadCandles, { leadVenue })),
    h1: candles['1h'].apply(step('TakeLead1h', leadCandles, { leadVenue })),
  }).apply(marketLevels(windows, params, Math.min(emitAfterMs, publishAfterMs) - INTERVAL_MS['15m']));
  const features = minutes.apply(readFeatures(windows, { leadVenue, params }));
  const venues = { lead: leadVenue, other: OTHER_VENUE[leadVenue] };
  const checks = minutes.apply(readPriceChecks(windows, { venues, params }));
  const joined = P([features, checks, levels.apply(step('CopyLevels', levelsForMinutes))])
    .apply(groupInto<MinuteFact>('GroupIntoFacts', windows.bar('1m')))
    .apply(step('JoinMinute', joinMinute, withPane({})));

  // What is known of a minute becomes a signal, or not.
  const signals = joined.apply(step('DecideSignals', decideSignals, { params, emitAfterMs }));

  publishSignals({ levels, joined, signals }, { project, publishAfterMs });
}

/** The first half, of use by itself: trades in, candles of every interval out. */
export function buildCandles(
  root: Root,
  options: Omit<SignalOptions, 'leadVenue'>,
): { minutes: PCollection<Keyed<ClosedMinute>>; candles: Candles } {
  const { params, project, emitAfterMs, publishAfterMs = emitAfterMs } = options;
  const windows = windowsOf(params);

  // Messages become parts of minutes; what cannot be read leaves as a dead letter.
  const { allowedDisorderMs } = params.market;
  const decoding = { allowedDisorderMs };
  const trades = root.apply(readMarketData(project, 'raw-tick-data', 'DecodeTrades', decodeTrades, decoding));
  const books = root.apply(
    readMarketData(project, 'book-snapshots', 'DecodeSnapshots', decodeSnapshots, decoding),
  );
  const known = root.apply(knownCandles(options.history));

  // Parts become minutes, minutes longer bars.
  const minutes: PCollection<Keyed<ClosedMinute>> = P([trades.ok, books.ok, known.minute])
    .apply(groupInto<MinutePart>('GroupIntoMinute', windows.bar('1m')))
    .apply(step('FoldMinutes', foldMinutes, withPane({})))
    .apply(groupInto<MinuteBar>('GroupIntoFill', windows.fill))
    .apply(step('CloseMinutes', closeMinutes, withPane({ lookback: fillMinutes(params) })));
  const candles = rollUps(
    minutes.apply(step('TakeCandles', candlesOfMinutes)),
    [trades.known, known.longer],
    windows,
  );
  publishCandles({ minutes, candles, dead: [trades.dead, books.dead] }, { project, publishAfterMs });
  return { minutes, candles };
}
