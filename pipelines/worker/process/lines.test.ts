import { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { expect, it } from 'vitest';
import { eachLine } from './lines.ts';

async function linesOf(...parts: readonly (string | Uint8Array)[]): Promise<string[]> {
  const lines: string[] = [];
  const stream = Readable.from(parts.map((part) => Buffer.from(part)));
  eachLine(stream, (line) => lines.push(line));
  await finished(stream);
  return lines;
}

it('tells each line, also an empty one, and what follows the last line end', async () => {
  expect(await linesOf('one\n\ntwo\r\nthree')).toEqual(['one', '', 'two', 'three']);
});

it('tells nothing of a stream without text, nor after the last line end', async () => {
  expect(await linesOf()).toEqual([]);
  expect(await linesOf('one\n')).toEqual(['one']);
});

it('reads the same however the bytes are cut', async () => {
  const text = Buffer.from('{"a":"€😀"}\r\nsecond\r\nthird\n');
  const lines = ['{"a":"€😀"}', 'second', 'third'];
  for (let at = 0; at <= text.length; at++) {
    expect(await linesOf(text.subarray(0, at), text.subarray(at))).toEqual(lines);
  }
  expect(await linesOf(...Array.from(text, (byte) => Uint8Array.of(byte)))).toEqual(lines);
});

it('leaves separators that JSON may hold as they are', async () => {
  const entry = JSON.stringify({ message: 'a\u2028b\u2029c\u0085d' });
  expect(await linesOf(`${entry}\n`)).toEqual([entry]);
});
