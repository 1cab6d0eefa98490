/** What the runner's provision service knows about this container: options, endpoints, siblings. */
import '../../../transforms/sdk.beam.ts';
import { GetProvisionInfoRequest, type ProvisionInfo } from 'apache-beam/proto/beam_provision_api';
import { ProvisionServiceClient } from 'apache-beam/proto/beam_provision_api.grpc-client';
import type { Clock } from '../../../connectors/clock/port.ts';
import { messageOf, UpstreamError } from '../../../schemas/errors.ts';
import { CHANNEL_OPTIONS, insecure, workerMetadata } from '../channels/grpc.ts';

export interface ProvisionRequest {
  readonly endpoint: string;
  readonly workerId: string;
  /** How long to wait for an answer. Unit: ms. */
  readonly withinMs: number;
  readonly clock: Clock;
  readonly signal?: AbortSignal;
}

/** @throws UpstreamError where nothing answers in time, the answer is empty, or the signal aborts. */
export async function provisionInfo(request: ProvisionRequest): Promise<ProvisionInfo> {
  const client = new ProvisionServiceClient(request.endpoint, insecure(), CHANNEL_OPTIONS);
  try {
    return await ask(client, request);
  } catch (cause) {
    throw new UpstreamError(
      `Expected provisioning from ${request.endpoint} for worker ${request.workerId}, got ${messageOf(cause)}. Check that the runner is up and reachable from here.`,
      { cause },
    );
  } finally {
    client.close();
  }
}

function ask(
  client: ProvisionServiceClient,
  { workerId, withinMs, clock, signal }: ProvisionRequest,
): Promise<ProvisionInfo> {
  const metadata = workerMetadata(workerId);
  metadata.setOptions({ waitForReady: true });
  const deadline = clock.now() + withinMs;
  return new Promise((resolve, reject) => {
    const call = client.getProvisionInfo(
      GetProvisionInfoRequest.create(),
      metadata,
      { deadline },
      (cause, value) => {
        if (cause) reject(cause);
        else if (value?.info) resolve(value.info);
        else reject(new Error('an answer without info'));
      },
    );
    if (signal?.aborted) call.cancel();
    signal?.addEventListener('abort', () => call.cancel(), { once: true });
  });
}
