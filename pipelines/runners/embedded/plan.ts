/** The pipeline proto as a checked list of steps in topological order; what cannot run here is refused by name. */
import '../../../transforms/sdk.beam.ts';
import { TYPESCRIPT_DEFAULT_ENVIRONMENT_URN } from 'apache-beam/internal/environments';
import {
  IDENTITY_DOFN_URN,
  JS_ASSIGN_TIMESTAMPS_DOFN_URN,
  JS_WINDOW_INTO_DOFN_URN,
  SERIALIZED_JS_DOFN_INFO,
  SPLITTING_JS_DOFN_URN,
} from 'apache-beam/internal/urns';
import {
  type Components,
  ParDoPayload,
  type Pipeline,
  type PTransform,
  PubSubReadPayload,
  PubSubWritePayload,
} from 'apache-beam/proto/beam_runner_api';
import { ConfigError } from '../../../schemas/errors.ts';
import { PUBSUB_READ_URN, PUBSUB_WRITE_URN } from '../../pubsub-io.ts';
import { windowingRefusals } from './windowing.ts';

export const IMPULSE_URN = 'beam:transform:impulse:v1';
export const GROUP_URN = 'beam:transform:group_by_key:v1';
export const PARDO_URN = 'beam:transform:pardo:v1';
export const FLATTEN_URN = 'beam:transform:flatten:v1';

const DO_FNS = [
  SERIALIZED_JS_DOFN_INFO,
  IDENTITY_DOFN_URN,
  JS_WINDOW_INTO_DOFN_URN,
  JS_ASSIGN_TIMESTAMPS_DOFN_URN,
  SPLITTING_JS_DOFN_URN,
];

export interface Step {
  readonly id: string;
  /** Unique name in the pipeline, parents included. */
  readonly name: string;
  readonly urn: string;
  readonly transform: PTransform;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Ids of the sources whose elements can come here: their watermarks, combined, are this step's. */
  readonly sources: readonly string[];
}

export interface Plan {
  readonly components: Components;
  /** Each after all that feed it; otherwise in the order of the graph. */
  readonly steps: readonly Step[];
}

/** @throws ConfigError naming every transform that the embedded runner does not support, and why. */
export function planOf(pipeline: Pipeline): Plan {
  const components = pipeline.components;
  if (!components) throw new ConfigError('Expected a pipeline with components, got an empty one.');
  const leaves = Object.entries(components.transforms).filter(([, transform]) => isLeaf(transform));
  const refusals = leaves.flatMap(([, transform]) =>
    refusalsOf(transform, components).map((reason) => `  ${transform.uniqueName}: ${reason}`),
  );
  const requirements = refusals.length === 0 ? pipeline.requirements : [];
  refusals.push(...requirements.map((urn) => `  pipeline: requirement ${urn}`));
  if (refusals.length > 0) {
    throw new ConfigError(
      `The embedded runner does not support:\n${refusals.join('\n')}\nChange these steps, or run on another engine.`,
    );
  }
  const steps = inOrder(leaves);
  return { components, steps };
}

/** Composites run as their parts; one without parts that adds nothing is no step. */
function isLeaf(transform: PTransform): boolean {
  if (transform.subtransforms.length > 0) return false;
  const inputs = Object.values(transform.inputs);
  const addsOutput = Object.values(transform.outputs).some((output) => !inputs.includes(output));
  return addsOutput || transform.spec?.urn === PUBSUB_WRITE_URN;
}

function refusalsOf(transform: PTransform, components: Components): string[] {
  const environment = components.environments[transform.environmentId]?.urn;
  if (environment && environment !== TYPESCRIPT_DEFAULT_ENVIRONMENT_URN) {
    return [`environment ${environment} (another language or a container)`];
  }
  const payload = transform.spec?.payload ?? new Uint8Array();
  switch (transform.spec?.urn) {
    case IMPULSE_URN:
      return [];
    case FLATTEN_URN:
      return flattenRefusals(transform, components);
    case PARDO_URN:
      return doFnRefusals(ParDoPayload.fromBinary(payload));
    case GROUP_URN:
      return groupRefusals(transform, components);
    case PUBSUB_READ_URN:
      return PubSubReadPayload.fromBinary(payload).subscription ? [] : ['a read without a subscription'];
    case PUBSUB_WRITE_URN:
      return PubSubWritePayload.fromBinary(payload).topic ? [] : ['a write without a topic'];
    default:
      return [`transform ${transform.spec?.urn || 'without a URN'}`];
  }
}

function doFnRefusals(payload: ParDoPayload): string[] {
  const refusals: string[] = [];
  const urn = payload.doFn?.urn ?? 'none';
  if (!DO_FNS.includes(urn)) refusals.push(`function ${urn}`);
  const named = (what: string, specs: object) => {
    const names = Object.keys(specs);
    if (names.length > 0) refusals.push(`${what} ${names.join(', ')}`);
  };
  named('side inputs', payload.sideInputs);
  named('user state', payload.stateSpecs);
  named('timers', payload.timerFamilySpecs);
  if (payload.restrictionCoderId) refusals.push('a splittable function');
  if (payload.requiresTimeSortedInput) refusals.push('time-sorted input');
  if (payload.requestsFinalization) refusals.push('bundle finalization');
  return refusals;
}

function groupRefusals(transform: PTransform, components: Components): string[] {
  const [input = ''] = Object.values(transform.inputs);
  const strategy = components.windowingStrategies[components.pcollections[input]?.windowingStrategyId ?? ''];
  return strategy ? windowingRefusals(strategy) : ['an input without a windowing strategy'];
}

function flattenRefusals(transform: PTransform, components: Components): string[] {
  const all = [...Object.values(transform.inputs), ...Object.values(transform.outputs)];
  const strategies = new Set(all.map((id) => components.pcollections[id]?.windowingStrategyId));
  return strategies.size > 1 ? ['inputs of different windowing'] : [];
}

function inOrder(leaves: readonly (readonly [string, PTransform])[]): Step[] {
  const producers = new Map(
    leaves.flatMap(([id, transform]) => Object.values(transform.outputs).map((output) => [output, id])),
  );
  const transforms = new Map(leaves);
  const steps = new Map<string, Step>();
  const visit = (id: string): Step => {
    const known = steps.get(id);
    if (known) return known;
    const transform = transforms.get(id)!;
    const inputs = Object.values(transform.inputs);
    const before = inputs.flatMap((input) => (producers.has(input) ? [visit(producers.get(input)!)] : []));
    const step: Step = {
      id,
      name: transform.uniqueName,
      urn: transform.spec!.urn,
      transform,
      inputs,
      outputs: Object.values(transform.outputs),
      sources: inputs.length === 0 ? [id] : [...new Set(before.flatMap((producer) => producer.sources))],
    };
    steps.set(id, step);
    return step;
  };
  for (const [id] of leaves) visit(id);
  return [...steps.values()];
}
