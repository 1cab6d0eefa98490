/** A runner's side of the worker pool, for tests. */
import '../../../transforms/sdk.beam.ts';
import * as grpc from '@grpc/grpc-js';
import {
  StartWorkerRequest,
  type StartWorkerResponse,
  StopWorkerRequest,
  type StopWorkerResponse,
} from 'apache-beam/proto/beam_fn_api';
import { BeamFnExternalWorkerPoolClient } from 'apache-beam/proto/beam_fn_api.grpc-client';

export interface Start {
  readonly workerId: string;
  readonly controlEndpoint?: string;
  readonly loggingEndpoint?: string;
}

/** Calls resolve with the `error` of the response: empty where all is well. */
export function poolClient(url: string) {
  const client = new BeamFnExternalWorkerPoolClient(url, grpc.credentials.createInsecure());
  type Answer = StartWorkerResponse | StopWorkerResponse;
  const errorOf = (call: (done: (cause: unknown, answer?: Answer) => void) => void) =>
    new Promise<string>((resolve, reject) => {
      call((cause, answer) => (answer ? resolve(answer.error) : reject(cause)));
    });
  return {
    start: ({ workerId, controlEndpoint, loggingEndpoint }: Start) => {
      const request = StartWorkerRequest.create({
        workerId,
        ...(controlEndpoint !== undefined && { controlEndpoint: { url: controlEndpoint } }),
        ...(loggingEndpoint !== undefined && { loggingEndpoint: { url: loggingEndpoint } }),
      });
      return errorOf((done) => client.startWorker(request, done));
    },
    stop: (workerId: string) =>
      errorOf((done) => client.stopWorker(StopWorkerRequest.create({ workerId }), done)),
    close: () => client.close(),
  };
}
