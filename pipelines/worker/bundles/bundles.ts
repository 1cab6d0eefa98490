/** Bundles of this process: at work, over, or waiting for the runner to commit them. */
import type { DelayedBundleApplication, Elements_Data } from 'apache-beam/proto/beam_fn_api';
import type { Stopwatch } from '../../../connectors/clock/stopwatch.ts';
import { InvariantError } from '../../../schemas/errors.ts';
import { bundleEffects } from '../bundle-effects.ts';
import type { RunnerChannels } from '../stage/wiring.ts';
import { BundleProcessor } from './bundle-processor.ts';
import type { Descriptors } from './descriptors.ts';
import type { BundleMetrics } from './metrics.ts';

/** Ids of bundles that are over, and bundles never committed: older ones are forgotten. */
const REMEMBERED = 10_000;

/** A bundle that went well. Its metrics are good until `release`, which sets its steps free for the next one. */
export interface DoneBundle {
  readonly metrics: BundleMetrics;
  /** Output that is to go with the answer. */
  readonly output: Elements_Data[];
  readonly residualRoots: DelayedBundleApplication[];
  readonly requiresFinalization: boolean;
  readonly release: () => void;
}

export interface BundlesParts {
  readonly descriptors: Descriptors;
  readonly channels: RunnerChannels & { forget(instructionId: string): void };
  readonly stopwatch: Stopwatch;
}

type Finalizers = readonly (() => Promise<void>)[];

export class Bundles {
  readonly #parts: BundlesParts;
  /** `undefined` = begun, its steps not known yet. */
  readonly #atWork = new Map<string, BundleProcessor | undefined>();
  readonly #over = new Map<string, 'done' | 'failed'>();
  readonly #idle = new Map<string, BundleProcessor[]>();
  readonly #finalizers = new Map<string, Finalizers>();

  constructor(parts: BundlesParts) {
    this.#parts = parts;
  }

  get running(): number {
    return this.#atWork.size;
  }

  /** @throws what a step threw; the bundle's remaining input is dropped, its steps are not used again. */
  async process(instructionId: string, descriptorId: string): Promise<DoneBundle> {
    this.#atWork.set(instructionId, undefined);
    try {
      const processor = await this.#take(descriptorId);
      this.#atWork.set(instructionId, processor);
      const output = await processor.process(instructionId);
      this.#ended(instructionId, 'done');
      return {
        ...this.#effects(instructionId),
        output,
        metrics: processor.metrics,
        release: this.#release(descriptorId, processor),
      };
    } catch (error) {
      this.#ended(instructionId, 'failed');
      bundleEffects.take(instructionId);
      throw error;
    }
  }

  /** Undefined where the bundle has not got its steps yet, or is over. @throws InvariantError where it failed or is not known. */
  at(instructionId: string): BundleProcessor | undefined {
    if (this.#atWork.has(instructionId) || this.#over.get(instructionId) === 'done') {
      return this.#atWork.get(instructionId);
    }
    const what = this.#over.has(instructionId) ? 'one that failed' : 'one that is not known here';
    throw new InvariantError(`Expected a bundle, got ${instructionId}, ${what}.`);
  }

  /** Runs what was to wait for the commit. A bundle asked for again has nothing left to run. */
  async finalize(instructionId: string): Promise<void> {
    this.at(instructionId);
    const finalizers = this.#finalizers.get(instructionId) ?? [];
    this.#finalizers.delete(instructionId);
    await Promise.all(finalizers.map((run) => run()));
  }

  async #take(descriptorId: string): Promise<BundleProcessor> {
    const descriptor = await this.#parts.descriptors.get(descriptorId);
    const idle = this.#idle.get(descriptorId)?.pop();
    return idle ?? new BundleProcessor(descriptor, this.#parts.channels, this.#parts.stopwatch);
  }

  #release(descriptorId: string, processor: BundleProcessor): () => void {
    return () => {
      const idle = this.#idle.get(descriptorId);
      if (idle) idle.push(processor);
      else this.#idle.set(descriptorId, [processor]);
    };
  }

  #effects(instructionId: string): Pick<DoneBundle, 'residualRoots' | 'requiresFinalization'> {
    const { residualRoots, finalizers } = bundleEffects.take(instructionId) ?? {
      residualRoots: [],
      finalizers: [],
    };
    if (finalizers.length > 0) remember(this.#finalizers, instructionId, finalizers);
    return { residualRoots, requiresFinalization: finalizers.length > 0 };
  }

  #ended(instructionId: string, how: 'done' | 'failed'): void {
    this.#atWork.delete(instructionId);
    remember(this.#over, instructionId, how);
    this.#parts.channels.forget(instructionId);
  }
}

function remember<T>(map: Map<string, T>, key: string, value: T): void {
  map.set(key, value);
  if (map.size > REMEMBERED) map.delete(map.keys().next().value!);
}
