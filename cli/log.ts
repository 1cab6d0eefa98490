/** What a service says of itself: a line for people on a terminal, one JSON object a line for the cloud's logs. */
import type { Clock } from '../connectors/clock/port.ts';

export type Severity = 'INFO' | 'WARNING' | 'ERROR';

export type Log = (severity: Severity, message: string, fields?: Readonly<Record<string, unknown>>) => void;

/** `severity`, `message` and `time` are the fields that Cloud Logging knows. */
export function logTo(stream: NodeJS.WriteStream, clock: Clock): Log {
  return (severity, message, fields = {}) => {
    const time = new Date(clock.now()).toISOString();
    if (!stream.isTTY) stream.write(`${JSON.stringify({ severity, time, message, ...fields })}\n`);
    else stream.write(`${time.slice(11, 19)} ${severity === 'INFO' ? '' : `${severity}: `}${message}\n`);
  };
}
