/** Frames that are not what they should be, and what a mapper may do with them: read them, or refuse them by name. */
import { expect } from 'vitest';
import { WireFormatError } from '../../schemas/errors.ts';
import type { Venue } from '../../schemas/primitives.ts';
import { encodeTradeBatch } from '../../schemas/trade-batch.ts';
import type { Random } from '../random.ts';
import type { MarketEvent } from './market-event.ts';
import type { FrameMapper } from './venue.ts';

const BITS = [
  ...'"0-.}][{,:\\9uX ',
  ...['00', '', 'null', 'true', 'é', '\u0000', 'e5', '1e308', '9'.repeat(20), '9'.repeat(400)],
];

/** Null where it is refused; anything else fails. Trades that are read must be such as can be published. */
export function readOrRefuse(venue: Venue, map: FrameMapper, text: string): MarketEvent[] | null {
  try {
    const events = map(text);
    for (const event of events) {
      expect(event.kind).toBeTypeOf('string');
      if (event.kind !== 'trades') continue;
      const { symbol, trades } = event;
      encodeTradeBatch({ venue, symbol, claim: null, last: null, trades });
    }
    return events;
  } catch (error) {
    if (!(error instanceof WireFormatError)) throw error;
    expect(error.message.length).toBeLessThan(1_000);
    return null;
  }
}

/** A few edits of the kinds that broken senders, proxies and storage make. */
export function mutated(frame: string, frames: readonly string[], random: Random): string {
  let text = frame;
  for (let edits = random.whole(0, 3); edits > 0; edits--) {
    const at = random.whole(0, text.length);
    const [head, tail] = [text.slice(0, at), text.slice(at)];
    const length = random.whole(0, 20);
    const other = frames[random.whole(0, frames.length - 1)]!;
    text = [
      () => head + BITS[random.whole(0, BITS.length - 1)]! + tail.slice(random.whole(0, 2)),
      () => head,
      () => head + tail.slice(length),
      () => head + tail.slice(0, length) + tail,
      () => head + other.slice(random.whole(0, other.length)),
    ][random.whole(0, 4)]!();
  }
  return text;
}

/** The frame with another value in one of the places of its JSON, in the order in which they are read. */
export function replaced(frame: string, place: number, value: unknown): string {
  let places = 0;
  const count = () => void places++;
  JSON.parse(frame, count);
  let at = 0;
  const parsed: unknown = JSON.parse(frame, (_, known: unknown) => (at++ === place % places ? value : known));
  return JSON.stringify(parsed);
}
