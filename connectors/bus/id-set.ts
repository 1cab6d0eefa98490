/** Texts as 64 bits of their SHA-256: 16 to 32 bytes each, where a set of strings takes 100 and more. */
import { hash } from 'node:crypto';

const EMPTY = 0;
/** Was deleted: what lies behind it is still looked for. */
const GONE = 1;
const FIRST_SLOTS = 1_024;

/**
 * Open addressing with linear probing, at most half full. Two texts of one hash are one to it: with 400,000 of them in it
 * that befalls one new text in 5 × 10¹³, and nobody finds one that it befalls with a text of others.
 */
export class IdSet {
  /** Of each slot the two halves of a hash; a first half below 2 is none. */
  #slots = new Uint32Array(2 * FIRST_SLOTS);
  #used = 0;
  size = 0;

  get bytes(): number {
    return this.#slots.byteLength;
  }

  has(id: string): boolean {
    const [high, low] = halvesOf(id);
    return this.#slots[this.#find(high, low)] === high;
  }

  add(id: string): void {
    const [high, low] = halvesOf(id);
    if (this.#slots[this.#find(high, low)] === high) return;
    if (4 * (this.#used + 1) > this.#slots.length) this.#rehash();
    this.#put(high, low);
    this.size += 1;
  }

  delete(id: string): void {
    const [high, low] = halvesOf(id);
    const at = this.#find(high, low);
    if (this.#slots[at] !== high) return;
    this.#slots[at] = GONE;
    this.size -= 1;
  }

  #put(high: number, low: number): void {
    const at = this.#find(high, low);
    this.#slots[at] = high;
    this.#slots[at + 1] = low;
    this.#used += 1;
  }

  /** Where the hash lies, or the empty slot that ends the search for it. */
  #find(high: number, low: number): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let at = (2 * low) & mask;
    while (slots[at] !== EMPTY && (slots[at] !== high || slots[at + 1] !== low)) at = (at + 2) & mask;
    return at;
  }

  /** Into as much room again where it is full of texts; where it is full of what was deleted, into the same. */
  #rehash(): void {
    const old = this.#slots;
    this.#slots = new Uint32Array(8 * this.size > old.length ? 2 * old.length : old.length);
    this.#used = 0;
    for (let at = 0; at < old.length; at += 2) if (old[at]! > GONE) this.#put(old[at]!, old[at + 1]!);
  }
}

function halvesOf(id: string): readonly [high: number, low: number] {
  const digest = hash('sha256', id, 'binary');
  const high = wordOf(digest, 0);
  return [high > GONE ? high : high + 2, wordOf(digest, 4)];
}

function wordOf(digest: string, at: number): number {
  let word = 0;
  for (let i = at; i < at + 4; i++) word = (word << 8) | digest.charCodeAt(i);
  return word >>> 0;
}
