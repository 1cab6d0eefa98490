/** Makes the steps of a stage out of its descriptor: SDK operators on receivers, sources and metrics of ours. */
import '../../../transforms/sdk.beam.ts';
import './instants.ts';
import '../operators/all.ts';
import '../operators/sink.ts';
import { DATA_INPUT_URN, DATA_OUTPUT_URN } from 'apache-beam/internal/urns';
import { type ProcessBundleDescriptor, RemoteGrpcPort } from 'apache-beam/proto/beam_fn_api';
import type { PTransform } from 'apache-beam/proto/beam_runner_api';
import { createOperator, OperatorContext } from 'apache-beam/worker/operators';
import { CachingStateProvider, GrpcStateProvider, type StateProvider } from 'apache-beam/worker/state';
import { InvariantError } from '../../../schemas/errors.ts';
import type { BundleMetrics } from '../bundles/metrics.ts';
import type { DataChannel } from '../channels/data-channel.ts';
import type { StateChannel } from '../channels/state-channel.ts';
import { PAR_DO_URN } from '../dofns.ts';
import { type Consumer, StepReceiver } from './receiver.ts';
import { Source, type SourceParts } from './source.ts';
import type { StepClock, StepInfo } from './step-clock.ts';
import { failureOf } from './step-failure.ts';

/** What steps reach the runner by. */
export interface RunnerChannels {
  data(endpoint: string): DataChannel;
  state(endpoint: string): StateChannel;
}

/** Which bundle the steps work on. */
export interface BundleState {
  id: string | undefined;
  /** Data channels the bundle has begun with: one that breaks must not be taken for its successor. */
  readonly data: Map<string, DataChannel>;
  state: StateProvider | undefined;
}

export interface StageParts {
  readonly descriptor: ProcessBundleDescriptor;
  readonly channels: RunnerChannels;
  readonly clock: StepClock;
  readonly metrics: BundleMetrics;
  readonly bundle: BundleState;
}

export interface Stage {
  /** Consumers stand before those who feed them; without the sources. */
  readonly steps: readonly Consumer[];
  readonly sources: readonly Source[];
  readonly sinkEndpoints: readonly string[];
}

export function wireStage(parts: StageParts): Stage {
  const { transforms } = parts.descriptor;
  const wiring = new Wiring(parts);
  const of = (urn: string) => Object.entries(transforms).filter(([, { spec }]) => spec?.urn === urn);
  const sources = of(DATA_INPUT_URN).map(([id, transform]) => wiring.source(id, transform));
  const sinkEndpoints = new Set(of(DATA_OUTPUT_URN).map(([, transform]) => portOf(transform).endpoint));
  return { steps: wiring.steps, sources, sinkEndpoints: [...sinkEndpoints] };
}

class Wiring {
  readonly steps: Consumer[] = [];
  readonly #parts: StageParts;
  readonly #context: OperatorContext;
  readonly #consumersOf: ReadonlyMap<string, string[]>;
  readonly #byTransform = new Map<string, Consumer>();
  readonly #receivers = new Map<string, StepReceiver>();

  constructor(parts: StageParts) {
    this.#parts = parts;
    this.#consumersOf = consumersByCollection(parts.descriptor);
    // The SDK's operators ask for its own classes by name only; these answer the same calls.
    type Sdk = ConstructorParameters<typeof OperatorContext>;
    this.#context = new OperatorContext(
      parts.descriptor,
      ((id: string) => this.#receiver(id)) as unknown as Sdk[1],
      ((endpoint: string) => dataOf(parts, endpoint)) as unknown as Sdk[2],
      () => stateOf(parts),
      () => bundleIdOf(parts.bundle),
      {},
      parts.metrics as unknown as Sdk[6],
    );
  }

  source(transformId: string, transform: PTransform): Source {
    const { clock, metrics } = this.#parts;
    const { endpoint, coderId } = portOf(transform);
    const [output] = Object.values(transform.outputs);
    if (output === undefined) throw new InvariantError(`Expected an output of ${transformId}, got none.`);
    return new Source({
      transformId,
      name: transform.uniqueName,
      endpoint,
      coder: this.#context.pipelineContext.getCoder(coderId) as unknown as SourceParts['coder'],
      receiver: this.#receiver(output),
      clock,
      readIndex: metrics.readIndex(transformId),
    });
  }

  #receiver(collection: string): StepReceiver {
    const known = this.#receivers.get(collection);
    if (known) return known;
    const { clock, metrics } = this.#parts;
    const consumers = (this.#consumersOf.get(collection) ?? []).map((id) => this.#consumer(id));
    const receiver = new StepReceiver(consumers, metrics.elementCount(collection), clock);
    this.#receivers.set(collection, receiver);
    return receiver;
  }

  #consumer(transformId: string): Consumer {
    const known = this.#byTransform.get(transformId);
    if (known) return known;
    const { descriptor, metrics } = this.#parts;
    const step: StepInfo = {
      transformId,
      name: descriptor.transforms[transformId]!.uniqueName,
      time: metrics.time(transformId, 'process'),
    };
    try {
      const consumer = { operator: createOperator(transformId, this.#context), step };
      this.#byTransform.set(transformId, consumer);
      this.steps.push(consumer);
      return consumer;
    } catch (thrown) {
      throw failureOf(step, 'be set up', thrown);
    }
  }
}

/** Steps that do something: composites, and those that only pass on their input, are named in a descriptor too. */
function consumersByCollection({ transforms }: ProcessBundleDescriptor): Map<string, string[]> {
  const consumers = new Map<string, string[]>();
  for (const [id, transform] of Object.entries(transforms)) {
    if (!isPrimitive(transform)) continue;
    for (const collection of Object.values(transform.inputs)) {
      consumers.set(collection, [...(consumers.get(collection) ?? []), id]);
    }
  }
  return consumers;
}

function isPrimitive({ spec, subtransforms, inputs, outputs }: PTransform): boolean {
  if (spec?.urn === DATA_OUTPUT_URN) return true;
  if (subtransforms.length > 0) return false;
  const made = Object.values(outputs);
  const given = new Set(Object.values(inputs));
  return made.length === 0 ? spec?.urn === PAR_DO_URN : made.some((collection) => !given.has(collection));
}

function portOf({ spec, uniqueName }: PTransform): { endpoint: string; coderId: string } {
  const { apiServiceDescriptor, coderId } = RemoteGrpcPort.fromBinary(spec!.payload);
  if (!apiServiceDescriptor) throw new InvariantError(`Expected an endpoint at ${uniqueName}, got none.`);
  return { endpoint: apiServiceDescriptor.url, coderId };
}

function bundleIdOf(bundle: BundleState): string {
  if (bundle.id === undefined) throw new InvariantError('Expected a bundle at work, got none.');
  return bundle.id;
}

/** The bundle's channel to an endpoint, the same from its start to its end. */
export function dataOf(
  { bundle, channels }: Pick<StageParts, 'bundle' | 'channels'>,
  endpoint: string,
): DataChannel {
  const known = bundle.data.get(endpoint);
  if (known) return known;
  const channel = channels.data(endpoint);
  bundle.data.set(endpoint, channel);
  return channel;
}

function stateOf({ descriptor, bundle, channels }: StageParts): StateProvider {
  const endpoint = descriptor.stateApiServiceDescriptor?.url;
  if (endpoint === undefined) throw new InvariantError('Expected an endpoint for state, got none.');
  type Channel = ConstructorParameters<typeof GrpcStateProvider>[0];
  const channel = channels.state(endpoint) as unknown as Channel;
  bundle.state ??= new CachingStateProvider(new GrpcStateProvider(channel, bundleIdOf(bundle)));
  return bundle.state;
}
