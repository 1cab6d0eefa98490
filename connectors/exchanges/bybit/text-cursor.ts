/** A place in a text of known form, and exact numbers read from it without a detour over substrings. */

const QUOTE = 34;
const DOT = 46;
const ZERO = 48;
/** Of a decimal with no more, digits ÷ 10^places is the double nearest to it. */
const EXACT_DIGITS = 15;
const MOST = 10 ** EXACT_DIGITS;
const POW10 = Array.from({ length: EXACT_DIGITS + 1 }, (_, places) => Number(`1e${places}`));

export class TextCursor {
  readonly #text: string;
  at: number;

  constructor(text: string, at: number) {
    this.#text = text;
    this.at = at;
  }

  pass(part: string): boolean {
    if (!this.#text.startsWith(part, this.at)) return false;
    this.at += part.length;
    return true;
  }

  /** A decimal up to and with its closing quote; not a number where it is none, or has too many digits to be exact. */
  decimal(): number {
    const whole = this.#digits(0);
    let value = whole;
    let places = 0;
    if (this.#text.charCodeAt(this.at) === DOT && whole >= 0) {
      const start = ++this.at;
      value = this.#digits(whole);
      places = this.at - start;
    }
    if (this.#text.charCodeAt(this.at++) !== QUOTE) return Number.NaN;
    // Leading zeros of 0.001 count as digits, which errs on the safe side.
    return value / POW10[places]!;
  }

  /** Appends the digits here, at least one, to a number. Not a number where that might not be exact. */
  #digits(before: number): number {
    const start = this.at;
    let value = before;
    for (;;) {
      const digit = this.#text.charCodeAt(this.at) - ZERO;
      if (!(digit >= 0 && digit <= 9)) break;
      value = value * 10 + digit;
      this.at++;
    }
    return this.at > start && this.at - start <= EXACT_DIGITS && value <= MOST ? value : Number.NaN;
  }
}
