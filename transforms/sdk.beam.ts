/**
 * Loads apache-beam 2.49 so that Node 24 can run it. Whoever imports apache-beam imports this first: its modules need
 * a function that Node has dropped, import each other in a circle that only works when entered here, and fail at unknown fields.
 */
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

/** The CommonJS object, which serialize-closures reads; the one that ESM sees cannot be added to. */
const util = require('node:util') as { isPrimitive?: (value: unknown) => boolean };
util.isPrimitive ??= (value) => value === null || (typeof value !== 'object' && typeof value !== 'function');

/**
 * The SDK's compiled messages lost the declaration of `wireType`, which they name when they skip a field younger than
 * themselves: without it any such field breaks the stream it comes by. It is the type of the tag read last.
 */
function repairUnknownFields(): void {
  const { BinaryReader } = createRequire(require.resolve('apache-beam'))('@protobuf-ts/runtime') as {
    BinaryReader: { prototype: { tag(): [field: number, wireType: number] } };
  };
  const { tag } = BinaryReader.prototype;
  let wireType = 0;
  BinaryReader.prototype.tag = function () {
    const read = tag.call(this);
    wireType = read[1];
    return read;
  };
  Object.defineProperty(globalThis, 'wireType', { configurable: true, get: () => wireType });
}

repairUnknownFields();
require('apache-beam/pvalue');
