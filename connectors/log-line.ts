/** One line of a log as Cloud Logging reads it from containers: JSON with the members `severity`, `message` and `time`. */

export type Severity = 'DEBUG' | 'INFO' | 'WARNING' | 'ERROR';

export interface LogLine {
  readonly severity: Severity;
  readonly message: string;
  /** Unit: ms since the epoch. */
  readonly timeMs: number;
}

/** With its newline. Fields that are undefined are left out. */
export function logLine(
  { severity, message, timeMs }: LogLine,
  fields: Readonly<Record<string, unknown>> = {},
): string {
  return `${JSON.stringify({ severity, message, time: new Date(timeMs).toISOString(), ...fields })}\n`;
}
