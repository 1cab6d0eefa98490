/** What a service says of itself: a line for people on a terminal, one JSON object a line for the cloud's logs. */
import type { Clock } from '../connectors/clock/port.ts';
import { logLine, type Severity } from '../connectors/log-line.ts';

export type Log = (severity: Severity, message: string, fields?: Readonly<Record<string, unknown>>) => void;

export function logTo(stream: NodeJS.WriteStream, clock: Clock): Log {
  return (severity, message, fields = {}) => {
    const timeMs = clock.now();
    if (!stream.isTTY) return stream.write(logLine({ severity, message, timeMs }, fields));
    const time = new Date(timeMs).toISOString().slice(11, 19);
    return stream.write(`${time} ${severity === 'INFO' ? '' : `${severity}: `}${message}\n`);
  };
}
