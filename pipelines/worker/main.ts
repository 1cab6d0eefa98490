/**
 * Process entry of the worker, with the arguments that Beam's boot gives. From here the path goes by harness (the
 * control stream), control (its instructions), bundles/ and stage/ (the steps of one) to channels/ (their data).
 * Exit code: 0 where the runner ended the control stream or SIGTERM came, 1 where the runner is gone or never was, 4 where
 * the arguments are wrong.
 */
import '../../transforms/sdk.beam.ts';
import { format, parseArgs } from 'node:util';
import '../signals.ts';
import { systemStopwatch } from '../../connectors/clock/stopwatch.ts';
import { systemClock } from '../../connectors/clock/system.ts';
import { within } from '../../connectors/clock/within.ts';
import { ConfigError, messageOf } from '../../schemas/errors.ts';
import { provisionInfo } from './boot/provision.ts';
import { openLoggingStream } from './channels/logging-stream.ts';
import { Harness } from './harness.ts';
import { type Level, WorkerLog } from './logging.ts';

/** Time for bundles at work once SIGTERM has come: less than the 30 s that container engines wait before SIGKILL. */
const STOP_DEADLINE_MS = 20_000;
/** Time for the last log entries. */
const LOG_DEADLINE_MS = 1_000;
const CONNECT_TIMEOUT_MS = 30_000;
const MAX_CONNECT_TIMEOUT_MS = 3_600_000;

interface Settings {
  readonly workerId: string;
  readonly controlEndpoint: string;
  readonly loggingEndpoint: string | undefined;
  readonly provisionEndpoint: string | undefined;
  /** What the container's boot has learned of the runner; undefined where a pool started this worker. */
  readonly capabilities: readonly string[] | undefined;
  readonly connectTimeoutMs: number;
}

/** Arguments not listed here (`options`, `status_endpoint`, …) are accepted and of no use to the worker. */
function readSettings(args: string[]): Settings {
  const string = { type: 'string' } as const;
  const { values } = parseArgs({
    args,
    strict: false,
    options: {
      id: string,
      control_endpoint: string,
      logging_endpoint: string,
      provision_endpoint: string,
      runner_capabilities: string,
      connect_timeout_ms: string,
    },
  });
  const text = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined);
  const controlEndpoint = text(values.control_endpoint);
  if (controlEndpoint === undefined) {
    throw new ConfigError('Expected --control_endpoint=HOST:PORT, got none. Start the worker by its boot.');
  }
  return {
    workerId: text(values.id) ?? 'worker',
    controlEndpoint,
    loggingEndpoint: text(values.logging_endpoint),
    provisionEndpoint: text(values.provision_endpoint),
    capabilities: values.runner_capabilities?.toString().split(','),
    connectTimeoutMs: timeoutOf(values.connect_timeout_ms),
  };
}

function timeoutOf(given: unknown): number {
  if (given === undefined) return CONNECT_TIMEOUT_MS;
  const ms = Number(given === '' ? Number.NaN : given);
  if (Number.isInteger(ms) && ms >= 1 && ms <= MAX_CONNECT_TIMEOUT_MS) return ms;
  throw new ConfigError(
    `Expected --connect_timeout_ms of 1 to ${MAX_CONNECT_TIMEOUT_MS} whole milliseconds, got "${given}". Try ${CONNECT_TIMEOUT_MS}.`,
  );
}

/** What the runner can do; nothing beyond the least where nobody says. @throws UpstreamError where it does not answer. */
async function capabilitiesOf(settings: Settings): Promise<readonly string[]> {
  const { capabilities, provisionEndpoint, workerId, connectTimeoutMs } = settings;
  if (capabilities || provisionEndpoint === undefined) return capabilities ?? [];
  const request = { endpoint: provisionEndpoint, workerId, withinMs: connectTimeoutMs };
  return (await provisionInfo({ ...request, clock: systemClock })).runnerCapabilities;
}

/** What libraries print goes where the worker's own entries go. */
function captureConsole(log: WorkerLog): void {
  const levels: Record<'debug' | 'log' | 'info' | 'warn' | 'error', Level> = {
    debug: 'DEBUG',
    log: 'INFO',
    info: 'INFO',
    warn: 'WARN',
    error: 'ERROR',
  };
  for (const [method, level] of Object.entries(levels)) {
    console[method as keyof typeof levels] = (...parts: unknown[]) => log.write(level, format(...parts));
  }
}

async function main(): Promise<number> {
  const settings = readSettings(process.argv.slice(2));
  const capabilities = await capabilitiesOf(settings);
  const { workerId, loggingEndpoint } = settings;
  const stream = loggingEndpoint === undefined ? undefined : openLoggingStream(loggingEndpoint, workerId);
  const log = new WorkerLog({
    clock: systemClock,
    send: stream?.send ?? (() => false),
    fallBack: (line) => process.stderr.write(line),
  });
  captureConsole(log);
  const parts = { clock: systemClock, stopwatch: systemStopwatch, log };
  const harness = new Harness({ ...settings, capabilities, ...parts });
  process.once('SIGTERM', () => void harness.stop(STOP_DEADLINE_MS));
  process.once('SIGINT', () => void harness.stop(STOP_DEADLINE_MS));
  log.write('INFO', `Worker ${workerId} starts.`);
  try {
    await harness.run();
    log.write('INFO', `Worker ${workerId} is done.`);
    return 0;
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n`);
    return 1;
  } finally {
    log.flush();
    if (stream) await within(systemClock, LOG_DEADLINE_MS, stream.close());
  }
}

process.exit(
  await main().catch((error: unknown) => {
    process.stderr.write(`${messageOf(error)}\n`);
    return error instanceof ConfigError ? error.exitCode : 1;
  }),
);
