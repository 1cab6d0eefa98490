/** A runner's provision service on loopback, for tests. */
import * as grpc from '@grpc/grpc-js';
import { GetProvisionInfoResponse, ProvisionInfo } from 'apache-beam/proto/beam_provision_api';
import { provisionServiceDefinition } from 'apache-beam/proto/beam_provision_api.grpc-server';

export interface ProvisionService {
  readonly url: string;
  /** `worker_id` of each call, in order. */
  readonly askedBy: string[];
  close(): void;
}

/** Answers every call with `info`; where it is undefined, never. */
export async function provisionService(
  info: Parameters<typeof ProvisionInfo.create>[0] | undefined,
  onAsked: () => void = () => undefined,
): Promise<ProvisionService> {
  const askedBy: string[] = [];
  const server = new grpc.Server();
  server.addService(provisionServiceDefinition, {
    getProvisionInfo: (
      call: grpc.ServerUnaryCall<unknown, unknown>,
      answer: grpc.sendUnaryData<GetProvisionInfoResponse>,
    ) => {
      askedBy.push(...call.metadata.get('worker_id').map(String));
      onAsked();
      if (info) answer(null, GetProvisionInfoResponse.create({ info: ProvisionInfo.create(info) }));
    },
  });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (cause, bound) =>
      cause ? reject(cause) : resolve(bound),
    );
  });
  return { url: `127.0.0.1:${port}`, askedBy, close: () => server.forceShutdown() };
}
