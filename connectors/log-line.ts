/** One line of a log as Cloud Logging reads it from containers: JSON with the members `severity`, `message` and `time`. */
import type { Clock } from './clock/port.ts';

export type Severity = 'DEBUG' | 'INFO' | 'WARNING' | 'ERROR';

export interface LogLine {
  readonly severity: Severity;
  readonly message: string;
  /** Unit: ms since the epoch. */
  readonly timeMs: number;
}

/** What a service says of itself. */
export type Log = (severity: Severity, message: string, fields?: Readonly<Record<string, unknown>>) => void;

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
