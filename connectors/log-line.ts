/** One line of a log as Cloud Logging reads it from containers: JSON with the members `severity`, `message` and `time`. */
import { rootSpanIdOf } from '../schemas/trace.ts';
import type { Clock } from './clock/port.ts';

/** The gravest last. */
export const SEVERITIES = ['DEBUG', 'INFO', 'WARNING', 'ERROR'] as const;
export type Severity = (typeof SEVERITIES)[number];

export interface LogLine {
  readonly severity: Severity;
  readonly message: string;
  /** Unit: ms since the epoch. */
  readonly timeMs: number;
}

/** What a service says of itself. */
export type Log = (severity: Severity, message: string, fields?: Readonly<Record<string, unknown>>) => void;

/** Tells people a sentence. What nobody says more of is trouble: a WARNING. */
export type Notice = (line: string, severity?: Severity) => void;

/** Those of a log. */
export function noticesOf(log: Log): Notice {
  return (line, severity = 'WARNING') => log(severity, line);
}

/** With its newline. Fields that are undefined are left out. */
export function logLine(
  { severity, message, timeMs }: LogLine,
  fields: Readonly<Record<string, unknown>> = {},
): string {
  return `${JSON.stringify({ severity, message, time: new Date(timeMs).toISOString(), ...fields })}\n`;
}

/** Writes each as such a line. */
export function jsonLog(clock: Clock, write: (line: string) => void): Log {
  return (severity, message, fields) => write(logLine({ severity, message, timeMs: clock.now() }, fields));
}

/**
 * Fields by which Cloud Logging shows a line with the trace that it is of.
 * @param project Without it a click does not find the trace. @param spanId Left out: the trace as a whole.
 */
export function traceFields(
  traceId: string,
  project: string | undefined,
  spanId: string = rootSpanIdOf(traceId),
): Readonly<Record<string, unknown>> {
  return {
    'logging.googleapis.com/trace': project === undefined ? traceId : `projects/${project}/traces/${traceId}`,
    'logging.googleapis.com/spanId': spanId,
    'logging.googleapis.com/trace_sampled': true,
  };
}
