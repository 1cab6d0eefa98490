/** A graph as an update sees it: named steps, and of each what the service keeps state or buffers by. */
import '../../../transforms/sdk.beam.ts';
import {
  type Coder,
  type Components,
  type FunctionSpec,
  IsBounded_Enum,
  type Pipeline,
  type PTransform,
  type WindowingStrategy,
} from 'apache-beam/proto/beam_runner_api';
import { FixedWindowsPayload, SlidingWindowsPayload } from 'apache-beam/proto/standard_window_fns';

export interface Step {
  /** Unique name, as the service shows it and as a mapping names it. */
  readonly name: string;
  /** URN: what kind of step it is. */
  readonly kind: string;
  /** Payload: which function with which configuration, which subscription, which topic. */
  readonly settings: string;
  /** Encoding, windowing and boundedness of each output, by its tag. */
  readonly outputs: ReadonlyMap<string, Collection>;
  /** Steps whose outputs it reads. */
  readonly after: readonly string[];
}

export interface Collection {
  readonly coder: string;
  readonly windowing: string;
  readonly bounded: boolean;
}

/** Leaves of the graph by name; composites hold nothing themselves. */
export function stepsOf(graph: Pipeline): Map<string, Step> {
  const { components } = graph;
  if (!components) return new Map();
  const leaves = Object.values(components.transforms).filter(isLeaf);
  const producers = new Map(
    leaves.flatMap(({ uniqueName, outputs }) =>
      Object.values(outputs).map((id) => [id, uniqueName] as const),
    ),
  );
  return new Map(leaves.map((leaf) => [leaf.uniqueName, stepOf(leaf, components, producers)]));
}

function isLeaf({ subtransforms, spec }: PTransform): boolean {
  return subtransforms.length === 0 && spec !== undefined;
}

function stepOf(
  { uniqueName, spec, inputs, outputs }: PTransform,
  components: Components,
  producers: ReadonlyMap<string, string>,
): Step {
  return {
    name: uniqueName,
    kind: spec?.urn ?? '',
    settings: textOf(spec),
    outputs: new Map(Object.entries(outputs).map(([tag, id]) => [tag, collectionOf(id, components)])),
    after: Object.values(inputs).flatMap((id) => producers.get(id) ?? []),
  };
}

function collectionOf(id: string, components: Components): Collection {
  const found = components.pcollections[id];
  const strategy = components.windowingStrategies[found?.windowingStrategyId ?? ''];
  return {
    coder: coderText(found?.coderId ?? '', components),
    windowing: strategy ? windowingText(strategy, components) : '',
    bounded: found?.isBounded === IsBounded_Enum.BOUNDED,
  };
}

/** Ids differ from graph to graph, what they stand for need not: `kv<string_utf8,genericobjectjs>`. */
function coderText(id: string, components: Components): string {
  const coder: Coder | undefined = components.coders[id];
  if (!coder) return `?${id}`;
  const parts = coder.componentCoderIds.map((part) => coderText(part, components));
  const name = shortUrn(coder.spec?.urn ?? '');
  const payload = coder.spec?.payload.length ? `(${hex(coder.spec.payload)})` : '';
  return `${name}${payload}${parts.length > 0 ? `<${parts.join(',')}>` : ''}`;
}

function windowingText(strategy: WindowingStrategy, components: Components): string {
  const { windowFn, windowCoderId, trigger, accumulationMode, outputTime, closingBehavior } = strategy;
  return JSON.stringify(
    {
      window: shortUrn(windowFn?.urn ?? ''),
      ...spanOf(windowFn),
      coder: coderText(windowCoderId, components),
      trigger,
      accumulationMode,
      outputTime,
      closingBehavior,
      onTimeBehavior: strategy.onTimeBehavior,
      allowedLatenessMs: strategy.allowedLateness,
    },
    (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value),
  );
}

const FIXED_URN = 'beam:window_fn:fixed_windows:v1';
const SLIDING_URN = 'beam:window_fn:sliding_windows:v1';

/** In ms where it is known, so that a person sees what changed. */
function spanOf(windowFn: FunctionSpec | undefined): Record<string, unknown> {
  const payload = windowFn?.payload ?? new Uint8Array();
  if (windowFn?.urn === FIXED_URN) {
    const { size, offset } = FixedWindowsPayload.fromBinary(payload);
    return { sizeMs: msOf(size), offsetMs: msOf(offset) };
  }
  if (windowFn?.urn === SLIDING_URN) {
    const { size, period, offset } = SlidingWindowsPayload.fromBinary(payload);
    return { sizeMs: msOf(size), periodMs: msOf(period), offsetMs: msOf(offset) };
  }
  return { settings: hex(payload) };
}

function msOf(duration: { seconds: bigint | number | string; nanos: number } | undefined): number {
  return duration ? Number(duration.seconds) * 1_000 + duration.nanos / 1e6 : 0;
}

function textOf(spec: FunctionSpec | undefined): string {
  return hex(spec?.payload ?? new Uint8Array());
}

/** `beam:coder:string_utf8:v1` → `string_utf8`. */
function shortUrn(urn: string): string {
  return urn.split(':').at(-2) ?? urn;
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
