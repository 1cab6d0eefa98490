/** Reads state (side inputs) from the runner: one stream per endpoint, answers in any order. */
import '../../../transforms/sdk.beam.ts';
import type { ClientDuplexStream } from '@grpc/grpc-js';
import type { StateGetResponse, StateKey, StateRequest, StateResponse } from 'apache-beam/proto/beam_fn_api';
import { BeamFnStateClient } from 'apache-beam/proto/beam_fn_api.grpc-client';
import type { MaybePromise } from 'apache-beam/worker/state';
import { messageOf, UpstreamError } from '../../../schemas/errors.ts';
import { CHANNEL_OPTIONS, insecure, workerMetadata } from './grpc.ts';

type Stream = ClientDuplexStream<StateRequest, StateResponse>;
type Waiting = PromiseWithResolvers<StateGetResponse>;

/** Takes the place of the SDK's channel. */
export class StateChannel {
  readonly #stream: Stream;
  readonly #onDown: () => void;
  readonly #waiting = new Map<string, Waiting>();
  #error: Error | undefined;
  #requests = 0;

  /** `onDown`: the stream is gone; who reads on needs a new channel. */
  constructor(stream: Stream, endpoint: string, onDown: () => void) {
    this.#stream = stream;
    this.#onDown = onDown;
    stream.on('data', (response: StateResponse) => this.#answer(response));
    stream.on('error', (error) =>
      this.#fail(new UpstreamError(`The state stream to ${endpoint} broke: ${messageOf(error)}`)),
    );
    stream.on('end', () =>
      this.#fail(new UpstreamError(`The runner closed the state stream to ${endpoint}.`)),
    );
  }

  getState<T>(instructionId: string, stateKey: StateKey, decode: (data: Uint8Array) => T): MaybePromise<T> {
    return { type: 'promise', promise: this.#readAll(instructionId, stateKey).then(decode) };
  }

  close(): void {
    this.#stream.end();
  }

  async #readAll(instructionId: string, stateKey: StateKey): Promise<Uint8Array> {
    const chunks: Uint8Array[] = [];
    let continuationToken = new Uint8Array();
    do {
      const response = await this.#get(instructionId, stateKey, continuationToken);
      chunks.push(response.data);
      continuationToken = new Uint8Array(response.continuationToken);
    } while (continuationToken.length > 0);
    return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
  }

  #get(instructionId: string, stateKey: StateKey, continuationToken: Uint8Array): Promise<StateGetResponse> {
    if (this.#error) return Promise.reject(this.#error);
    const waiting: Waiting = Promise.withResolvers();
    const id = `state-${this.#requests++}`;
    this.#waiting.set(id, waiting);
    this.#stream.write({
      id,
      instructionId,
      stateKey,
      request: { oneofKind: 'get', get: { continuationToken } },
    });
    return waiting.promise;
  }

  #answer({ id, error, response }: StateResponse): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error !== '') waiting?.reject(new UpstreamError(`The runner could not read state: ${error}`));
    else if (response.oneofKind === 'get') waiting?.resolve(response.get);
    else waiting?.reject(new UpstreamError(`Expected state, got an answer of kind ${response.oneofKind}.`));
  }

  #fail(error: Error): void {
    this.#onDown();
    this.#error ??= error;
    for (const waiting of this.#waiting.values()) waiting.reject(this.#error);
    this.#waiting.clear();
  }
}

export function openStateChannel(endpoint: string, workerId: string, onDown: () => void): StateChannel {
  const client = new BeamFnStateClient(endpoint, insecure(), CHANNEL_OPTIONS);
  return new StateChannel(client.state(workerMetadata(workerId)), endpoint, () => {
    client.close();
    onDown();
  });
}
