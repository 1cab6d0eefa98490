/** Evidence of all timeframes, weighed: how much speaks for LONG and for SHORT at a slot, and what exactly. */
import type { Candle } from '../../schemas/candle.ts';
import type { MacroParams } from '../../schemas/macro-params.ts';
import { INTERVAL_MS, type Interval, type PositionSide } from '../../schemas/primitives.ts';
import { latestBars } from '../../transforms/latest.ts';
import { type Evidence, evidenceOf } from './evidence.ts';

export const TIMEFRAMES = ['5m', '15m', '1h', '4h'] as const satisfies readonly Interval[];
export type Timeframe = (typeof TIMEFRAMES)[number];

/** Points for each side; what cannot be judged gives none, so both together are at most 100. */
export interface Confidence {
  readonly long: number;
  readonly short: number;
}

/** Bars of one timeframe that closed by a slot: the newest in a row without a hole, each complete. */
export type BarsAt = (timeframe: Timeframe, slot: number) => readonly Candle[];

/** What is known at a slot, and later nothing else: each function looks at bars that closed by then. */
export interface MacroView {
  readonly barsAt: BarsAt;
  readonly confidenceAt: (slot: number) => Confidence;
  readonly reasonsAt: (slot: number) => Reason[];
}

export interface Reason {
  /** Null: the timeframe could not be judged. */
  readonly side: PositionSide | null;
  readonly points: number;
  readonly text: string;
}

/** What was judged, by timeframe and newest bar. */
export type Judged = Map<string, Judgement>;

/** @param candles Of one symbol, of any intervals and revisions, in any order. @param judged As `macroOf` has it. */
export function macroView(
  candles: Iterable<Candle>,
  params: MacroParams,
  judged: Judged = new Map(),
): MacroView {
  const barsAt = barsOf(candles, params.indicators.bars);
  const evidenceAt = evidenceFrom(barsAt, params, judged);
  const reasonsAt = (slot: number) =>
    TIMEFRAMES.flatMap((timeframe) => weigh(timeframe, evidenceAt(timeframe, slot), params));
  // Both sides look back on the same slots.
  const known = new Map<number, Confidence>();
  const confidenceAt = (slot: number) => {
    const confidence = known.get(slot) ?? confidenceOf(reasonsAt(slot));
    known.set(slot, confidence);
    return confidence;
  };
  return { barsAt, confidenceAt, reasonsAt };
}

function confidenceOf(reasons: readonly Reason[]): Confidence {
  return { long: pointsOf(reasons, 'LONG'), short: pointsOf(reasons, 'SHORT') };
}

/** To hundredths, so that a limit is compared with what people read. */
function pointsOf(reasons: readonly Reason[], side: PositionSide): number {
  const points = reasons.reduce((sum, reason) => (reason.side === side ? sum + reason.points : sum), 0);
  return Math.min(100, Math.round(points * 100) / 100);
}

function weigh(timeframe: Timeframe, evidence: Judgement, params: MacroParams): Reason[] {
  if (typeof evidence === 'string')
    return [{ side: null, points: 0, text: `${timeframe} not judged: ${evidence}` }];
  return evidence.map(({ kind, side, text }) => {
    const points = (params.timeframes[timeframe] * params.evidence[kind]) / 100;
    return { side, points, text: `${timeframe} ${text}` };
  });
}

/** Evidence, or why there is none. */
type Judgement = readonly Evidence[] | string;

function evidenceFrom(
  barsAt: BarsAt,
  params: MacroParams,
  // A bar is looked at from many slots.
  known: Judged,
): (timeframe: Timeframe, slot: number) => Judgement {
  const { minBars } = params.indicators;
  return (timeframe, slot) => {
    const key = `${timeframe} ${newestOpen(timeframe, slot)}`;
    let judgement = known.get(key);
    if (judgement === undefined) {
      const bars = barsAt(timeframe, slot);
      judgement =
        bars.length < minBars
          ? `${bars.length} complete bars in a row known, ${minBars} needed`
          : evidenceOf(bars, params);
      known.set(key, judgement);
    }
    return judgement;
  };
}

function barsOf(candles: Iterable<Candle>, most: number): BarsAt {
  const byTimeframe = Map.groupBy(candles, ({ interval }) => interval);
  const byOpen = new Map(
    TIMEFRAMES.map((timeframe) => {
      const bars = latestBars(byTimeframe.get(timeframe) ?? []);
      return [timeframe, new Map(bars.map((bar) => [bar.openTime, bar]))];
    }),
  );
  return (timeframe, slot) => {
    const bars = byOpen.get(timeframe)!;
    const row: Candle[] = [];
    let bar = bars.get(newestOpen(timeframe, slot));
    while (bar?.complete && row.length < most) {
      row.push(bar);
      bar = bars.get(bar.openTime - INTERVAL_MS[timeframe]);
    }
    return row.reverse();
  };
}

/** Open time of the newest bar that has closed by the slot. */
function newestOpen(timeframe: Timeframe, slot: number): number {
  const length = INTERVAL_MS[timeframe];
  return (Math.floor(slot / length) - 1) * length;
}
