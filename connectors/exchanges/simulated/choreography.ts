/**
 * The minutes of one epoch: a breakout into the range, then legs from level to level. Each leg ends in a test: a fast
 * slide onto the level, volume drying up, wicks that reject it, at some tests a book that leans and flips.
 */

import { hash32, Random } from '../../random.ts';
import type { Epoch } from './epochs.ts';

/** Plan of one minute; prices are log distances from the instrument's base. */
export interface MinutePlan {
  readonly open: number;
  readonly close: number;
  readonly low: number;
  readonly high: number;
  /** Volume against an average minute. */
  readonly volume: number;
  /** Imbalance of the book (−1..1) until the minute's last 10 s, and in them. */
  readonly lean: number;
  readonly leanAtEnd: number;
}

/** Room above and below a plain minute's body (log price). */
const WIGGLE = 0.0003;
/** Before the epoch's end the price returns to the centre. Unit: minutes. */
const HOMEWARD = 20;
const LEAN = 0.45;

/** One plan per minute of the epoch. Pure: same seed and epoch, same minutes. */
export function choreograph(seed: number, epoch: Epoch): MinutePlan[] {
  return new Choreographer(seed, epoch).run();
}

class Choreographer {
  readonly #random: Random;
  readonly #epoch: Epoch;
  readonly #minutes: MinutePlan[] = [];
  #price: number;

  constructor(seed: number, epoch: Epoch) {
    this.#random = new Random(hash32(seed, 'minutes', epoch.index));
    this.#epoch = epoch;
    this.#price = epoch.from;
  }

  run(): MinutePlan[] {
    const { centre, half, from } = this.#epoch;
    let side = centre > from ? 1 : -1;
    const breakout = Math.round(Math.abs(centre - from) / this.#random.between(0.0005, 0.0008));
    this.#walk(centre + side * half * 0.2, breakout, 1.6);
    while (this.#left > HOMEWARD + 30) {
      this.#testLevel(side);
      side = -side;
      this.#walk(centre + side * half * this.#random.between(0, 0.25), this.#random.whole(5, 14), 1);
    }
    this.#walk(centre, this.#left, 1);
    return this.#minutes;
  }

  get #left(): number {
    const { start, end } = this.#epoch;
    return end - start - this.#minutes.length;
  }

  /** To `target` in `count` minutes, as a bridge: noise that vanishes at the end. */
  #walk(target: number, count: number, volume: number): void {
    for (let left = count; left > 0; left--) {
      const noise = left > 1 ? 0.0009 * this.#random.normal() : 0;
      const burst = this.#random.chance(0.03) ? this.#random.between(2, 4) : 1;
      const move = (target - this.#price) / left + noise;
      this.#body(move, volume * burst * this.#random.between(0.4, 1.7));
    }
  }

  /** Slide onto the level of this side (1 resistance, −1 support), reject it, leave it. */
  #testLevel(side: number): void {
    const { centre, half } = this.#epoch;
    const level = centre + side * half;
    this.#slide(side, level - side * 0.0012);
    const flips = this.#random.chance(0.5);
    const rejections = this.#random.whole(2, 4);
    for (let i = 0; i < rejections; i++) this.#reject(side, level, flips, i === rejections - 1);
    if (this.#random.chance(0.15)) this.#walk(level + side * 0.0008, 2, 1.2);
  }

  /** Four to seven minutes in one direction without a pause: what takes RSI-7 to its extreme. */
  #slide(side: number, target: number): void {
    const count = this.#random.whole(4, 7);
    for (let left = count; left > 0; left--) {
      const move = (target - this.#price) / left;
      this.#body(side * Math.max(side * move, 0.0002), 1.3 * this.#random.between(0.7, 1.4));
    }
  }

  /** A small body away from the level and a wick onto it, on little volume. */
  #reject(side: number, level: number, flips: boolean, isLast: boolean): void {
    const tip = level - side * this.#random.between(0, 0.0002);
    const open = this.#price;
    const close = level - side * this.#random.between(0.001, 0.0013);
    const far = side * Math.min(side * open, side * close) - side * this.#random.between(0, 0.0001);
    const lean = flips ? side * LEAN : 0;
    this.#push({
      open,
      close,
      low: side > 0 ? far : tip,
      high: side > 0 ? tip : far,
      volume: this.#random.between(0.2, 0.5),
      lean,
      leanAtEnd: isLast ? -lean : lean,
    });
  }

  #body(move: number, volume: number): void {
    const open = this.#price;
    const close = open + move;
    const low = Math.min(open, close) - WIGGLE * this.#random.next();
    const high = Math.max(open, close) + WIGGLE * this.#random.next();
    const lean = 0.15 * this.#random.normal() * 0.7;
    this.#push({ open, close, low, high, volume, lean, leanAtEnd: lean });
  }

  #push(minute: MinutePlan): void {
    if (this.#left <= 0) return;
    const low = Math.min(minute.low, minute.open, minute.close);
    const high = Math.max(minute.high, minute.open, minute.close);
    this.#minutes.push({ ...minute, low, high });
    this.#price = minute.close;
  }
}
