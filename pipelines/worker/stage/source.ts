/** Where a bundle's input enters its steps: decodes elements one by one, and can be told to stop early. */
import '../../../transforms/sdk.beam.ts';
import { createRequire } from 'node:module';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Context } from 'apache-beam/coders/coders';
import type {
  ProcessBundleSplitRequest_DesiredSplit,
  ProcessBundleSplitResponse_ChannelSplit,
} from 'apache-beam/proto/beam_fn_api';
import type { WindowedValue } from 'apache-beam/values';
import type { Reader as SdkReader } from 'protobufjs';
import type { InputConsumer } from '../channels/inbound.ts';
import type { StepReceiver } from './receiver.ts';
import { splitPoint } from './split.ts';
import type { StepClock } from './step-clock.ts';
import { failureOf } from './step-failure.ts';

/** The SDK's coders read by the protobufjs that the SDK brings. */
const { Reader } = createRequire(import.meta.resolve('apache-beam'))('protobufjs') as {
  Reader: { create(data: Uint8Array): SdkReader };
};

/** Longest stretch of work without a look at the network (splits, progress, other bundles). Unit: ms. */
const SLICE_MS = 50;

interface ElementCoder {
  decode(reader: SdkReader, context: Context): WindowedValue<unknown>;
}

export interface SourceParts {
  readonly transformId: string;
  readonly name: string;
  readonly endpoint: string;
  readonly coder: ElementCoder;
  readonly receiver: StepReceiver;
  readonly clock: StepClock;
  readonly readIndex: { value: number };
}

export class Source implements InputConsumer {
  readonly transformId: string;
  readonly endpoint: string;
  readonly #parts: SourceParts;
  #index = -1;
  #last = Number.POSITIVE_INFINITY;
  #sliceEnd = 0;

  constructor(parts: SourceParts) {
    this.#parts = parts;
    this.transformId = parts.transformId;
    this.endpoint = parts.endpoint;
  }

  start(): void {
    this.#index = -1;
    this.#last = Number.POSITIVE_INFINITY;
    this.#sliceEnd = this.#parts.clock.read() + SLICE_MS;
  }

  /** Needs no promise as long as no step does, and the slice is not used up. */
  consume(data: Uint8Array): Promise<void> | null {
    const reader = Reader.create(data);
    const waiting = this.#run(reader);
    return waiting === null ? null : this.#runOn(reader, waiting);
  }

  /** Gives back a part of the input, where one is left. */
  split(
    desired: ProcessBundleSplitRequest_DesiredSplit,
  ): ProcessBundleSplitResponse_ChannelSplit | undefined {
    const point = splitPoint({ index: this.#index, last: this.#last }, desired);
    if (point === undefined) return undefined;
    this.#last = point;
    return {
      transformId: this.transformId,
      lastPrimaryElement: BigInt(point),
      firstResidualElement: BigInt(point + 1),
    };
  }

  /** Processes elements up to one that must be waited for. */
  #run(reader: SdkReader): Promise<void> | null {
    const { receiver, clock, readIndex } = this.#parts;
    while (reader.pos < reader.len && this.#index < this.#last) {
      this.#index += 1;
      readIndex.value = this.#index;
      const result = receiver.receive(this.#decode(reader));
      if (clock.last > this.#sliceEnd) return this.#rest(result);
      if (result !== null) return result;
    }
    return null;
  }

  async #runOn(reader: SdkReader, first: Promise<void>): Promise<void> {
    for (let waiting: Promise<void> | null = first; waiting !== null; waiting = this.#run(reader)) {
      await waiting;
    }
  }

  async #rest(result: Promise<void> | null): Promise<void> {
    await result;
    await nextTurn();
    this.#sliceEnd = this.#parts.clock.read() + SLICE_MS;
  }

  #decode(reader: SdkReader): WindowedValue<unknown> {
    try {
      return this.#parts.coder.decode(reader, Context.needsDelimiters);
    } catch (thrown) {
      throw failureOf(this.#parts, `decode element ${this.#index}`, thrown);
    }
  }
}
