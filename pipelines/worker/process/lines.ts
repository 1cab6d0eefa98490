/** What a child process writes, line by line. */
import type { Readable } from 'node:stream';

/**
 * Lines of UTF-8 text without their ends, LF or CRLF; nothing else ends one: JSON may hold U+2028 as it is, which
 * node:readline would cut. The last line counts without an end too.
 */
export function eachLine(stream: Readable, onLine: (line: string) => void): void {
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('data', (part: string) => {
    const lines = `${rest}${part}`.split(/\r?\n/);
    rest = lines.pop() ?? '';
    for (const line of lines) onLine(line);
  });
  stream.on('end', () => {
    if (rest !== '') onLine(rest);
  });
}
