/** Candles for a decision: our own where they are whole, the exchange's where they are not, another exchange's if need be. */
import type { Candle } from '../../schemas/candle.ts';
import { messageOf } from '../../schemas/errors.ts';
import type { MacroParams } from '../../schemas/macro-params.ts';
import { INTERVAL_MS, type Interval, streamKey, type Venue } from '../../schemas/primitives.ts';
import { macroSpans } from './macro.ts';

export interface CandleQuery {
  readonly venue: Venue;
  readonly symbol: string;
  readonly interval: Interval;
  /** Open times in [fromMs, toMs). Unit: ms since the epoch. */
  readonly fromMs: number;
  readonly toMs: number;
}

/** Closed candles, in any order; what is not known is missing. `candlesOf` of the state store, klines of an exchange. */
export type CandleSource = (query: CandleQuery) => Promise<readonly Candle[]>;

export interface CandleSources {
  /** Our own, each in its highest revision. */
  readonly known: CandleSource;
  /** Asked for what is missing or incomplete among them. */
  readonly exchange: CandleSource;
  /** Told of each source that did not answer, also where another one did. */
  readonly onFailure?: (failure: string) => void;
}

/** A pair under the name a venue has for it. */
export interface Instrument {
  readonly venue: Venue;
  readonly symbol: string;
}

export interface Gathered {
  readonly instrument: Instrument;
  /** Of that one instrument. */
  readonly candles: readonly Candle[];
  /** What could not be asked; where it is empty there is nothing more to be known. */
  readonly failures: readonly string[];
}

/**
 * Of the first instrument for which every source that had to be asked answered; where there is none, what is known of
 * the first. Bars of two instruments are never mixed: prices differ between venues.
 * @param instruments At least one, the one whose prices are traded first.
 */
export async function gather(
  instruments: readonly Instrument[],
  slot: number,
  sources: CandleSources,
  params: MacroParams,
): Promise<Gathered> {
  let first: Gathered | undefined;
  const failures: string[] = [];
  for (const instrument of instruments) {
    const gathered = await gatherOne(instrument, slot, sources, params);
    if (gathered.failures.length === 0) return gathered;
    failures.push(...gathered.failures);
    first ??= gathered;
  }
  return { instrument: first!.instrument, candles: first!.candles, failures };
}

async function gatherOne(
  instrument: Instrument,
  slot: number,
  sources: CandleSources,
  params: MacroParams,
): Promise<Gathered> {
  const spans = macroSpans(slot, params).map(({ timeframe, fromMs, toMs }) =>
    completed({ ...instrument, interval: timeframe, fromMs, toMs }, sources),
  );
  const found = await Promise.all(spans);
  return {
    instrument,
    candles: found.flatMap(({ candles }) => candles),
    failures: found.flatMap(({ failure }) => failure ?? []),
  };
}

interface Span {
  readonly candles: readonly Candle[];
  readonly failure?: string;
}

/** Our own complete bars stay: they were made of trades, and are what the graph decided on. */
async function completed(query: CandleQuery, sources: CandleSources): Promise<Span> {
  const own = await attempt('known', query, sources);
  const byOpen = new Map(own.candles.filter(({ complete }) => complete).map((bar) => [bar.openTime, bar]));
  const missing = missingIn(query, byOpen);
  if (missing === null) return { candles: [...byOpen.values()] };
  const theirs = await attempt('exchange', { ...query, ...missing }, sources);
  for (const bar of theirs.candles) if (!byOpen.has(bar.openTime)) byOpen.set(bar.openTime, bar);
  // Where the exchange answered, it does not matter why our own were missing.
  return theirs.failure === undefined
    ? { candles: [...byOpen.values()] }
    : { candles: [...byOpen.values()], failure: theirs.failure };
}

async function attempt(
  name: 'known' | 'exchange',
  query: CandleQuery,
  sources: CandleSources,
): Promise<Span> {
  try {
    return { candles: await sources[name](query) };
  } catch (error) {
    const { venue, symbol, interval } = query;
    const failure = `${name} candles of ${streamKey(venue, symbol)} ${interval}: ${messageOf(error)}`;
    sources.onFailure?.(failure);
    return { candles: [], failure };
  }
}

/** From the first to the last bar that is missing; null where none is. */
function missingIn(
  { interval, fromMs, toMs }: CandleQuery,
  byOpen: ReadonlyMap<number, Candle>,
): Pick<CandleQuery, 'fromMs' | 'toMs'> | null {
  const length = INTERVAL_MS[interval];
  let first: number | undefined;
  let last: number | undefined;
  for (let openTime = fromMs; openTime < toMs; openTime += length) {
    if (byOpen.has(openTime)) continue;
    first ??= openTime;
    last = openTime;
  }
  return first === undefined || last === undefined ? null : { fromMs: first, toMs: last + length };
}
