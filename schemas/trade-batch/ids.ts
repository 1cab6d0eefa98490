/** Trade ids in as few bytes as they need: none where the seq tells them, 16 for a UUID, else text. */
import { WireFormatError } from '../errors.ts';
import type { ByteWriter } from './bytes.ts';
import { ID_LINE, ID_SEQ, ID_TEXT, ID_UUID } from './format.ts';

/**
 * `seq`: the id is the decimal seq. `line`: `#` and the seq. Else the ids themselves,
 * or UUIDs as 16 bytes for each row.
 */
export type TradeIds = 'seq' | 'line' | ArrayLike<string> | { readonly uuids: Uint8Array };

const MAX_ID_LENGTH = 128;
const UUID_LENGTH = 36;
const UUID_BYTES = 16;
const DASH = '-'.charCodeAt(0);
/** Where the digit pairs of a UUID's text begin. */
const PAIRS = [0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34];
const DASHES = [8, 13, 18, 23];
const NOT_HEX = 255;
/** Value of a lower-case hexadecimal digit by its character code: other spellings would not come back as they were. */
const DIGIT = new Uint8Array(128).fill(NOT_HEX);
for (let value = 0; value < 16; value++) DIGIT[value.toString(16).charCodeAt(0)] = value;

/** Appends the ids of rows [from, to) and returns their kind. @throws WireFormatError where an id is empty or too long. */
export function writeIds(
  writer: ByteWriter,
  ids: TradeIds,
  seq: ArrayLike<number>,
  from: number,
  to: number,
): number {
  if (ids === 'seq') return ID_SEQ;
  if (ids === 'line') return ID_LINE;
  if ('uuids' in (ids as object)) {
    const { uuids } = ids as { uuids: Uint8Array };
    writer.raw(uuids.subarray(UUID_BYTES * from, UUID_BYTES * to));
    return ID_UUID;
  }
  const texts = ids as ArrayLike<string>;
  if (to > from && texts[from]!.length === UUID_LENGTH && writeUuids(writer, texts, from, to)) return ID_UUID;
  const kind = kindOf(texts, seq, from, to);
  if (kind === ID_TEXT) writeTexts(writer, texts, from, to);
  return kind;
}

function kindOf(ids: ArrayLike<string>, seq: ArrayLike<number>, from: number, to: number): number {
  const isAll = (test: (id: string, seqText: string) => boolean): boolean => {
    for (let row = from; row < to; row++) if (!test(ids[row]!, String(seq[row]))) return false;
    return true;
  };
  if (isAll((id, text) => id === text)) return ID_SEQ;
  return isAll((id, text) => id === `#${text}`) ? ID_LINE : ID_TEXT;
}

function writeTexts(writer: ByteWriter, ids: ArrayLike<string>, from: number, to: number): void {
  for (let row = from; row < to; row++) {
    const id = ids[row]!;
    if (id.length === 0 || id.length > MAX_ID_LENGTH) {
      throw new WireFormatError(
        `Expected a trade id of 1 to 128 characters, got ${id.length} in row ${row}.`,
      );
    }
    writer.text(id);
  }
}

/** False, and nothing written, where one of the ids is no UUID in lower case. */
function writeUuids(writer: ByteWriter, ids: ArrayLike<string>, from: number, to: number): boolean {
  const start = writer.at;
  writer.reserve((to - from) * UUID_BYTES);
  for (let row = from; row < to; row++) {
    if (!writeUuid(writer.bytes, start + (row - from) * UUID_BYTES, ids[row]!)) return false;
  }
  writer.at = start + (to - from) * UUID_BYTES;
  return true;
}

function writeUuid(bytes: Uint8Array, at: number, id: string): boolean {
  if (id.length !== UUID_LENGTH) return false;
  for (const dash of DASHES) if (id.charCodeAt(dash) !== DASH) return false;
  for (let pair = 0; pair < UUID_BYTES; pair++) {
    const textAt = PAIRS[pair]!;
    const high = DIGIT[id.charCodeAt(textAt)] ?? NOT_HEX;
    const low = DIGIT[id.charCodeAt(textAt + 1)] ?? NOT_HEX;
    if (high === NOT_HEX || low === NOT_HEX) return false;
    bytes[at + pair] = (high << 4) | low;
  }
  return true;
}
