/** Log entries of the processes that hold workers. */
import type { Clock } from '../../../connectors/clock/port.ts';
import { logLine, type Severity } from '../../../connectors/log-line.ts';

export interface LogEntry {
  readonly severity: Severity;
  readonly message: string;
  /** Worker the entry is about. */
  readonly worker?: string;
}

export type Log = (entry: LogEntry) => void;

/** Entries as lines; `write` gets each with its newline. */
export function jsonLog(clock: Clock, write: (line: string) => void): Log {
  return ({ severity, message, worker }) =>
    write(logLine({ severity, message, timeMs: clock.now() }, { worker }));
}

/** A line that a worker wrote itself: JSON entries as they are, other text (say, of a crash of Node) made an entry. */
export function relayLine(log: Log, write: (line: string) => void, worker: string, line: string): void {
  if (isEntry(line)) write(`${line}\n`);
  else log({ severity: 'WARNING', message: line, worker });
}

function isEntry(line: string): boolean {
  if (!line.startsWith('{')) return false;
  try {
    const parsed: unknown = JSON.parse(line);
    return typeof parsed === 'object' && parsed !== null && 'message' in parsed;
  } catch {
    return false;
  }
}
