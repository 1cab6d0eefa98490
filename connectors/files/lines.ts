/** Lines of a text file, plain or gzipped, streamed; bytes are kept one to one as Latin-1 characters. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';
import { ConfigError, messageOf } from '../../schemas/errors.ts';

/** Unit: bytes read at once. */
const READ_BYTES = 1 << 18;
/** No row of market data comes near it: beyond, the file is not what its name says. Unit: bytes. */
const MAX_LINE = 1 << 20;
const BOM = '\u00ef\u00bb\u00bf';

/** Consecutive lines without their line ends. */
export interface LineBlock {
  /** Number of the first of them, 1 = first line of the file. */
  readonly first: number;
  readonly lines: string[];
}

export interface LineReader {
  readonly blocks: AsyncGenerator<LineBlock>;
  progress(): number;
}

/** @throws ConfigError (while reading) where the file cannot be read or unpacked. */
export async function openLines(path: string): Promise<LineReader> {
  const total = (await stat(path)).size;
  const file = createReadStream(path, { highWaterMark: READ_BYTES });
  return {
    blocks: splitLines(path, path.endsWith('.gz') ? file.pipe(gunzipOf(file)) : file),
    progress: () => (total === 0 ? 1 : Math.min(1, file.bytesRead / total)),
  };
}

/** `pipe` forwards no errors: a file that cannot be read must end the unpacking too. */
function gunzipOf(file: NodeJS.ReadableStream) {
  const gunzip = createGunzip({ chunkSize: READ_BYTES });
  file.on('error', (error) => gunzip.destroy(error));
  return gunzip;
}

async function* splitLines(path: string, stream: AsyncIterable<Buffer>): AsyncGenerator<LineBlock> {
  let rest = '';
  let first = 1;
  try {
    for await (const chunk of stream) {
      let text = rest + chunk.toString('latin1');
      if (first === 1 && text.startsWith(BOM)) text = text.slice(BOM.length);
      const lines = text.split('\n');
      rest = lines.pop() ?? '';
      if (rest.length > MAX_LINE) throw new ConfigError(`line ${first + lines.length} is longer than 1 MiB`);
      if (lines.length > 0) yield { first, lines: withoutReturns(lines) };
      first += lines.length;
    }
  } catch (cause) {
    throw new ConfigError(`Cannot read ${path}: ${messageOf(cause)}. Is the file whole?`, { cause });
  }
  if (rest.length > 0) yield { first, lines: withoutReturns([rest]) };
}

function withoutReturns(lines: string[]): string[] {
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i]!;
    if (line.charCodeAt(line.length - 1) === 13) lines[i] = line.slice(0, -1);
  }
  return lines;
}

/** A Latin-1 line as the UTF-8 text it was. */
export function utf8Of(line: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: every character beyond ASCII is what is looked for.
  return /^[\x00-\x7f]*$/.test(line) ? line : Buffer.from(line, 'latin1').toString('utf8');
}

export function bytesOf(line: string): Uint8Array {
  return Buffer.from(line, 'latin1');
}

export function isBlank(line: string): boolean {
  return line.trim() === '';
}
