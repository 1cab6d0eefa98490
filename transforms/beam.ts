/** The thin seam to the Beam SDK: how our elements are keyed, stamped, windowed, grouped and registered. */
import './sdk.beam.ts';
import { GeneralObjectCoder } from 'apache-beam/coders/js_coders';
import { KVCoder, StrUtf8Coder } from 'apache-beam/coders/standard_coders';
import type { Pipeline } from 'apache-beam/internal/pipeline';
import {
  FunctionSpec,
  IsBounded_Enum,
  type PTransform as TransformProto,
} from 'apache-beam/proto/beam_runner_api';
import { P, type PCollection } from 'apache-beam/pvalue';
import { requireForSerialization } from 'apache-beam/serialization';
import { flatten } from 'apache-beam/transforms/flatten';
import { groupByKey, withCoderInternal } from 'apache-beam/transforms/internal';
import { paneInfoParam, parDo, windowParam } from 'apache-beam/transforms/pardo';
import { type PTransform, withName } from 'apache-beam/transforms/transform';
import { assignTimestamps, windowInto } from 'apache-beam/transforms/window';
import type { IntervalWindow, KV, PaneInfo } from 'apache-beam/values';
import Long from 'long';
import { type Told, versions } from './as-of.ts';
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

/** Adds window and pane to a step's plain-data configuration. The step sees its fields as inherited: read them, never spread them. */
export function withPane<T extends object>(config: T): T & PaneContext {
  return { ...config, window: windowParam(), pane: paneInfoParam() } as unknown as T & PaneContext;
}

/** End of the window being processed, ms. */
export function windowEnd(context: PaneContext): number {
  return context.window.lookup().end.toNumber();
}

/** What `make` makes of the group at its window's close, and at each later one that changed something; see as-of.ts. */
export function versionsOf<T extends Told, V extends object>(
  group: Group<T>,
  context: PaneContext,
  make: (facts: Iterable<T>) => V | null,
): Iterable<V & Told> {
  return versions(group.value, windowEnd(context), context.pane.lookup().timing === 'LATE', make);
}

/** True in the first firing of a window, the only one that may make someone act. */
export function isOnTime(context: PaneContext): boolean {
  const pane = context.pane.lookup();
  return pane.timing === 'ON_TIME' && pane.index === 0;
}

export function eventTimestamp(element: Keyed<unknown>): Long {
  return Long.fromNumber(element.ts);
}

/**
 * Stamps elements with their event time, windows them and groups them by key.
 * Takes one collection, or several of one element type, which may be bounded or not and windowed differently before.
 */
export function groupInto<T>(name: string, windowing: Windowing): GroupTransform<T> {
  return withName(name, (input: PCollection<Keyed<T>> | PCollection<Keyed<T>>[]) => {
    const windowed = [input]
      .flat()
      .map((each, i) => windowedInto(each, windowing, i === 0 ? '' : ` ${i + 1}`));
    const one = windowed.length === 1 ? windowed[0] : P(windowed).apply(withName('Flatten', flattenAll()));
    return (one as PCollection<KV<string, T>>).apply(withName('Group', groupByKey()));
  }) as unknown as GroupTransform<T>;
}

/** `PCollection<Keyed<T>>`, or an array of them under `P`, to `PCollection<Group<T>>`. */
type GroupTransform<T> = PTransform<PCollection<Keyed<T>>, PCollection<Group<T>>> &
  PTransform<PCollection<Keyed<T>>[], PCollection<Group<T>>>;

function windowedInto<T>(input: PCollection<Keyed<T>>, windowing: Windowing, nth: string) {
  const coder = new KVCoder(new StrUtf8Coder(), new GeneralObjectCoder());
  return input
    .apply(withName(`Stamp${nth}`, assignTimestamps(eventTimestamp as never)))
    .apply(withName(`Key${nth}`, withCoderInternal(coder as never)))
    .apply(withName(`Window${nth}`, windowInto(windowing.fn, windowing.strategy)));
}

/** The SDK's flatten refuses bounded and unbounded inputs together, as a warm start has them. */
function flattenAll<T>(): PTransform<PCollection<T>[], PCollection<T>> {
  return (inputs: PCollection<T>[], pipeline: Pipeline, transform: TransformProto) => {
    transform.spec = FunctionSpec.create({ urn: flatten.urn });
    const { BOUNDED, UNBOUNDED } = IsBounded_Enum;
    const collections = inputs.map((input) => pipeline.getProto().components!.pcollections[input.getId()]!);
    const isBounded = collections.every((collection) => collection.isBounded === BOUNDED);
    return pipeline.createPCollectionInternal<T>(
      collections[0]!.coderId as never,
      undefined,
      isBounded ? BOUNDED : UNBOUNDED,
    );
  };
}

/** One named step of the graph. `fn` is registered, `config` is plain data. */
export function step<I, O, C extends object>(
  name: string,
  fn: (element: I, config: C) => Iterable<O>,
  config?: C,
): PTransform<PCollection<I>, PCollection<O>> {
  return withName(name, parDo<I, O, C>({ process: fn }, config ?? ({} as C)));
}

/** Makes functions known by name, so that a graph holds names and plain data, never closures. */
export function register(module: string, functions: Record<string, unknown>): void {
  requireForSerialization(`crypto-signal-tracker/${module}`, functions);
}

register('transforms/beam', { eventTimestamp });
