import { expect, it } from 'vitest';
import { ManualClock } from '../../../connectors/clock/manual.ts';
import { jsonLog, relayLine } from './log.ts';

function open() {
  const lines: string[] = [];
  const write = (line: string) => lines.push(line);
  return { lines, write, log: jsonLog(new ManualClock(Date.UTC(2024, 0, 2, 3, 4, 5, 6)), write) };
}

it('writes the fields of Cloud Logging, one entry a line', () => {
  const { lines, log } = open();
  log({ severity: 'ERROR', message: 'two\nlines', worker: 'w' });
  expect(lines).toEqual([
    '{"severity":"ERROR","message":"two\\nlines","time":"2024-01-02T03:04:05.006Z","worker":"w"}\n',
  ]);
});

it('leaves entries of a worker as they are', () => {
  const { lines, log, write } = open();
  const entry = '{"severity":"INFO","message":"ready","step":"FoldMinute"}';
  relayLine(log, write, 'w', entry);
  expect(lines).toEqual([`${entry}\n`]);
});

it.each(['FATAL ERROR: heap out of memory', '{ not JSON', '{"a":1}', 'null'])(
  'makes an entry of %s',
  (line) => {
    const { lines, log, write } = open();
    relayLine(log, write, 'w', line);
    expect(JSON.parse(lines[0]!)).toMatchObject({ severity: 'WARNING', message: line, worker: 'w' });
  },
);
