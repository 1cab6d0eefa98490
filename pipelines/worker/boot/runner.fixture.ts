/** A runner on loopback as a container sees it, for tests: provision, control and logging services on one port. */
import '../../../transforms/sdk.beam.ts';
import * as grpc from '@grpc/grpc-js';
import type { InstructionRequest, InstructionResponse } from 'apache-beam/proto/beam_fn_api';
import { beamFnControlDefinition, beamFnLoggingDefinition } from 'apache-beam/proto/beam_fn_api.grpc-server';
import { type GetProvisionInfoResponse, ProvisionInfo } from 'apache-beam/proto/beam_provision_api';
import { provisionServiceDefinition } from 'apache-beam/proto/beam_provision_api.grpc-server';
import { Events } from '../process/events.fixture.ts';

type Control = grpc.ServerDuplexStream<InstructionResponse, InstructionRequest>;
type Info = NonNullable<Parameters<typeof ProvisionInfo.create>[0]>;

export interface ContainerRunner {
  readonly url: string;
  /** `worker_id` of each call for provisioning. */
  readonly provisioned: Events<string>;
  /** Control streams that workers opened. */
  readonly controls: Events<{ readonly worker: string; readonly stream: Control }>;
  close(): void;
}

/** Provisions with what `infoAt` says of its own address; with undefined it never answers. */
export async function containerRunner(infoAt: (url: string) => Info | undefined): Promise<ContainerRunner> {
  const provisioned = new Events<string>();
  const controls: ContainerRunner['controls'] = new Events();
  const server = new grpc.Server();
  server.addService(provisionServiceDefinition, {
    getProvisionInfo: (
      call: grpc.ServerUnaryCall<unknown, unknown>,
      answer: grpc.sendUnaryData<GetProvisionInfoResponse>,
    ) => {
      const info = infoAt(url);
      if (info) answer(null, { info: younger(ProvisionInfo.create(info)) });
      provisioned.add(workerOf(call.metadata));
    },
  });
  server.addService(beamFnControlDefinition, {
    control: (stream: Control) => {
      stream.on('end', () => stream.end()).on('error', () => undefined);
      stream.resume();
      controls.add({ worker: workerOf(stream.metadata), stream });
    },
    getProcessBundleDescriptor: () => undefined,
  });
  server.addService(beamFnLoggingDefinition, {
    logging: (stream: grpc.ServerDuplexStream<unknown, unknown>) => {
      stream.on('end', () => stream.end()).on('error', () => undefined);
      stream.resume();
    },
  });
  const url = `127.0.0.1:${await listen(server)}`;
  return { url, provisioned, controls, close: () => server.forceShutdown() };
}

/** With a field that the SDK's protos lack, as newer runners send them. */
function younger(info: ProvisionInfo): ProvisionInfo {
  const field = { no: 1_000, wireType: 2, data: new Uint8Array([0]) };
  return Object.assign(info, { [Symbol.for('protobuf-ts/unknown')]: [field] });
}

function workerOf(metadata: grpc.Metadata): string {
  return metadata.get('worker_id').join();
}

function listen(server: grpc.Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (cause, port) =>
      cause ? reject(cause) : resolve(port),
    );
  });
}
