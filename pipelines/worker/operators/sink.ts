/**
 * What a stage sends back to the runner. In place of the SDK's, which goes on filling a buffer that it is sending:
 * a bundle with more than 1 MB of output would send some elements twice and others not at all.
 */
import { createRequire } from 'node:module';
import '../../../transforms/sdk.beam.ts';
import type { Coder } from 'apache-beam/coders/coders';
import { Context } from 'apache-beam/coders/coders';
import { DATA_OUTPUT_URN } from 'apache-beam/internal/urns';
import { RemoteGrpcPort } from 'apache-beam/proto/beam_fn_api';
import type { WindowedValue } from 'apache-beam/values';
import {
  type IOperator,
  type OperatorContext,
  registerOperatorConstructor,
} from 'apache-beam/worker/operators';
import type { Writer as SdkWriter } from 'protobufjs';

/** The SDK's coders write by the protobufjs that the SDK brings. */
const { Writer } = createRequire(import.meta.resolve('apache-beam'))('protobufjs') as {
  Writer: { create(): SdkWriter };
};

/** Bytes that are gathered before they are handed on. */
const BUFFER_BYTES = 1 << 20;

interface SendChannel {
  sendData(data: Uint8Array): Promise<void>;
  close(): void;
}

class SinkOperator implements IOperator {
  readonly transformId: string;
  readonly #open: () => SendChannel;
  readonly #coder: Coder<WindowedValue<unknown>>;
  #channel: SendChannel | undefined;
  #buffer = Writer.create();

  constructor(
    transformId: string,
    { url, coderId }: { url: string; coderId: string },
    context: OperatorContext,
  ) {
    this.transformId = transformId;
    this.#coder = context.pipelineContext.getCoder<WindowedValue<unknown>>(coderId);
    this.#open = () => context.getDataChannel(url).getSendChannel(context.getBundleId(), transformId);
  }

  async startBundle(): Promise<void> {
    this.#channel = this.#open();
    this.#buffer = Writer.create();
  }

  process(element: WindowedValue<unknown>): null | Promise<void> {
    this.#coder.encode(element, this.#buffer as never, Context.needsDelimiters);
    return this.#buffer.len > BUFFER_BYTES ? this.#flush() : null;
  }

  async finishBundle(): Promise<void> {
    await this.#flush();
    this.#channel!.close();
  }

  /** The next element has a buffer of its own before anything waits: whoever hands elements on does not. */
  #flush(): Promise<void> {
    if (this.#buffer.len === 0) return Promise.resolve();
    const data = this.#buffer.finish();
    this.#buffer = Writer.create();
    return this.#channel!.sendData(data);
  }
}

registerOperatorConstructor(DATA_OUTPUT_URN, (transformId, transform, context) => {
  const { apiServiceDescriptor, coderId } = RemoteGrpcPort.fromBinary(transform.spec!.payload);
  return new SinkOperator(transformId, { url: apiServiceDescriptor?.url ?? '', coderId }, context);
});
