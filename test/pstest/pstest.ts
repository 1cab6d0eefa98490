/** Google's in-memory Pub/Sub (`pstest`, over real gRPC) as a process of its own, started by tests. */
import { type GoServer, startGoServer } from '../go-server.ts';

export { needGo, wantsGo } from '../go-server.ts';

export interface PstestOptions {
  /** 0 (the default) for any that is free. */
  readonly port?: number;
  /** Shortest ack deadline that a subscription may have. Unit: s, at least 1; default 10, as the service has it. */
  readonly minAckDeadlineS?: number;
  /** Age at which the server closes a pull stream, as the service does after half an hour. Unit: ms; default never. */
  readonly streamTimeoutMs?: number;
  /** Calls answered with an error: gRPC method, the code's number, how many of the first (default all). */
  readonly failures?: readonly { readonly method: string; readonly code: number; readonly times?: number }[];
}

/** Its `address` is as PUBSUB_EMULATOR_HOST has it. */
export type Pstest = GoServer;

/** Starts a server of its own, empty. @throws UpstreamError where it cannot be built or started. */
export function startPstest(options: PstestOptions = {}): Promise<Pstest> {
  return startGoServer(import.meta.dirname, flagsOf(options));
}

function flagsOf({ port = 0, minAckDeadlineS = 10, streamTimeoutMs = 0, failures = [] }: PstestOptions) {
  return [
    `-port=${port}`,
    `-min-ack-deadline=${minAckDeadlineS}s`,
    `-stream-timeout=${streamTimeoutMs}ms`,
    ...failures.map(({ method, code, times }) => `-fail=${[method, code, times ?? []].flat().join(':')}`),
  ];
}
