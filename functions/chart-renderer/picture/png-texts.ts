/** Texts inside a PNG file (iTXt chunks), for programs that want to know what a picture is of. */
import { crc32 } from 'node:zlib';
import { WireFormatError } from '../../../schemas/errors.ts';

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
/** Length and type before a chunk's data, CRC behind it. */
const AROUND = 12;
/** After the keyword: not compressed, no language, no translated keyword. */
const PLAIN = Buffer.from([0, 0, 0, 0, 0]);

/** The picture with the texts behind its header. @param texts By keyword: 1 to 79 printable ASCII characters. */
export function withTexts(png: Buffer, texts: Readonly<Record<string, string>>): Buffer {
  const headerEnd = SIGNATURE.length + AROUND + png.readUInt32BE(SIGNATURE.length);
  const chunks = Object.entries(texts).map(([keyword, text]) =>
    chunk('iTXt', Buffer.concat([Buffer.from(keyword, 'latin1'), PLAIN, Buffer.from(text, 'utf8')])),
  );
  return Buffer.concat([png.subarray(0, headerEnd), ...chunks, png.subarray(headerEnd)]);
}

/** Texts that `withTexts` put there, by keyword. @throws WireFormatError where it is no PNG file. */
export function textsOf(png: Uint8Array): Record<string, string> {
  const bytes = Buffer.from(png.buffer, png.byteOffset, png.byteLength);
  if (!bytes.subarray(0, SIGNATURE.length).equals(SIGNATURE)) {
    throw new WireFormatError('Expected a PNG file, got other bytes.');
  }
  const texts: Record<string, string> = {};
  for (let at = SIGNATURE.length; at + AROUND <= bytes.length; ) {
    const length = bytes.readUInt32BE(at);
    const data = bytes.subarray(at + 8, at + 8 + length);
    const keyword = data.subarray(0, data.indexOf(0));
    if (bytes.toString('latin1', at + 4, at + 8) === 'iTXt') {
      texts[keyword.toString('latin1')] = data.toString('utf8', keyword.length + PLAIN.length);
    }
    at += AROUND + length;
  }
  return texts;
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const out = Buffer.alloc(body.length + 8);
  out.writeUInt32BE(data.length, 0);
  body.copy(out, 4);
  out.writeUInt32BE(crc32(body), body.length + 4);
  return out;
}
