/** Answers about a market: what history has, and what was told since, which is on its way there. */
import type { z } from 'zod';
import { fillGaps } from '../../functions/chart-renderer/fill-gaps.ts';
import type { Candle } from '../../schemas/candle.ts';
import { NotFoundError } from '../../schemas/errors.ts';
import type { FeedEvent } from '../../schemas/feed-event.ts';
import type { PositionEvent } from '../../schemas/position-event.ts';
import { DAY_MS, floorTo, INTERVAL_MS, MINUTE_MS, pairOf } from '../../schemas/primitives.ts';
import type { ScalpSignal } from '../../schemas/scalp-signal.ts';
import { LOOKBACK } from '../../transforms/windows.ts';
import type { Bar, FeaturePoint, OpenPosition, PairState, ROUTES, SignalItem } from '../api.ts';
import { feedHealth } from '../view/books.ts';
import { curvesOf } from '../view/equity.ts';
import { gapsOf } from '../view/gaps.ts';
import { closedPositions, inOrder, signalItems } from '../view/outcomes.ts';
import { levelsNow } from './levels-now.ts';
import type { Market } from './market.ts';
import { signalDetail } from './signal-answers.ts';

const SLOT_MS = INTERVAL_MS['15m'];

/** Routes that are about a market. */
export type MarketRoute = Exclude<keyof typeof ROUTES, '/api/session' | '/api/replays'>;
type Query<R extends MarketRoute> = z.output<(typeof ROUTES)[R]['query']>;
type Answer<R extends MarketRoute> = z.output<(typeof ROUTES)[R]['answer']>;
type Part<R extends MarketRoute> = Omit<Answer<R>, 'eventId'>;
/** @param id Of the path, where it has one. */
type Answers = { readonly [R in MarketRoute]: (query: Query<R>, id: string) => Promise<Part<R>> };

/**
 * Parts are gathered one after the other, while the market goes on: what comes meanwhile may be in the answer, and what
 * was told before is, so the events to go on with are those after the beginning.
 * @throws NotFoundError where what was asked for is not there.
 */
export async function answer<R extends MarketRoute>(
  market: Market,
  route: R,
  query: Query<R>,
  id: string,
): Promise<Answer<R>> {
  const eventId = market.log.last;
  return { eventId, ...(await answersOf(market)[route](query, id)) } as unknown as Answer<R>;
}

function answersOf(market: Market): Answers {
  return {
    '/api/overview': () => overview(market),
    '/api/candles': (query) => candles(market, query),
    '/api/levels': ({ pair }) => levels(market, pair),
    '/api/features': (query) => features(market, query),
    '/api/signals': (query) => signals(market, query),
    '/api/signals/:id': (_, id) => signalDetail(market, id),
    '/api/positions': (query) => positions(market, query),
    '/api/equity': ({ book }) => equity(market, book),
    '/api/feed': (query) => feed(market, query),
  };
}

async function overview(market: Market): Promise<Part<'/api/overview'>> {
  const { history, ports, told } = market;
  const now = ports.clock.now();
  const [dayBefore, lastSignals] = await Promise.all([
    history.dayBefore(ports.venue, now),
    history.lastSignals(),
  ]);
  const items = await itemsOf(market, lastOfPairs([...lastSignals, ...told.signals()]));
  const closes = new Map(dayBefore.map(({ symbol, close }) => [symbol, close]));
  const stats = new Map(ports.relay()?.symbols.map((one) => [one.symbol, one]));
  const open = openPositions(market);
  const pairs = ports.symbols().map((symbol): PairState => {
    const pair = pairOf(symbol);
    return {
      pair,
      venue: ports.venue,
      symbol,
      lastPrice: market.lastPrice(pair),
      dayAgo: closes.get(symbol) ?? told.closeBy(symbol, now - DAY_MS) ?? null,
      bias: told.biases.get(pair) ?? null,
      lastSignal: items.find((item) => item.pair === pair) ?? null,
      feedAgeMs: stats.get(symbol)?.lastTradeAgeMs ?? null,
      connected: stats.get(symbol)?.connected ?? false,
      coverage: told.closed.get(symbol)?.coverage ?? null,
      positions: open.filter((position) => position.pair === pair),
    };
  });
  return {
    version: ports.version,
    source: ports.source,
    status: market.status(),
    pairs,
    books: [...market.books],
    swings: [...market.swings],
    notices: [...told.notices],
  };
}

function lastOfPairs(all: readonly ScalpSignal[]): ScalpSignal[] {
  const last = new Map<string, ScalpSignal>();
  for (const signal of all) {
    if (signal.timestamp >= (last.get(signal.pair)?.timestamp ?? 0)) last.set(signal.pair, signal);
  }
  return [...last.values()];
}

async function itemsOf({ history, told }: Market, of: readonly ScalpSignal[]): Promise<SignalItem[]> {
  const ids = of.map(({ id }) => id);
  const kept = await history.eventsOf(ids);
  return signalItems(of, [...kept, ...told.eventsOf(ids)]);
}

async function candles(
  market: Market,
  { pair, interval, before, limit }: Query<'/api/candles'>,
): Promise<Part<'/api/candles'>> {
  const { log, told } = market;
  const symbol = symbolOf(market, pair);
  const whole = await barsOf(market, { symbol, interval, before, limit });
  const bars = new Map<number, Bar>(whole.map((bar) => [bar.openTime, { ...bar, pair }]));
  for (const bar of log.recent('candle')) {
    if (bar.symbol !== symbol || bar.interval !== interval || bar.openTime >= (before ?? Infinity)) continue;
    if (bar.revision >= (bars.get(bar.openTime)?.revision ?? 0)) bars.set(bar.openTime, bar);
  }
  const sorted = [...bars.values()].sort((a, b) => a.openTime - b.openTime).slice(-limit);
  const forming = before === undefined ? (told.minutes.get(symbol)?.bar(interval) ?? null) : null;
  return { pair, interval, bars: sorted, forming };
}

/** Of history, and of the exchange where history has none. Oldest first. */
async function barsOf(
  market: Market,
  { symbol, interval, before, limit }: Omit<Query<'/api/candles'>, 'pair'> & { readonly symbol: string },
): Promise<readonly Candle[]> {
  const { history, ports } = market;
  const { venue, clock, pastBars } = ports;
  const now = clock.now();
  const series = { venue, symbol, interval };
  const length = INTERVAL_MS[interval];
  const toMs = floorTo(Math.min(before ?? now, now), length);
  const fromMs = toMs - limit * length;
  const known = await history.bars(series, { before, limit });
  const onFailure = (reason: string) => market.notice(`Bars of the past: ${reason}`);
  return fillGaps(
    known.filter(({ openTime }) => openTime >= fromMs),
    { ...series, fromMs, toMs },
    { exchange: pastBars, now, onFailure },
  );
}

/** The graph tells of them at each 15m close, so at a start those it told last are old, or there are none. */
async function levels(market: Market, pair: string): Promise<Part<'/api/levels'>> {
  const { history, log, ports } = market;
  const kept = await history.levels(pair);
  const told = [...log.recent('levels')].find((set) => set.pair === pair);
  const known = told !== undefined && (kept === null || told.asOf >= kept.asOf) ? told : kept;
  // The bar that closed this minute is on its way.
  const asOf = floorTo(ports.clock.now() - MINUTE_MS, SLOT_MS);
  const symbol = market.symbolOf(pair);
  if (symbol === undefined || (known !== null && known.asOf >= asOf - SLOT_MS)) return { levels: known };
  const [m15, h1] = await Promise.all([
    barsOf(market, { symbol, interval: '15m', before: asOf, limit: LOOKBACK.levels }),
    barsOf(market, { symbol, interval: '1h', before: asOf, limit: LOOKBACK.trend }),
  ]);
  return { levels: levelsNow(m15, h1, asOf, ports.params) ?? known };
}

async function features(
  { history, log }: Market,
  { pair, before, limit }: Query<'/api/features'>,
): Promise<Part<'/api/features'>> {
  const rows = await history.features(pair, { before, limit });
  const points = new Map<number, FeaturePoint>(rows.map((row) => [row.openTime, row]));
  for (const point of log.recent('feature')) {
    if (point.pair !== pair || point.openTime >= (before ?? Infinity)) continue;
    if (point.revision >= (points.get(point.openTime)?.revision ?? 0)) points.set(point.openTime, point);
  }
  const sorted = [...points.values()].sort((a, b) => a.openTime - b.openTime);
  return { features: sorted.slice(-limit) };
}

async function signals(
  market: Market,
  { pair, before, limit }: Query<'/api/signals'>,
): Promise<Part<'/api/signals'>> {
  const kept = await market.history.signals(pair, { before, limit });
  const told = market.told
    .signals()
    .filter((one) => (pair === undefined || one.pair === pair) && one.timestamp < (before ?? Infinity));
  const byId = new Map([...kept, ...told].map((signal) => [signal.id, signal]));
  const newest = [...byId.values()].sort((a, b) => b.timestamp - a.timestamp).slice(0, limit);
  return { signals: await itemsOf(market, newest) };
}

async function positions(
  market: Market,
  { limit }: Query<'/api/positions'>,
): Promise<Part<'/api/positions'>> {
  const { history, log } = market;
  const exits = [...(await history.exits(undefined, limit)), ...toldExits(market)].slice(-limit);
  const ids = [...new Set(exits.map(({ signalId }) => signalId))];
  const events = [...(await history.eventsOf(ids)), ...log.recent('position')];
  return {
    open: openPositions(market),
    swings: [...market.swings],
    closed: closedPositions(events).slice(0, limit),
  };
}

async function equity(market: Market, book: string | undefined): Promise<Part<'/api/equity'>> {
  const exits = inOrder([...(await market.history.exits(book)), ...toldExits(market, book)]);
  const points = curvesOf(exits);
  const ts = market.ports.clock.now();
  const now = market.books
    .filter((one) => book === undefined || one.book === book)
    .map((one) => ({ book: one.book, ts, equity: one.equity }));
  return { points: [...points, ...now] };
}

function toldExits({ log }: Market, book?: string): PositionEvent[] {
  return [...log.recent('position')].filter(
    (event) =>
      event.kind === 'EXIT' && event.book !== undefined && (book === undefined || event.book === book),
  );
}

async function feed(market: Market, { limit }: Query<'/api/feed'>): Promise<Part<'/api/feed'>> {
  const { history, log, ports } = market;
  const all = [...(await history.feedEvents(limit)), ...log.recent('feed')];
  const byId = new Map<string, FeedEvent>(all.map((event) => [event.id, event]));
  const events = [...byId.values()].sort((a, b) => b.ts - a.ts).slice(0, limit);
  const health = (ports.relay()?.symbols ?? []).map((stats) => feedHealth(ports.venue, stats));
  return { health, gaps: gapsOf(events), events };
}

function openPositions({ books }: Market): OpenPosition[] {
  return books.flatMap(({ positions: own }) => own);
}

/** @throws NotFoundError */
function symbolOf(market: Market, pair: string): string {
  const symbol = market.symbolOf(pair);
  if (symbol !== undefined) return symbol;
  const known = market.ports.symbols().map(pairOf).join(', ');
  throw new NotFoundError(`Expected a pair of ${known}, got "${pair}".`);
}
