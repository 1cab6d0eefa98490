/** A windowing strategy of the graph as plain numbers, or why the embedded runner cannot honour it. Units: ms. */
import '../../../transforms/sdk.beam.ts';
import {
  AccumulationMode_Enum,
  ClosingBehavior_Enum,
  MergeStatus_Enum,
  OutputTime_Enum,
  type Trigger,
  type WindowingStrategy,
} from 'apache-beam/proto/beam_runner_api';
import { FixedWindowsPayload, SlidingWindowsPayload } from 'apache-beam/proto/standard_window_fns';
import { GlobalWindow, IntervalWindow, type Window } from 'apache-beam/values';
import Long from 'long';

export interface Windowing {
  /** Infinity: the one global window, which ends at +Infinity. */
  readonly sizeMs: number;
  /** Distance between window starts; the size where windows do not overlap. */
  readonly periodMs: number;
  readonly offsetMs: number;
  readonly allowedLatenessMs: number;
  /** Late panes hold the whole window (true) or what came since the last pane. */
  readonly accumulating: boolean;
  /** Late elements that make a late pane. Infinity: none do. */
  readonly lateCount: number;
  /** A last pane is due when lateness ends, even with nothing new. */
  readonly closesWithPane: boolean;
}

const GLOBAL_FN = 'beam:window_fn:global_windows:v1';
const FIXED_FN = 'beam:window_fn:fixed_windows:v1';
const SLIDING_FN = 'beam:window_fn:sliding_windows:v1';
const EVERYTHING = new GlobalWindow();

/** Why elements cannot be grouped under this strategy; empty where they can. */
export function windowingRefusals(strategy: WindowingStrategy): string[] {
  const fn = strategy.windowFn?.urn ?? 'none';
  const refusals: string[] = [];
  if (strategy.mergeStatus === MergeStatus_Enum.NEEDS_MERGE) refusals.push(`merging windows (${fn})`);
  else if (![GLOBAL_FN, FIXED_FN, SLIDING_FN].includes(fn)) refusals.push(`window function ${fn}`);
  else if (!hasUsableSpan(strategy)) refusals.push('a window size or period that is not above 0');
  if (lateCountOf(strategy.trigger) === undefined) {
    refusals.push(`trigger ${strategy.trigger?.trigger.oneofKind}${describeAfterWindow(strategy.trigger)}`);
  }
  if (strategy.outputTime !== OutputTime_Enum.END_OF_WINDOW) {
    refusals.push(`output time ${OutputTime_Enum[strategy.outputTime]}`);
  }
  if (strategy.accumulationMode === AccumulationMode_Enum.RETRACTING) refusals.push('retracting panes');
  return refusals;
}

/** Expects a strategy without refusals. */
export function windowingOf(strategy: WindowingStrategy): Windowing {
  return {
    ...spanOf(strategy),
    allowedLatenessMs: Number(strategy.allowedLateness),
    accumulating: strategy.accumulationMode === AccumulationMode_Enum.ACCUMULATING,
    lateCount: lateCountOf(strategy.trigger) ?? Number.POSITIVE_INFINITY,
    closesWithPane: strategy.closingBehavior === ClosingBehavior_Enum.EMIT_ALWAYS,
  };
}

/** The window of this size that ends at `endMs`. */
export function windowEndingAt(endMs: number, sizeMs: number): Window {
  return sizeMs === Number.POSITIVE_INFINITY
    ? EVERYTHING
    : new IntervalWindow(Long.fromNumber(endMs - sizeMs), Long.fromNumber(endMs));
}

/** Start of a window that an element already carries. The global window starts at 0, so that it ends at +Infinity. */
export function startOf(window: Window): number {
  return window instanceof IntervalWindow ? window.start.toNumber() : 0;
}

/** Start of the newest window that holds `ts`: the greatest `offset + k·period` at or before it. */
export function newestStart(ts: number, { sizeMs, periodMs, offsetMs }: Windowing): number {
  if (sizeMs === Number.POSITIVE_INFINITY) return 0;
  return Math.floor((ts - offsetMs) / periodMs) * periodMs + offsetMs;
}

function spanOf({ windowFn }: WindowingStrategy): Pick<Windowing, 'sizeMs' | 'periodMs' | 'offsetMs'> {
  const payload = windowFn?.payload ?? new Uint8Array();
  if (windowFn?.urn === FIXED_FN) {
    const { size, offset } = FixedWindowsPayload.fromBinary(payload);
    return { sizeMs: toMs(size), periodMs: toMs(size), offsetMs: toMs(offset) };
  }
  if (windowFn?.urn === SLIDING_FN) {
    const { size, period, offset } = SlidingWindowsPayload.fromBinary(payload);
    return { sizeMs: toMs(size), periodMs: toMs(period), offsetMs: toMs(offset) };
  }
  return { sizeMs: Number.POSITIVE_INFINITY, periodMs: Number.POSITIVE_INFINITY, offsetMs: 0 };
}

function hasUsableSpan(strategy: WindowingStrategy): boolean {
  const { sizeMs, periodMs } = spanOf(strategy);
  return sizeMs > 0 && periodMs > 0;
}

function toMs(duration: { seconds: bigint; nanos: number } | undefined): number {
  return duration ? Number(duration.seconds) * 1_000 + duration.nanos / 1e6 : 0;
}

/** The default trigger fires late panes for each element. undefined: a trigger we do not know. */
function lateCountOf(trigger: Trigger | undefined): number | undefined {
  const kind = trigger?.trigger;
  if (kind?.oneofKind === 'default') return 1;
  if (kind?.oneofKind !== 'afterEndOfWindow' || kind.afterEndOfWindow.earlyFirings) return undefined;
  const late = kind.afterEndOfWindow.lateFirings?.trigger;
  if (late === undefined) return Number.POSITIVE_INFINITY;
  return late.oneofKind === 'elementCount' && late.elementCount.elementCount > 0
    ? late.elementCount.elementCount
    : undefined;
}

function describeAfterWindow(trigger: Trigger | undefined): string {
  if (trigger?.trigger.oneofKind !== 'afterEndOfWindow') return '';
  const { earlyFirings, lateFirings } = trigger.trigger.afterEndOfWindow;
  const parts = [
    earlyFirings && `early firings ${earlyFirings.trigger.oneofKind}`,
    lateFirings?.trigger.oneofKind !== 'elementCount' && lateFirings
      ? `late firings ${lateFirings.trigger.oneofKind}`
      : undefined,
  ];
  return ` with ${parts.filter(Boolean).join(', ')}`;
}
