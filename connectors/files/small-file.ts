/** Files that a person writes by hand: settings, secrets, lists. */
import { closeSync, openSync, readSync } from 'node:fs';
import { ConfigError } from '../../schemas/errors.ts';

const MAX_BYTES = 16 << 20;
const PIECE_BYTES = 64 << 10;
const STDIN = 0;

/** Its text; of what does not end, such as /dev/zero, no more is read than such a file may hold. `-` is stdin. @throws ConfigError */
export function readSmallFile(path: string): string {
  const file = path === '-' ? STDIN : openSync(path, 'r');
  try {
    return textOf(file);
  } finally {
    if (file !== STDIN) closeSync(file);
  }
}

function textOf(file: number): string {
  const pieces: Buffer[] = [];
  for (let size = 0; size <= MAX_BYTES; ) {
    const piece = Buffer.alloc(PIECE_BYTES);
    const read = readSync(file, piece);
    if (read === 0) return Buffer.concat(pieces).toString('utf8');
    pieces.push(piece.subarray(0, read));
    size += read;
  }
  throw new ConfigError(`expected at most ${MAX_BYTES >> 20} MB of text, got more`);
}
