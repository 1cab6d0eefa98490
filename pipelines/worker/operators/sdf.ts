/**
 * Splittable DoFns of our own, which the SDK lacks: work on one element that never ends, done in rounds. After each round
 * the rest goes back to the runner with the watermark that it holds; the runner keeps it in its checkpoint and calls again.
 */
import '../../../transforms/sdk.beam.ts';
import { createRequire } from 'node:module';
import type { Coder } from 'apache-beam/coders/coders';
import { Context } from 'apache-beam/coders/coders';
import { BundleApplication, DelayedBundleApplication, RemoteGrpcPort } from 'apache-beam/proto/beam_fn_api';
import {
  IsBounded_Enum,
  ParDoPayload,
  type PTransform as TransformProto,
} from 'apache-beam/proto/beam_runner_api';
import { Duration } from 'apache-beam/proto/google/protobuf/duration';
import { Timestamp } from 'apache-beam/proto/google/protobuf/timestamp';
import type { KV, WindowedValue } from 'apache-beam/values';
import {
  type IOperator,
  type OperatorContext,
  type ProcessResult,
  type Receiver,
  registerOperatorConstructor,
} from 'apache-beam/worker/operators';
import Long from 'long';
import type { Writer as SdkWriter } from 'protobufjs';
import { InvariantError } from '../../../schemas/errors.ts';
import { bundleEffects } from '../bundle-effects.ts';
import type { DoFnStep } from './index.ts';

/** The SDK's coders write by the protobufjs that the SDK brings. */
const { Writer } = createRequire(import.meta.resolve('apache-beam'))('protobufjs') as {
  Writer: { create(): SdkWriter };
};

/** Urns of the steps into which a runner expands a splittable ParDo. */
const SDF_URNS = {
  pair: 'beam:transform:sdf_pair_with_restriction:v1',
  split: 'beam:transform:sdf_split_and_size_restrictions:v1',
  truncate: 'beam:transform:sdf_truncate_sized_restrictions:v1',
  process: 'beam:transform:sdf_process_sized_element_and_restrictions:v1',
} as const;

/** Sends a value on, to the output of that name. Unit: ms since the epoch. */
export type Emit = (output: string, value: unknown, eventTimeMs: number) => ProcessResult;

export interface Round {
  /** What is left to do, as bytes that only the DoFn reads; undefined where nothing is. */
  readonly rest?: Uint8Array;
  /** Nothing older will follow. Runners keep whole seconds of it. Unit: ms since the epoch; -Infinity: not known yet. */
  readonly watermarkMs: number;
  /** Runners wait at least so long before they call again, in whole seconds. Unit: ms. */
  readonly delayMs?: number;
  /** Run when the runner has committed what this round emitted, never where that was lost. */
  readonly onCommitted?: () => Promise<void>;
}

export interface SplittableDoFn {
  /** What is to be done of a new element. */
  initial(element: unknown): Uint8Array;
  /** One round, short: the runner can neither commit nor move event time on before it is over. */
  process(element: unknown, rest: Uint8Array, emit: Emit): Promise<Round>;
}

const splittables = new Map<string, (step: DoFnStep) => SplittableDoFn>();

/** Makes one DoFn per bundle processor, as `registerDoFn` does; what must outlive bundles belongs into the process. */
export function registerSplittable(urn: string, make: (step: DoFnStep) => SplittableDoFn): void {
  splittables.set(urn, make);
}

type Restricted = KV<unknown, Uint8Array>;
type Sized = KV<Restricted, number>;
/** Work is never measured: the runner must not split it. */
const SIZE = 1;

for (const urn of Object.values(SDF_URNS)) {
  registerOperatorConstructor(urn, (transformId, transform, context) => {
    const step = stepOf(transformId, transform, context);
    const make = splittables.get(step.parDo.doFn?.urn ?? '');
    if (!make) {
      throw new InvariantError(
        `Expected a splittable DoFn of ours, got ${step.parDo.doFn?.urn}. Known: ${[...splittables.keys()].join(', ')}.`,
      );
    }
    return urn === SDF_URNS.process ? new ProcessOperator(step, make(step)) : preparation(urn, step, make);
  });
}

function stepOf(transformId: string, transform: TransformProto, context: OperatorContext): DoFnStep {
  const parDo = ParDoPayload.fromBinary(transform.spec!.payload);
  return { transformId, transform, parDo, payload: parDo.doFn?.payload ?? new Uint8Array(), context };
}

/** The steps before the work: it is given as a whole to one worker; a job that drains gets none of it. */
function preparation(urn: string, step: DoFnStep, make: (step: DoFnStep) => SplittableDoFn): IOperator {
  const { transformId, transform, context } = step;
  const receiver = context.getReceiver(onlyOne(transform.outputs));
  const doFn = make(step);
  const prepared = (value: unknown): unknown => {
    return urn === SDF_URNS.pair ? { key: value, value: doFn.initial(value) } : { key: value, value: SIZE };
  };
  const isDraining = urn === SDF_URNS.truncate;
  return {
    transformId,
    startBundle: async () => undefined,
    process: (element) =>
      isDraining ? null : receiver.receive({ ...element, value: prepared(element.value) }),
    finishBundle: async () => undefined,
  };
}

class ProcessOperator implements IOperator {
  readonly transformId: string;
  readonly #step: DoFnStep;
  readonly #doFn: SplittableDoFn;
  readonly #receivers: ReadonlyMap<string, Receiver>;
  readonly #inputId: string;
  readonly #coder: Coder<WindowedValue<Sized>>;

  constructor(step: DoFnStep, doFn: SplittableDoFn) {
    const { transform, context } = step;
    this.transformId = step.transformId;
    this.#step = step;
    this.#doFn = doFn;
    this.#receivers = new Map(
      Object.entries(transform.outputs).map(([name, id]) => [name, context.getReceiver(id)]),
    );
    this.#inputId = Object.keys(transform.inputs)[0]!;
    this.#coder = coderOf(step);
  }

  async startBundle(): Promise<void> {}

  async process(element: WindowedValue<unknown>): Promise<void> {
    const sized = element as WindowedValue<Sized>;
    const { key: input, value: rest } = sized.value.key;
    const round = await this.#doFn.process(input, rest, (output, value, eventTimeMs) => {
      const timestamp = Long.fromNumber(eventTimeMs);
      return this.#receiverOf(output).receive({ ...element, value, timestamp });
    });
    const effects = bundleEffects.of(this.#step.context.getBundleId());
    if (round.onCommitted) effects.finalizers.push(round.onCommitted);
    if (round.rest) {
      const value: Sized = { key: { key: input, value: round.rest }, value: SIZE };
      effects.residualRoots.push(this.#residual({ ...sized, value }, round));
    }
  }

  async finishBundle(): Promise<void> {}

  #receiverOf(output: string): Receiver {
    const receiver = this.#receivers.get(output);
    if (receiver) return receiver;
    throw new InvariantError(
      `Expected one of the outputs ${[...this.#receivers.keys()].join(', ')} of ${this.transformId}, got ${output}.`,
    );
  }

  #residual(rest: WindowedValue<Sized>, { watermarkMs, delayMs }: Round): DelayedBundleApplication {
    const writer = Writer.create();
    this.#coder.encode(rest, writer as never, Context.needsDelimiters);
    const held = Number.isFinite(watermarkMs) ? timestampOf(watermarkMs) : undefined;
    const application = BundleApplication.create({
      transformId: this.transformId,
      inputId: this.#inputId,
      element: writer.finish(),
      outputWatermarks: held
        ? Object.fromEntries([...this.#receivers.keys()].map((name) => [name, held]))
        : {},
      isBounded: IsBounded_Enum.UNBOUNDED,
    });
    return DelayedBundleApplication.create({
      application,
      ...(delayMs ? { requestedTimeDelay: durationOf(delayMs) } : {}),
    });
  }
}

/** Elements of the step as they came over the wire: it is always the first of its stage. */
function coderOf({ transformId, transform, context }: DoFnStep): Coder<WindowedValue<Sized>> {
  const input = onlyOne(transform.inputs);
  const source = Object.values(context.descriptor.transforms).find(
    ({ spec, outputs }) => spec?.urn === 'beam:runner:source:v1' && Object.values(outputs).includes(input),
  );
  if (!source) {
    throw new InvariantError(
      `Expected the runner to hand its elements to ${transformId} itself, got a step before it.`,
    );
  }
  const { coderId } = RemoteGrpcPort.fromBinary(source.spec!.payload);
  return context.pipelineContext.getCoder(coderId);
}

function onlyOne(ids: Readonly<Record<string, string>>): string {
  const all = Object.values(ids);
  if (all.length === 1) return all[0]!;
  throw new InvariantError(`Expected one collection, got ${all.length}.`);
}

function timestampOf(ms: number): Timestamp {
  const seconds = Math.floor(ms / 1_000);
  return Timestamp.create({ seconds: BigInt(seconds), nanos: (ms - seconds * 1_000) * 1e6 });
}

function durationOf(ms: number): Duration {
  return Duration.create({ seconds: BigInt(Math.floor(ms / 1_000)), nanos: (ms % 1_000) * 1e6 });
}
