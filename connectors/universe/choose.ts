/** The instruments to follow: the first by turnover, with a border that does not flicker. */
import { DAY_MS } from '../../schemas/primitives.ts';
import type { UniverseOptions } from '../../schemas/universe-options.ts';
import type { Instrument } from '../exchanges/venue.ts';

export interface Universe {
  /** All that are followed: by turnover, those whose turnover is not known last. */
  readonly symbols: readonly string[];
  readonly added: readonly string[];
  readonly removed: readonly Removal[];
  /** Followed, but not traded now: they keep their place, since they may be traded again any moment. */
  readonly halted: readonly string[];
  /** Pinned, but not listed. */
  readonly missing: readonly string[];
}

export interface Removal {
  readonly symbol: string;
  /** A sentence for people. */
  readonly reason: string;
}

/**
 * At most `size` symbols. A newcomer enters where its rank by turnover is at most size − margin, or a place is free; a
 * member stays down to rank size + margin, and gives its place up, lowest first, only where newcomers need it. So ranks
 * that move by no more than the margin change nothing. That was chosen over counting refreshes below the border: it
 * keeps no memory but the members, so a restart, a standby and any rhythm of refreshes come to the same universe.
 * Members that are closed, denied or not listed any more leave at once; a member of unknown turnover stays.
 * @param current Symbols followed until now; their order means nothing.
 * @param turnovers Over 24 h, in quote, by symbol.
 */
export function chooseUniverse(
  current: readonly string[],
  instruments: readonly Instrument[],
  turnovers: ReadonlyMap<string, number>,
  options: UniverseOptions,
  nowMs: number,
): Universe {
  const members = new Set(current);
  const market = marketOf(members, instruments, turnovers, options, nowMs);
  const seated = seat(members, market, options);
  const order = (symbol: string) => market.ranks.get(symbol) ?? Number.POSITIVE_INFINITY;
  const symbols = [...seated].sort((a, b) => compare(order(a), order(b)) || compare(a, b));
  return {
    symbols,
    added: symbols.filter((symbol) => !members.has(symbol)),
    removed: [...members]
      .filter((symbol) => !seated.has(symbol))
      .sort()
      .map((symbol) => ({ symbol, reason: reasonOf(symbol, market, options) })),
    halted: symbols.filter((symbol) => market.listed.get(symbol)?.status === 'halted'),
    missing: [...new Set(options.pin)].filter((symbol) => !seated.has(symbol)).sort(),
  };
}

interface Market {
  readonly listed: ReadonlyMap<string, Instrument>;
  /** Of those that may be chosen now, from 1 on. */
  readonly ranks: ReadonlyMap<string, number>;
}

function marketOf(
  members: ReadonlySet<string>,
  instruments: readonly Instrument[],
  turnovers: ReadonlyMap<string, number>,
  options: UniverseOptions,
  nowMs: number,
): Market {
  const turnoverOf = ({ symbol }: Instrument) => turnovers.get(symbol) ?? Number.NaN;
  // Age is asked of newcomers alone.
  const exempt = new Set([...members, ...options.pin]);
  const ranked = instruments
    .filter((instrument) => instrument.status === 'trading' && mayFollow(instrument, options))
    .filter((instrument) => exempt.has(instrument.symbol) || isOldEnough(instrument, options, nowMs))
    .filter((instrument) => turnoverOf(instrument) >= 0)
    .sort((a, b) => compare(turnoverOf(b), turnoverOf(a)) || compare(a.symbol, b.symbol));
  return {
    listed: new Map(instruments.map((instrument) => [instrument.symbol, instrument])),
    ranks: new Map(ranked.map(({ symbol }, i) => [symbol, i + 1])),
  };
}

function seat(members: ReadonlySet<string>, market: Market, options: UniverseOptions): Set<string> {
  const { size, margin } = options;
  const seated = new Set(options.pin.filter((symbol) => isOpen(market.listed.get(symbol))));
  const take = (symbols: Iterable<string>) => {
    for (const symbol of symbols) if (seated.size < size) seated.add(symbol);
  };
  take([...members].filter((symbol) => isKept(symbol, market, options)).sort());
  const ranks = [...market.ranks];
  take(namesOf(ranks.filter(([, rank]) => rank <= size - margin)));
  take(namesOf(ranks.filter(([symbol, rank]) => members.has(symbol) && rank <= size + margin)));
  take(namesOf(ranks));
  return seated;
}

/** Members whose rank cannot be told now: what is not known is no reason to leave. */
function isKept(symbol: string, { listed, ranks }: Market, options: UniverseOptions): boolean {
  const instrument = listed.get(symbol);
  return !ranks.has(symbol) && isOpen(instrument) && mayFollow(instrument, options);
}

function isOpen(instrument: Instrument | undefined): instrument is Instrument {
  return instrument !== undefined && instrument.status !== 'closed';
}

function mayFollow({ symbol, quote, isPerpetual }: Instrument, options: UniverseOptions): boolean {
  const isAllowed = options.allow.length === 0 || options.allow.includes(symbol);
  return isPerpetual && quote === options.quote && isAllowed && !options.deny.includes(symbol);
}

/** Where the venue does not say when it was listed, it is taken as old. */
function isOldEnough({ listedMs }: Instrument, { minAgeDays }: UniverseOptions, nowMs: number): boolean {
  return listedMs === null || nowMs - listedMs >= minAgeDays * DAY_MS;
}

function reasonOf(symbol: string, { listed, ranks }: Market, options: UniverseOptions): string {
  const instrument = listed.get(symbol);
  if (!instrument) return 'it is not listed any more';
  if (instrument.status === 'closed') return 'the exchange has closed it';
  if (!mayFollow(instrument, options)) return 'the settings exclude it';
  const rank = ranks.get(symbol);
  if (rank === undefined) return 'others that must be followed took all places';
  const last = options.size + options.margin;
  return rank > last
    ? `it has rank ${rank} by turnover, and members stay down to rank ${last}`
    : `it has rank ${rank} by turnover, and higher ones took all ${options.size} places`;
}

function namesOf(ranks: readonly (readonly [string, number])[]): string[] {
  return ranks.map(([symbol]) => symbol);
}

/** By code units, the same on every machine. */
function compare<T extends string | number>(a: T, b: T): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
