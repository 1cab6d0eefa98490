/**
 * What volatility is usual: the mean over the 20 whole UTC days before of each day's mean ATR(14) of 15m candles.
 * A slot belongs to the day its bar opened in, so the slot that closes at midnight is the last of the day it ends.
 * A day is whole with at least 90 of its 96 slots. A slot is never compared with its own day.
 */
import { DAY_MS, INTERVAL_MS } from '../../schemas/primitives.ts';
import type { Told } from '../as-of.ts';
import { mean } from '../indicators/sma.ts';
import { revisionOf } from '../latest.ts';
import { LOOKBACK } from '../windows.ts';

const SLOT_MS = INTERVAL_MS['15m'];
const WHOLE_DAY_SLOTS = 90;

/** ATR of one instrument at one 15m close. */
export interface AtrObservation extends Told {
  /** ms. */
  readonly asOf: number;
  /** Unit: quote per base. */
  readonly atr: number;
  readonly revision: number;
}

/** Mean ATR of one whole UTC day. */
export interface AtrDay extends Told {
  /** First instant of the day, ms. */
  readonly day: number;
  readonly atr: number;
  readonly revision: number;
}

/** What the ATR at `asOf` (ms) is compared with. */
export interface AtrBaseline extends Told {
  readonly kind: 'atrBaseline';
  readonly asOf: number;
  readonly atr: number;
  readonly revision: number;
}

/** Null where the day that starts at `day` (ms) is not whole. */
export function atrDayOf(observations: Iterable<AtrObservation>, day: number): AtrDay | null {
  const slots = newest(observations, ({ asOf }) => asOf, day + SLOT_MS, day + DAY_MS);
  if (slots.length < WHOLE_DAY_SLOTS) return null;
  return { day, atr: mean(slots.map((slot) => slot.atr)), revision: revisionOf(slots) };
}

/** For the 96 slots of the day that starts at `before` (ms); empty where no whole day is known. */
export function atrBaselinesOf(days: Iterable<AtrDay>, before: number): AtrBaseline[] {
  const known = newest(days, ({ day }) => day, before - LOOKBACK.atrDays * DAY_MS, before - DAY_MS);
  if (known.length === 0) return [];
  const baseline = { atr: mean(known.map((day) => day.atr)), revision: revisionOf(known) };
  const slots = DAY_MS / SLOT_MS;
  return Array.from({ length: slots }, (_, i) => ({
    kind: 'atrBaseline',
    asOf: before + (i + 1) * SLOT_MS,
    ...baseline,
  }));
}

/** Highest revision per time in `[from, to]`, oldest first. */
function newest<T extends { readonly revision: number }>(
  parts: Iterable<T>,
  timeOf: (part: T) => number,
  from: number,
  to: number,
): T[] {
  const best = new Map<number, T>();
  for (const part of parts) {
    const time = timeOf(part);
    if (time < from || time > to) continue;
    const known = best.get(time);
    if (known === undefined || part.revision > known.revision) best.set(time, part);
  }
  return [...best.values()].sort((a, b) => timeOf(a) - timeOf(b));
}
