/** Whether a Job API answers: the one question asked of an engine before work is sent to it. */
import '../../../../transforms/sdk.beam.ts';
import { Client, credentials } from '@grpc/grpc-js';
import { GetJobsRequest } from 'apache-beam/proto/beam_job_api';
import { messageOf, UpstreamError } from '../../../../schemas/errors.ts';

const GET_JOBS = '/org.apache.beam.model.job_management.v1.JobService/GetJobs';
/** Reconnections follow each other at this distance. Unit: ms. */
const RETRY_MS = 100;

/**
 * Waits for the connection, then asks for the list of jobs.
 * @returns The endpoint. @throws UpstreamError where it answers with an error, or the signal aborts first.
 */
export async function whenJobApiAnswers(endpoint: string, signal: AbortSignal): Promise<string> {
  const client = new Client(endpoint, credentials.createInsecure(), {
    'grpc.initial_reconnect_backoff_ms': RETRY_MS,
    'grpc.max_reconnect_backoff_ms': RETRY_MS,
  });
  const close = () => client.close();
  signal.addEventListener('abort', close, { once: true });
  try {
    await new Promise<void>((resolve, reject) => {
      client.waitForReady(Number.POSITIVE_INFINITY, (error) => (error ? reject(error) : resolve()));
    });
    await new Promise<void>((resolve, reject) => {
      const toBytes = (request: GetJobsRequest) => Buffer.from(GetJobsRequest.toBinary(request));
      client.makeUnaryRequest(GET_JOBS, toBytes, Buffer.from, {}, (error) =>
        error ? reject(error) : resolve(),
      );
    });
    return endpoint;
  } catch (cause) {
    throw new UpstreamError(`The Job API at ${endpoint} does not answer: ${messageOf(cause)}.`, { cause });
  } finally {
    signal.removeEventListener('abort', close);
    client.close();
  }
}
