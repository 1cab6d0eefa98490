/** The blocks of a segment's bytes as they come in; what is none is passed over and counted. Pure. */
import { endOfBlock, findBlock } from './block.ts';

export interface RawBlock {
  /** Null at the end of a file whose tail is none. */
  readonly block: Buffer | null;
  /** Damage before it included. */
  readonly bytes: number;
  readonly damagedBytes: number;
}

export class BlockReader {
  #rest: Buffer = Buffer.alloc(0);
  #damagedBytes = 0;

  /** The whole blocks that these bytes complete. */
  *take(bytes: Buffer): Generator<RawBlock> {
    this.#rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    yield* this.#parse(false);
  }

  /** There are no more bytes. */
  *end(): Generator<RawBlock> {
    yield* this.#parse(true);
    const damagedBytes = this.#damagedBytes;
    if (damagedBytes > 0) yield { block: null, bytes: damagedBytes, damagedBytes };
  }

  *#parse(isEnd: boolean): Generator<RawBlock> {
    const rest = this.#rest;
    let at = 0;
    while (at < rest.length) {
      const end = endOfBlock(rest, at);
      if (typeof end === 'number') {
        const damagedBytes = this.#damagedBytes;
        this.#damagedBytes = 0;
        yield { block: rest.subarray(at, end), bytes: end - at + damagedBytes, damagedBytes };
        at = end;
        continue;
      }
      // A block whose end has not come may lie behind the damage.
      const next = end === 'damaged' || isEnd ? findBlock(rest, at + 1) : -1;
      if (next < 0 && !isEnd) break;
      const to = next < 0 ? rest.length : next;
      this.#damagedBytes += to - at;
      at = to;
    }
    this.#rest = rest.subarray(at);
  }
}
