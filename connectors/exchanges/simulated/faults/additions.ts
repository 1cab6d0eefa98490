/** Faults that add to what a connection carries, once: garbage, frames nobody asked for, a frame too long. */
import type { Random } from '../../../random.ts';
import type { TwinFrame } from '../venue.ts';
import type { Fault } from './faults.ts';
import type { Link } from './link.ts';

export interface AdditionContext {
  readonly amount: number;
  readonly ms: number;
  readonly random: Random;
  readonly unasked: () => TwinFrame;
}

/** Number of frames added. */
type Add = (link: Link, context: AdditionContext) => number;

export const ADDITIONS: Readonly<Partial<Record<Fault['kind'], Add>>> = {
  garbage: (link, { amount, ms, random }) => {
    for (let i = 0; i < amount; i++) link.inject(garbageText(random), ms);
    return amount;
  },
  unknownChannel: (link, { amount, ms, unasked }) => {
    for (let i = 0; i < amount; i++) link.inject(unasked().text, ms);
    return amount;
  },
  hugeFrame: (link, { amount, ms }) => {
    link.inject(`{"topic":"padding","channel":"padding","data":"${'x'.repeat(amount)}"}`, ms);
    return 1;
  },
};

/** Anything between an empty text and one that almost is JSON. */
function garbageText(random: Random): string {
  const length = random.whole(0, 200);
  const text = Array.from({ length }, () => String.fromCharCode(random.whole(32, 0x2fff))).join('');
  return random.chance(0.5) ? text : `{"topic":"publicTrade.${text}`;
}

export function garbageBytes(random: Random, length: number): Uint8Array {
  const bytes = Uint8Array.from({ length }, () => random.whole(0, 255));
  // All reserved bits set: no client may take it for the beginning of a frame.
  if (length > 0) bytes[0] = 0xff;
  return bytes;
}
