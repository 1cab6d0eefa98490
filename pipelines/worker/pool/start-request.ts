/** What a StartWorker request asks for, read and checked: pure. */
import type { StartWorkerRequest } from 'apache-beam/proto/beam_fn_api';

/** Why a request cannot be served; undefined where it can. */
export function refusalOf({ workerId, controlEndpoint }: StartWorkerRequest): string | undefined {
  if (workerId === '') return 'Expected a worker id to start a worker, got none. Set worker_id.';
  if (!controlEndpoint?.url) {
    return `Expected a control endpoint for worker ${workerId}, got none. Set control_endpoint.url.`;
  }
  return undefined;
}

/** Flags of the container contract; endpoints the runner did not name are left out. */
export function workerArgs(request: StartWorkerRequest): string[] {
  const endpoints = {
    control_endpoint: request.controlEndpoint,
    logging_endpoint: request.loggingEndpoint,
    provision_endpoint: request.provisionEndpoint,
  };
  const named = Object.entries(endpoints).flatMap(([flag, endpoint]) =>
    endpoint?.url ? [`--${flag}=${endpoint.url}`] : [],
  );
  return [`--id=${request.workerId}`, ...named];
}

/** A request sent twice (a retry) rather than a new worker under an old id. */
export function isSameStart(a: StartWorkerRequest, b: StartWorkerRequest): boolean {
  return workerArgs(a).join('\n') === workerArgs(b).join('\n');
}
