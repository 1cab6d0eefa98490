/** What a service says of itself: a line for people on a terminal, one JSON object a line for the cloud's logs. */
import type { Clock } from '../connectors/clock/port.ts';
import { jsonLog, type Log } from '../connectors/log-line.ts';

export type { Log };

export function logTo(stream: NodeJS.WriteStream, clock: Clock): Log {
  if (!stream.isTTY) return jsonLog(clock, (line) => stream.write(line));
  return (severity, message) => {
    const time = new Date(clock.now()).toISOString().slice(11, 19);
    stream.write(`${time} ${severity === 'INFO' ? '' : `${severity}: `}${message}\n`);
  };
}
