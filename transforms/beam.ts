/** The thin seam to the Beam SDK: how our elements are keyed, stamped, windowed, grouped and registered. */
import './sdk.beam.ts';
import { GeneralObjectCoder } from 'apache-beam/coders/js_coders';
import { KVCoder, StrUtf8Coder } from 'apache-beam/coders/standard_coders';
import type { PCollection } from 'apache-beam/pvalue';
import { requireForSerialization } from 'apache-beam/serialization';
import { groupByKey, withCoderInternal } from 'apache-beam/transforms/internal';
import { paneInfoParam, windowParam } from 'apache-beam/transforms/pardo';
import { type PTransform, withName } from 'apache-beam/transforms/transform';
import { assignTimestamps, windowInto } from 'apache-beam/transforms/window';
import type { IntervalWindow, PaneInfo } from 'apache-beam/values';
import Long from 'long';
import type { Windowing } from './windows.ts';

/** An element on its way into a group: whose it is, when it happened (ms), and what it is. */
export interface Keyed<T> {
  readonly key: string;
  readonly ts: number;
  readonly value: T;
}

/** What a group holds when its window fires. The order of `value` means nothing. */
export interface Group<T> {
  readonly key: string;
  readonly value: Iterable<T>;
}

/** What a step may ask about the pane it was handed. */
export interface PaneContext {
  readonly window: { lookup(): IntervalWindow };
  readonly pane: { lookup(): PaneInfo };
}

/** Adds window and pane to a step's plain-data configuration. */
export function withPane<T extends object>(config: T): T & PaneContext {
  return { ...config, window: windowParam(), pane: paneInfoParam() } as unknown as T & PaneContext;
}

/** End of the window being processed, ms. */
export function windowEnd(context: PaneContext): number {
  return context.window.lookup().end.toNumber();
}

/** True in the first firing of a window, the only one that may make someone act. */
export function isOnTime(context: PaneContext): boolean {
  const pane = context.pane.lookup();
  return pane.timing === 'ON_TIME' && pane.index === 0;
}

export function eventTimestamp(element: Keyed<unknown>): Long {
  return Long.fromNumber(element.ts);
}

/** Stamps elements with their event time, windows them and groups them by key. */
export function groupInto<T>(
  name: string,
  windowing: Windowing,
): PTransform<PCollection<Keyed<T>>, PCollection<Group<T>>> {
  return withName(name, (input: PCollection<Keyed<T>>) =>
    input
      .apply(withName('Stamp', assignTimestamps(eventTimestamp as never)))
      .apply(
        withName(
          'Key',
          withCoderInternal(new KVCoder(new StrUtf8Coder(), new GeneralObjectCoder()) as never),
        ),
      )
      .apply(withName('Window', windowInto(windowing.fn, windowing.strategy)))
      .apply(withName('Group', groupByKey())),
  );
}

/** Makes functions known by name, so that a graph holds names and plain data, never closures. */
export function register(module: string, functions: Record<string, unknown>): void {
  requireForSerialization(`crypto-signal-tracker/${module}`, functions);
}

register('transforms/beam', { eventTimestamp });
