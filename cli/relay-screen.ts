/** Where a relay's log goes, and the line that tells how it does. */
import { createLogUpdate } from 'log-update';
import { systemClock } from '../connectors/clock/system.ts';
import { type Log, logTo } from './log.ts';

export interface Screen {
  readonly isLive: boolean;
  readonly log: Log;
  tell(line: string, fields: Readonly<Record<string, unknown>>): void;
  close(): void;
}

/** On a terminal the line is redrawn below what is logged. */
export function screenOf(stream: NodeJS.WriteStream): Screen {
  const log = logTo(stream, systemClock);
  if (!stream.isTTY) {
    return { isLive: false, log, tell: (line, fields) => log('INFO', line, fields), close: () => {} };
  }
  const redraw = createLogUpdate(stream);
  let shown = '';
  return {
    isLive: true,
    log(severity, message, fields) {
      redraw.clear();
      log(severity, message, fields);
      if (shown) redraw(shown);
    },
    tell(line) {
      shown = line;
      redraw(line);
    },
    close() {
      shown = '';
      redraw.clear();
      redraw.done();
    },
  };
}
