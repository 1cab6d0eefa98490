/** The project's few windows, and the one windowing strategy they share. Units are in the names. */
import './sdk.beam.ts';
import {
  AccumulationMode_Enum,
  ClosingBehavior_Enum,
  OnTimeBehavior_Enum,
  OutputTime_Enum,
  type Trigger,
  WindowingStrategy,
} from 'apache-beam/proto/beam_runner_api';
import type { WindowFn } from 'apache-beam/transforms/window';
import { fixedWindows, slidingWindows } from 'apache-beam/transforms/windowings';
import type { IntervalWindow } from 'apache-beam/values';
import type { SignalParams } from '../schemas/params.ts';
import { DAY_MS, HOUR_MS, INTERVAL_MS, type Interval, MINUTE_MS } from '../schemas/primitives.ts';

/** Bars each window looks back over; the numbers of the domain, used by pure cores and windows alike. */
export const LOOKBACK = {
  /** 1m bars: RSI-7 and EMA20 forget their start to 1e-8 within 180. */
  features: 180,
  /** 15m candles that levels are read from. */
  levels: 120,
  /** 1h candles that trend lines are read from. */
  trend: 200,
  /** Whole UTC days that ATR is compared with. */
  atrDays: 20,
} as const;

export interface Windowing {
  readonly fn: WindowFn<IntervalWindow>;
  readonly strategy: WindowingStrategy;
}

/** Every window fires when the watermark passes its end, then again for the late elements of each bundle, with all it holds. */
function strategy(allowedLatenessMs: number): WindowingStrategy {
  const eachElement: Trigger = { trigger: { oneofKind: 'elementCount', elementCount: { elementCount: 1 } } };
  return WindowingStrategy.create({
    trigger: {
      trigger: { oneofKind: 'afterEndOfWindow', afterEndOfWindow: { lateFirings: eachElement } },
    },
    accumulationMode: AccumulationMode_Enum.ACCUMULATING,
    outputTime: OutputTime_Enum.END_OF_WINDOW,
    closingBehavior: ClosingBehavior_Enum.EMIT_IF_NONEMPTY,
    onTimeBehavior: OnTimeBehavior_Enum.FIRE_ALWAYS,
    allowedLateness: BigInt(allowedLatenessMs),
    environmentId: 'jsEnvironment',
  });
}

/** Minutes a filled bar looks back for its price: no trade that can still arrive is older than that. */
export function fillMinutes(params: SignalParams): number {
  const { allowedDisorderMs, allowedLatenessMs } = params.market;
  return Math.ceil((allowedDisorderMs + allowedLatenessMs) / MINUTE_MS) + 1;
}

/** All windows of the graph under one set of parameters. */
export function windowsOf(params: SignalParams) {
  const base = strategy(params.market.allowedLatenessMs);
  const fixed = (sizeMs: number): Windowing => ({ fn: fixedWindows(sizeMs / 1000), strategy: base });
  const sliding = (sizeMs: number, everyMs: number): Windowing => ({
    fn: slidingWindows(sizeMs / 1000, everyMs / 1000),
    strategy: base,
  });
  return {
    bar: (interval: Interval) => fixed(INTERVAL_MS[interval]),
    day: fixed(DAY_MS),
    fill: sliding(fillMinutes(params) * MINUTE_MS, MINUTE_MS),
    basis: sliding(params.market.basisMinutes * MINUTE_MS, MINUTE_MS),
    levels: sliding(LOOKBACK.levels * INTERVAL_MS['15m'], INTERVAL_MS['15m']),
    trend: sliding(LOOKBACK.trend * HOUR_MS, HOUR_MS),
    atrBaseline: sliding(LOOKBACK.atrDays * DAY_MS, DAY_MS),
  };
}
export type Windows = ReturnType<typeof windowsOf>;
