/** The data stream of one endpoint, shared by all bundles: their input, and their output. */
import '../../../transforms/sdk.beam.ts';
import type { ClientDuplexStream } from '@grpc/grpc-js';
import type { Elements, Elements_Data } from 'apache-beam/proto/beam_fn_api';
import { BeamFnDataClient } from 'apache-beam/proto/beam_fn_api.grpc-client';
import type { IDataChannel } from 'apache-beam/worker/data';
import { InvariantError, messageOf, UpstreamError } from '../../../schemas/errors.ts';
import { CHANNEL_OPTIONS, insecure, workerMetadata } from './grpc.ts';
import { Inbound, type InputConsumer } from './inbound.ts';
import { BundleOutput, Outbound } from './outbound.ts';

type Stream = ClientDuplexStream<Elements, Elements>;

export interface DataChannelOptions {
  readonly endpoint: string;
  /** Whether the runner takes a bundle's output with the answer that ends it. */
  readonly withAnswer: boolean;
  /** The stream is gone; bundles on it have failed, later ones need a new channel. */
  readonly onDown: () => void;
}

export class DataChannel {
  readonly #stream: Stream;
  readonly #onDown: () => void;
  readonly #withAnswer: boolean;
  readonly #outbound: Outbound;
  readonly #inbound = new Inbound();
  readonly #outputs = new Map<string, BundleOutput>();

  constructor(stream: Stream, { endpoint, withAnswer, onDown }: DataChannelOptions) {
    this.#stream = stream;
    this.#onDown = onDown;
    this.#withAnswer = withAnswer;
    this.#outbound = new Outbound(stream);
    stream.on('data', (elements: Elements) => this.#inbound.deliver(elements));
    stream.on('error', (error) =>
      this.#fail(new UpstreamError(`The data stream to ${endpoint} broke: ${messageOf(error)}`)),
    );
    stream.on('end', () =>
      this.#fail(new UpstreamError(`The runner closed the data stream to ${endpoint}.`)),
    );
  }

  /** Resolves when the bundle's input is processed. */
  receive(instructionId: string, consumers: ReadonlyMap<string, InputConsumer>): Promise<void> {
    return this.#inbound.receive(instructionId, consumers);
  }

  /** Asked by the SDK's sink. */
  getSendChannel(instructionId: string, transformId: string): IDataChannel {
    const output = this.#output(instructionId);
    return {
      sendData: (data) => output.send(transformId, data),
      sendTimers: () => Promise.reject(new InvariantError('Expected no timers, got some.')),
      close: () => output.end(transformId),
      onError: (error) => {
        throw error;
      },
    };
  }

  /** Sends what the bundle has left to send, or leaves it to its answer. @returns What goes with the answer. */
  async finish(instructionId: string): Promise<Elements_Data[]> {
    return (await this.#outputs.get(instructionId)?.finish()) ?? [];
  }

  /** Forgets the bundle, whether it ended well or not. */
  forget(instructionId: string): void {
    this.#inbound.forget(instructionId);
    this.#outputs.delete(instructionId);
  }

  /** Bundles this channel still knows. */
  get size(): number {
    return Math.max(this.#inbound.size, this.#outputs.size);
  }

  close(): void {
    this.#stream.end();
  }

  #output(instructionId: string): BundleOutput {
    const known = this.#outputs.get(instructionId);
    if (known) return known;
    const output = new BundleOutput(instructionId, this.#outbound, this.#withAnswer);
    this.#outputs.set(instructionId, output);
    return output;
  }

  #fail(error: Error): void {
    this.#onDown();
    this.#inbound.fail(error);
    this.#outbound.fail(error);
  }
}

export function openDataChannel(workerId: string, options: DataChannelOptions): DataChannel {
  const client = new BeamFnDataClient(options.endpoint, insecure(), CHANNEL_OPTIONS);
  const onDown = () => {
    client.close();
    options.onDown();
  };
  return new DataChannel(client.data(workerMetadata(workerId)), { ...options, onDown });
}
