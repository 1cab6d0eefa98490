/**
 * Copies of bytes that are let go of about the same time lie side by side in memory of their own, which is freed when the
 * last of them is. In Node's own pool they would lie between whatever else is encoded, and a message that waits ten
 * minutes for its window would keep 64 KB of it. One slab for each thing that lives long.
 */
const SLAB_BYTES = 1 << 14;
/** Longer ones have memory to themselves. */
const MAX_SHARED_BYTES = SLAB_BYTES >> 2;

export class Slab {
  #buffer = new ArrayBuffer(SLAB_BYTES);
  #at = 0;

  copy(bytes: Uint8Array): Uint8Array {
    const { length } = bytes;
    if (length > MAX_SHARED_BYTES) return Uint8Array.prototype.slice.call(bytes);
    if (this.#at + length > SLAB_BYTES) {
      this.#buffer = new ArrayBuffer(SLAB_BYTES);
      this.#at = 0;
    }
    const copy = Buffer.from(this.#buffer, this.#at, length);
    copy.set(bytes);
    this.#at += length;
    return copy;
  }

  /** The same bytes, where they have memory to themselves; a copy where they share it with others. */
  own(bytes: Uint8Array): Uint8Array {
    return bytes.length > MAX_SHARED_BYTES ? bytes : this.copy(bytes);
  }
}
