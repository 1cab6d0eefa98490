/** How worker and boot call the runner, and we an engine: one set of gRPC options for every service. */
import { type ClientOptions, credentials, Metadata } from '@grpc/grpc-js';

/**
 * Runners put a whole bundle's input into one message, and a recording travels in one, so sizes have no limit.
 * Keepalive is slower than the 5 minutes that servers allow by default: faster pings would be refused.
 */
export const CHANNEL_OPTIONS: ClientOptions = {
  'grpc.max_receive_message_length': -1,
  'grpc.max_send_message_length': -1,
  'grpc.keepalive_time_ms': 330_000,
  'grpc.keepalive_timeout_ms': 60_000,
};

/** Runner and worker share a machine or a pod. */
export const insecure = () => credentials.createInsecure();

/** Runners tell workers apart by this header. */
export function workerMetadata(workerId: string): Metadata {
  const metadata = new Metadata();
  metadata.add('worker_id', workerId);
  return metadata;
}
