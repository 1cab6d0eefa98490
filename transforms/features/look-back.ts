/**
 * What a minute's features look back at. Every minute is seen by `LOOKBACK.features` windows, and an engine pays for each
 * element and byte in each of them: so a minute goes whole to its own window and the next, which reads its book; to the
 * others as a bar, alone until its quarter of an hour has closed, and from then on in one piece with the others of it.
 */
import { closeTime } from '../../schemas/candle.ts';
import { closeAfter, INTERVAL_MS, MINUTE_MS } from '../../schemas/primitives.ts';
import { type Told, told, untold } from '../as-of.ts';
import type { ClosedMinute } from '../market-data.ts';
import { LOOKBACK } from '../windows.ts';
import { type Bar, newestMinutes } from './newest-minutes.ts';

/** Interval whose bars travel together. */
export const RUN = '15m';
const RUN_MINUTES = INTERVAL_MS[RUN] / MINUTE_MS;

/** Something in the window of a minute: a minute, or packed bars of some, see `packBars`. */
export type LookBack = Told &
  (
    | { readonly kind: 'minute'; readonly minute: ClosedMinute }
    | { readonly kind: 'bars'; readonly payload: Uint8Array }
  );

/** The same for all windows that close at `closes` (ms). */
export interface Copies {
  readonly closes: readonly number[];
  readonly value: LookBack;
}

/** A closed minute for its own window and the next, and its bar for those up to the close of its run. */
export function copiesOfMinute(minute: ClosedMinute): Copies[] {
  const close = closeTime(minute.candle);
  const next = close + MINUTE_MS;
  const whole: LookBack = { kind: 'minute', minute: untold(minute) };
  const alone: LookBack = { kind: 'bars', payload: packBars([minute.candle]) };
  const runClose = closeAfter(minute.candle.openTime, INTERVAL_MS[RUN]);
  return [
    { closes: [close, next], value: told(whole, minute.knownFrom) },
    { closes: closesIn(next, runClose), value: told(alone, minute.knownFrom) },
  ];
}

/** Newest bars of the run that closes at `runClose` (ms). */
export function runOf(minutes: Iterable<ClosedMinute>, runClose: number): LookBack {
  const known = newestMinutes(minutes, runClose, RUN_MINUTES);
  return { kind: 'bars', payload: packBars(known.map(({ candle }) => candle)) };
}

/** Closes (ms) after the run's own whose windows look back to a bar of it. */
export function closesAfterRun(runClose: number): number[] {
  return closesIn(runClose, runClose + (LOOKBACK.features - 1) * MINUTE_MS);
}

/** Closes in (after, to]. */
function closesIn(after: number, to: number): number[] {
  const count = Math.max(0, (to - after) / MINUTE_MS);
  return Array.from({ length: count }, (_, n) => after + (n + 1) * MINUTE_MS);
}

const COLUMNS = ['openTime', 'open', 'high', 'low', 'close', 'volume', 'revision'] as const;
const NUMBER_BYTES = 8;
const BAR_BYTES = COLUMNS.length * NUMBER_BYTES;

/** Bars as 64-bit floats, the lowest byte first, a bar after the other. */
export function packBars(bars: readonly Bar[]): Uint8Array {
  const bytes = new Uint8Array(bars.length * BAR_BYTES);
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const bar of bars) {
    for (const column of COLUMNS) {
      view.setFloat64(at, bar[column], true);
      at += NUMBER_BYTES;
    }
  }
  return bytes;
}

/** Reads what `packBars` wrote into `bars`. */
export function unpackBars(bytes: Uint8Array, bars: Bar[]): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const number = (at: number, column: number) => view.getFloat64(at + column * NUMBER_BYTES, true);
  for (let at = 0; at < bytes.length; at += BAR_BYTES) {
    bars.push({
      openTime: number(at, 0),
      open: number(at, 1),
      high: number(at, 2),
      low: number(at, 3),
      close: number(at, 4),
      volume: number(at, 5),
      revision: number(at, 6),
    });
  }
}
