/** Stages as runners describe them: source → one step → sink, on varints in the global window. */
import '../../transforms/sdk.beam.ts';
import { createRequire } from 'node:module';
import { Context } from 'apache-beam/coders/coders';
import { FullWindowedValueCoder, GlobalWindowCoder, PaneInfoCoder } from 'apache-beam/coders/required_coders';
import { VarIntCoder } from 'apache-beam/coders/standard_coders';
import { ProcessBundleDescriptor, RemoteGrpcPort } from 'apache-beam/proto/beam_fn_api';
import { ParDoPayload, PTransform } from 'apache-beam/proto/beam_runner_api';
import type { PCollection, Root } from 'apache-beam/pvalue';
import { impulse, withCoderInternal } from 'apache-beam/transforms/internal';
import { withName } from 'apache-beam/transforms/transform';
import { GlobalWindow } from 'apache-beam/values';
import Long from 'long';
import type protobuf from 'protobufjs';
import { step } from '../../transforms/beam.ts';
import { pipelineOf } from '../pipeline-of.ts';
import { PAR_DO_URN } from './dofns.ts';

const { Reader, Writer } = createRequire(import.meta.resolve('apache-beam'))('protobufjs') as typeof protobuf;

/** The SDK types its coders by the protobufjs it brings. */
interface WindowedCoder {
  encode(element: object, writer: protobuf.Writer, context: Context): void;
  decode(reader: protobuf.Reader, context: Context): { value: number };
}
const coder = new FullWindowedValueCoder(
  new VarIntCoder(),
  new GlobalWindowCoder(),
) as unknown as WindowedCoder;

export const SOURCE = 'source';
export const SINK = 'sink';
export const STEP = 'Step';

export function encoded(values: readonly number[]): Uint8Array {
  const writer = Writer.create();
  for (const value of values) {
    const windowed = {
      value,
      windows: [new GlobalWindow()],
      timestamp: Long.ZERO,
      pane: PaneInfoCoder.ONE_AND_ONLY_FIRING,
    };
    coder.encode(windowed, writer, Context.needsDelimiters);
  }
  return writer.finish();
}

export function decoded(data: Uint8Array): number[] {
  const reader = Reader.create(data);
  const values: number[] = [];
  while (reader.pos < reader.len) values.push(Number(coder.decode(reader, Context.needsDelimiters).value));
  return values;
}

/** What a runner at `endpoint` would answer when asked for the stage. */
export type Describe = (id: string, endpoint: string) => ProcessBundleDescriptor;

/** `fn` is one of the registered steps; `config` may hold the SDK's parameters. */
export function stageOf<C extends object>(
  fn: (element: number, config: C) => Iterable<number>,
  config: C,
): Describe {
  const { components } = pipelineOf((root: Root) => {
    const numbers = root
      .apply(impulse())
      .apply(withName('Numbers', withCoderInternal(new VarIntCoder() as never)));
    (numbers as unknown as PCollection<number>).apply(step(STEP, fn as never, config));
  });
  const { transforms, coders, pcollections } = components!;
  const [stepId, parDo] = Object.entries(transforms).find(([, each]) => each.uniqueName === STEP)!;
  const [input] = Object.values(parDo.inputs);
  const [output] = Object.values(parDo.outputs);
  const element = pcollections[input!]!.coderId;
  pcollections[output!]!.coderId = element;
  const [window] = Object.entries(coders).find(([, each]) => each.spec?.urn === GlobalWindowCoder.URN)!;
  coders.windowed = {
    spec: { urn: FullWindowedValueCoder.URN, payload: new Uint8Array() },
    componentCoderIds: [element, window],
  };
  return (id, endpoint) => {
    const payload = RemoteGrpcPort.toBinary({
      coderId: 'windowed',
      apiServiceDescriptor: { url: endpoint },
    });
    const source = { urn: 'beam:runner:source:v1', payload };
    const sink = { urn: 'beam:runner:sink:v1', payload };
    return ProcessBundleDescriptor.create({
      ...components!,
      id,
      stateApiServiceDescriptor: { url: endpoint },
      transforms: {
        [SOURCE]: PTransform.create({ uniqueName: SOURCE, spec: source, outputs: { out: input! } }),
        [stepId]: parDo,
        [SINK]: PTransform.create({ uniqueName: SINK, spec: sink, inputs: { in: output! } }),
      },
    });
  };
}

/** The same stage with a DoFn of ours, by urn. */
export function withDoFn(describe: Describe, urn: string, payload = new Uint8Array()): Describe {
  return (id, endpoint) => {
    const descriptor = describe(id, endpoint);
    const parDo = Object.values(descriptor.transforms).find(({ uniqueName }) => uniqueName === STEP)!;
    parDo.spec = {
      urn: PAR_DO_URN,
      payload: ParDoPayload.toBinary(ParDoPayload.create({ doFn: { urn, payload } })),
    };
    return descriptor;
  };
}
