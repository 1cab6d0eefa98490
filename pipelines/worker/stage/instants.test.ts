import fc from 'fast-check';
import Long from 'long';
import protobuf from 'protobufjs/minimal.js';
import { expect, it } from 'vitest';
import { readInstant, writeInstant } from './instants.ts';

/** Eight bytes, big-endian, of the instant shifted by 2^63. */
function naive(ms: bigint): number[] {
  const bytes = new DataView(new ArrayBuffer(8));
  bytes.setBigUint64(0, BigInt.asUintN(64, ms + (1n << 63n)));
  return [...new Uint8Array(bytes.buffer)];
}

it('writes the bytes of the naive coder and reads them back', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }), (ms) => {
      const instant = Long.fromString(String(ms));
      const writer = protobuf.Writer.create();
      writeInstant(instant, writer);
      const bytes = writer.finish();
      expect([...bytes]).toEqual(naive(ms));
      const reader = protobuf.Reader.create(Buffer.concat([new Uint8Array(3), bytes]));
      reader.pos = 3;
      expect(readInstant(reader).equals(instant)).toBe(true);
      expect(reader.pos).toBe(11);
    }),
    { seed: 1, examples: [[0n], [-1n], [1_700_000_000_000n], [-(1n << 63n)], [(1n << 63n) - 1n]] },
  );
});
