/** The steps of one stage, wired once and used for one bundle after the other. */
import '../../../transforms/sdk.beam.ts';
import {
  type Elements_Data,
  type ProcessBundleDescriptor,
  type ProcessBundleSplitRequest,
  ProcessBundleSplitResponse,
} from 'apache-beam/proto/beam_fn_api';
import type { IOperator } from 'apache-beam/worker/operators';
import type { Stopwatch } from '../../../connectors/clock/stopwatch.ts';
import type { DataChannel } from '../channels/data-channel.ts';
import type { InputConsumer } from '../channels/inbound.ts';
import type { Source } from '../stage/source.ts';
import { atWork, StepClock, type StepInfo } from '../stage/step-clock.ts';
import { failureOf } from '../stage/step-failure.ts';
import { type BundleState, dataOf, type RunnerChannels, type Stage, wireStage } from '../stage/wiring.ts';
import { BundleMetrics } from './metrics.ts';

type Phase = 'start' | 'finish';

export class BundleProcessor {
  readonly metrics = new BundleMetrics();
  readonly #channels: RunnerChannels;
  readonly #clock: StepClock;
  readonly #bundle: BundleState = { id: undefined, data: new Map(), state: undefined };
  readonly #stage: Stage;

  constructor(descriptor: ProcessBundleDescriptor, channels: RunnerChannels, stopwatch: Stopwatch) {
    this.#channels = channels;
    this.#clock = new StepClock(stopwatch);
    this.#stage = wireStage({
      descriptor,
      channels,
      clock: this.#clock,
      metrics: this.metrics,
      bundle: this.#bundle,
    });
  }

  /**
   * Returns when all input is processed and all output handed to the network, but for what is to go with the answer.
   * @throws with the name of the step at fault.
   */
  async process(instructionId: string): Promise<Elements_Data[]> {
    this.metrics.reset();
    this.#bundle.id = instructionId;
    this.#bundle.state = undefined;
    this.#bundle.data.clear();
    const withAnswer = await atWork.run({ instructionId, clock: this.#clock }, () =>
      this.#run(instructionId),
    );
    this.#bundle.id = undefined;
    return withAnswer;
  }

  /** Cuts the input short; empty where there is nothing to give back. */
  split({ desiredSplits }: ProcessBundleSplitRequest): ProcessBundleSplitResponse {
    const response = ProcessBundleSplitResponse.create();
    for (const source of this.#stage.sources) {
      const desired = desiredSplits[source.transformId];
      if (!desired) continue;
      const channelSplit = source.split(desired);
      if (channelSplit) response.channelSplits.push(channelSplit);
    }
    return response;
  }

  async #run(instructionId: string): Promise<Elements_Data[]> {
    const { steps, sources } = this.#stage;
    // First of all: a split may come while the steps start, and must not find the last bundle's progress.
    for (const source of sources) source.start();
    // Consumers before those who feed them; the other way round at the end.
    for (const { operator, step } of steps) {
      await this.#phase('start', step, () => operator.startBundle());
    }
    await Promise.all(
      [...bySource(sources)].map(([endpoint, consumers]) =>
        this.#data(endpoint).receive(instructionId, consumers),
      ),
    );
    for (const { operator, step } of steps.toReversed()) {
      await this.#phase('finish', step, () => operator.finishBundle());
    }
    const left = this.#stage.sinkEndpoints.map((endpoint) => this.#data(endpoint).finish(instructionId));
    return (await Promise.all(left)).flat();
  }

  #data(endpoint: string): DataChannel {
    return dataOf({ bundle: this.#bundle, channels: this.#channels }, endpoint);
  }

  async #phase(
    phase: Phase,
    step: StepInfo,
    call: () => ReturnType<IOperator['startBundle']>,
  ): Promise<void> {
    const before = this.#clock.read() - this.#clock.total;
    try {
      await call();
    } catch (thrown) {
      throw failureOf(step, `${phase} a bundle`, thrown);
    }
    // Without what the steps behind it did meanwhile, which is counted as theirs.
    const own = this.#clock.read() - this.#clock.total - before;
    this.metrics.time(step.transformId, phase).update(Math.max(0, own));
  }
}

function bySource(sources: readonly Source[]): Map<string, Map<string, InputConsumer>> {
  const byEndpoint = new Map<string, Map<string, InputConsumer>>();
  for (const source of sources) {
    const consumers = byEndpoint.get(source.endpoint) ?? new Map<string, InputConsumer>();
    byEndpoint.set(source.endpoint, consumers.set(source.transformId, source));
  }
  return byEndpoint;
}
