/** A small graph for tests of the runner: JSON lines in, keyed, windowed, grouped, and what each pane held out. */

import '../../../transforms/sdk.beam.ts';
import { GeneralObjectCoder } from 'apache-beam/coders/js_coders';
import { KVCoder, StrUtf8Coder } from 'apache-beam/coders/standard_coders';
import {
  AccumulationMode_Enum,
  ClosingBehavior_Enum,
  OnTimeBehavior_Enum,
  OutputTime_Enum,
  type Trigger,
  WindowingStrategy,
} from 'apache-beam/proto/beam_runner_api';
import type { PCollection, Root } from 'apache-beam/pvalue';
import { groupByKey, withCoderInternal } from 'apache-beam/transforms/internal';
import { paneInfoParam, windowParam } from 'apache-beam/transforms/pardo';
import { withName } from 'apache-beam/transforms/transform';
import { type WindowFn, windowInto } from 'apache-beam/transforms/window';
import { IntervalWindow, type PaneInfo, type Window } from 'apache-beam/values';
import { decodePubsubMessage, encodePubsubMessage } from '../../../schemas/pubsub-message.ts';
import { register } from '../../../transforms/beam.ts';
import { readPubSub, writePubSub } from '../../pubsub-io.ts';
import type { ScriptedEdges } from './testing.ts';

export interface KeyValue {
  readonly key: string;
  readonly value: number;
}

/** What a step behind a group was handed. `end` is null in the global window. */
export interface SeenPane {
  readonly key: string;
  readonly end: number | null;
  readonly values: readonly number[];
  readonly timing: string;
  readonly index: number;
  readonly isLast: boolean;
}

export function message(content: unknown): Uint8Array {
  const data = Buffer.from(JSON.stringify(content));
  return encodePubsubMessage({ data, attributes: {}, messageId: '', orderingKey: '' });
}

export function contentOf(bytes: Uint8Array): unknown {
  return JSON.parse(Buffer.from(decodePubsubMessage(bytes).data).toString());
}

/** `at` is the event time. Unit: ms since the epoch. */
export function keyed(key: string, value: number, at: number) {
  return { bytes: message({ key, value }), eventTimeMs: at };
}

function parseContent(bytes: Uint8Array): unknown {
  return contentOf(bytes);
}
function printContent(content: unknown): Uint8Array {
  return message(content);
}
interface PaneParams {
  readonly window: { lookup(): Window };
  readonly pane: { lookup(): PaneInfo };
}
function describePane(group: { key: string; value: Iterable<number> }, params: PaneParams): SeenPane {
  const window = params.window.lookup();
  const { timing, index, isLast } = params.pane.lookup();
  const end = window instanceof IntervalWindow ? window.end.toNumber() : null;
  return { key: group.key, end, values: [...group.value].sort((a, b) => a - b), timing, index, isLast };
}
register('pipelines/runners/embedded/graph.fixture', { parseContent, printContent, describePane });

/** After the window's end, then for every `lateCount` late elements. */
export function strategy(options: {
  readonly latenessMs?: number;
  readonly accumulates?: boolean;
  readonly lateCount?: number;
}): WindowingStrategy {
  const { latenessMs = 0, accumulates = true, lateCount = 1 } = options;
  const lateFirings: Trigger = {
    trigger: { oneofKind: 'elementCount', elementCount: { elementCount: lateCount } },
  };
  return WindowingStrategy.create({
    trigger: { trigger: { oneofKind: 'afterEndOfWindow', afterEndOfWindow: { lateFirings } } },
    accumulationMode: accumulates ? AccumulationMode_Enum.ACCUMULATING : AccumulationMode_Enum.DISCARDING,
    outputTime: OutputTime_Enum.END_OF_WINDOW,
    closingBehavior: ClosingBehavior_Enum.EMIT_IF_NONEMPTY,
    onTimeBehavior: OnTimeBehavior_Enum.FIRE_ALWAYS,
    allowedLateness: BigInt(latenessMs),
    environmentId: 'jsEnvironment',
  });
}

export function read(root: Root, subscription = 'in'): PCollection<KeyValue> {
  return root
    .apply(readPubSub(`Read ${subscription}`, { project: 'p', subscription }))
    .map(withName(`Parse ${subscription}`, parseContent)) as PCollection<KeyValue>;
}

/** Windows, groups and describes each pane, in steps of that name. */
export function grouped(
  input: PCollection<KeyValue>,
  fn: WindowFn<Window>,
  strategy?: WindowingStrategy,
  name = '',
): PCollection<SeenPane> {
  return panesOf(input.apply(withName(`${name}Window`, windowInto(fn, strategy))), name);
}

/** Groups what is windowed already. */
export function panesOf(windowed: PCollection<KeyValue>, name = ''): PCollection<SeenPane> {
  const coder = new KVCoder(new StrUtf8Coder(), new GeneralObjectCoder());
  const paired: PCollection<KeyValue> = windowed.apply(
    withName(`${name}Key`, withCoderInternal(coder as never)),
  );
  const params = { window: windowParam(), pane: paneInfoParam() } as unknown as PaneParams;
  return paired
    .apply(withName(`${name}Group`, groupByKey<string, number>()))
    .map(withName(`${name}Describe`, describePane), params);
}

export function write(output: PCollection<unknown>, topic = 'out'): void {
  output
    .map(withName(`Print ${topic}`, printContent))
    .apply(writePubSub(`Write ${topic}`, { project: 'p', topic }));
}

export function contents<T>(edges: ScriptedEdges, topic = 'out'): T[] {
  return edges.written.filter((w) => w.topic === topic).map((w) => contentOf(w.bytes) as T);
}
