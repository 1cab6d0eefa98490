import { createRequire } from 'node:module';
import '../../../transforms/sdk.beam.ts';
import { BytesCoder } from 'apache-beam/coders/required_coders';
import { RemoteGrpcPort } from 'apache-beam/proto/beam_fn_api';
import { FunctionSpec, PTransform } from 'apache-beam/proto/beam_runner_api';
import { createOperator, type OperatorContext } from 'apache-beam/worker/operators';
import { describe, expect, it } from 'vitest';
import './sink.ts';

const { Reader } = createRequire(import.meta.resolve('apache-beam'))('protobufjs') as {
  Reader: new (bytes: Uint8Array) => { pos: number; len: number; bytes(): Uint8Array };
};

/** A sink whose channel takes what it is sent only when it is let. */
function sink() {
  const sent: Uint8Array[] = [];
  const waiting = Promise.withResolvers<void>();
  const payload = RemoteGrpcPort.toBinary(
    RemoteGrpcPort.create({ apiServiceDescriptor: { url: 'nowhere' }, coderId: 'bytes' }),
  );
  const transform = PTransform.create({
    spec: FunctionSpec.create({ urn: 'beam:runner:sink:v1', payload }),
    inputs: { in: 'pc' },
  });
  const channel = {
    sendData: async (data: Uint8Array) => {
      sent.push(data);
      await waiting.promise;
    },
    close: () => undefined,
  };
  const context = {
    descriptor: { transforms: { sink: transform } },
    pipelineContext: { getCoder: () => new BytesCoder() },
    getDataChannel: () => ({ getSendChannel: () => channel }),
    getBundleId: () => 'bundle',
    getReceiver: () => undefined,
  } as unknown as OperatorContext;
  return { operator: createOperator('sink', context), sent, taken: waiting.resolve };
}

function elementsIn(messages: readonly Uint8Array[]): number[] {
  const found: number[] = [];
  for (const message of messages) {
    for (const reader = new Reader(message); reader.pos < reader.len; ) found.push(reader.bytes()[0]!);
  }
  return found;
}

describe('the sink of a stage', () => {
  it('sends each element once, whole and in order, also where nobody waits for it', async () => {
    const { operator, sent, taken } = sink();
    await operator.startBundle();
    const elements = Array.from({ length: 20 }, (_, i) => new Uint8Array(300_000).fill(i));
    // A step hands on all elements it makes of one before anything is waited for.
    const pending = elements.map((value) => operator.process(value as never));
    taken();
    await Promise.all(pending);
    await operator.finishBundle();
    expect(elementsIn(sent)).toEqual(elements.map((_, i) => i));
    expect(sent.length).toBeGreaterThan(1);
  });
});
