/** The runner's logging service as a sink of entries. */
import '../../../transforms/sdk.beam.ts';
import type { LogControl, LogEntry_List } from 'apache-beam/proto/beam_fn_api';
import { BeamFnLoggingClient } from 'apache-beam/proto/beam_fn_api.grpc-client';
import type { SendEntries } from '../logging.ts';
import { CHANNEL_OPTIONS, insecure, workerMetadata } from './grpc.ts';

export interface LoggingStream {
  readonly send: SendEntries;
  /** Resolves when the runner has taken all, or the stream is down. */
  close(): Promise<void>;
}

/** Entries that the runner is slow to take, before further ones go elsewhere. Unit: bytes. */
const MAX_UNSENT_BYTES = 4 << 20;

export function openLoggingStream(endpoint: string, workerId: string): LoggingStream {
  const client = new BeamFnLoggingClient(endpoint, insecure(), CHANNEL_OPTIONS);
  const stream = client.logging(workerMetadata(workerId));
  const closed = Promise.withResolvers<void>();
  let isUp = true;
  const down = () => {
    isUp = false;
    closed.resolve();
  };
  stream.on('data', (_: LogControl) => undefined);
  stream.on('error', down);
  stream.on('end', down);
  return {
    send: (logEntries) => {
      if (!isUp || stream.writableLength > MAX_UNSENT_BYTES) return false;
      stream.write({ logEntries } satisfies LogEntry_List);
      return true;
    },
    close: () => {
      stream.end();
      return closed.promise;
    },
  };
}
