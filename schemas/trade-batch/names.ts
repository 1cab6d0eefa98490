/** Venue and symbol of a batch. The same few come in message after message, so their text is made once and found by its bytes. */
import { WireFormatError } from '../errors.ts';
import { streamKey, Venue } from '../primitives.ts';
import type { ByteReader } from './bytes.ts';

export interface Names {
  readonly venue: Venue;
  readonly symbol: string;
  /** `venue:symbol`. */
  readonly key: string;
}

interface Known {
  readonly bytes: Uint8Array;
  readonly names: Names;
}

/** 64 characters of at most 4 bytes. */
const MAX_NAME_BYTES = 256;
/** Places for known names: of two that share one, the later takes it, so strange names cost time alone. Power of two. */
const PLACES = 1024;
const known: (Known | undefined)[] = new Array<undefined>(PLACES).fill(undefined);

/** @throws WireFormatError */
export function readNames(reader: ByteReader): Names {
  const { bytes, at } = reader;
  const place = placeOf(bytes, at);
  const found = known[place];
  if (found && startsWith(bytes, at, found.bytes)) {
    reader.at += found.bytes.length;
    return found.names;
  }
  const venue = readVenue(reader);
  const symbol = reader.text(MAX_NAME_BYTES, 'symbol');
  const names = { venue, symbol, key: streamKey(venue, symbol) };
  known[place] = { bytes: bytes.slice(at, reader.at), names };
  return names;
}

/** Hash of the bytes up to the end of the symbol, were both lengths below 128; of less where the bytes end before. */
function placeOf(bytes: Uint8Array, at: number): number {
  const symbolAt = at + 1 + (bytes[at] ?? 0);
  const end = Math.min(bytes.length, symbolAt + 1 + (bytes[symbolAt] ?? 0));
  let hash = 0;
  for (let i = at; i < end; i++) hash = Math.imul(hash, 31) + bytes[i]!;
  return (hash ^ (hash >>> 10)) & (PLACES - 1);
}

function startsWith(bytes: Uint8Array, at: number, known: Uint8Array): boolean {
  for (let i = 0; i < known.length; i++) if (bytes[at + i] !== known[i]) return false;
  return true;
}

function readVenue(reader: ByteReader): Venue {
  const name = reader.text(MAX_NAME_BYTES, 'venue');
  const venue = Venue.options.find((option) => option === name);
  if (!venue) throw new WireFormatError(`Expected a venue (${Venue.options.join(', ')}), got "${name}".`);
  return venue;
}
