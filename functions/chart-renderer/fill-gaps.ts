/** Bars that our own state does not have, as the exchange tells them: after a start there are none of before it. */
import type { Candle } from '../../schemas/candle.ts';
import { messageOf } from '../../schemas/errors.ts';
import { floorTo, INTERVAL_MS, MINUTE_MS } from '../../schemas/primitives.ts';
import type { CandleQuery, CandleSource } from '../macro-engine/gather.ts';

/** What closed later is on its way to the state store. Unit: ms. */
const ON_ITS_WAY_MS = MINUTE_MS;

export interface FillGaps {
  /** Closed bars of an exchange; null where none can be asked. */
  readonly exchange: CandleSource | null;
  readonly now: number;
  /** Told why the exchange did not answer. */
  readonly onFailure: (reason: string) => void;
}

/** Oldest first. Our own bars stay, also incomplete ones: they are what was known. Where the exchange fails, they are all. */
export async function fillGaps(
  known: readonly Candle[],
  query: CandleQuery,
  { exchange, now, onFailure }: FillGaps,
): Promise<readonly Candle[]> {
  const length = INTERVAL_MS[query.interval];
  const toMs = Math.min(query.toMs, floorTo(now - ON_ITS_WAY_MS, length));
  const own = new Set(known.map(({ openTime }) => openTime));
  const places = Array.from(
    { length: Math.max(0, (toMs - query.fromMs) / length) },
    (_, i) => query.fromMs + i * length,
  );
  const first = places.find((openTime) => !own.has(openTime));
  if (exchange === null || first === undefined) return known;
  const last = places.findLast((openTime) => !own.has(openTime))!;
  try {
    const theirs = await exchange({ ...query, fromMs: first, toMs: last + length });
    const added = theirs.filter(
      ({ openTime }) => !own.has(openTime) && openTime >= first && openTime <= last,
    );
    return [...known, ...added].sort((a, b) => a.openTime - b.openTime);
  } catch (error) {
    onFailure(messageOf(error));
    return known;
  }
}
